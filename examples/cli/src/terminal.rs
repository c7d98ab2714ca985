//! What goes out, as words or as JSON, and the exit status.

use amends::Error;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::Sender;

/// Why a command failed, and what the process then exits with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `refusal`, `usage`, `storage`, `link`, `pairing`, `locked` or `needs_update`.
    pub kind: &'static str,
    /// A stable word for the exact reason.
    pub code: String,
    /// What happened and what to do next, in English.
    pub text: String,
}

impl Failure {
    /// The command was not understood.
    pub fn usage(text: String) -> Self {
        Self { kind: "usage", code: "Usage".to_owned(), text }
    }

    /// The disk or the system failed.
    pub fn storage(text: String) -> Self {
        Self { kind: "storage", code: "Io".to_owned(), text }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self.kind {
            "refusal" => 1,
            "usage" => 2,
            "link" | "pairing" => 4,
            "locked" => 5,
            "needs_update" => 6,
            _ => 3,
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        json!({"error": {"kind": self.kind, "code": self.code, "text": self.text}})
    }
}

/// The name of an error's variant: `Unreachable` of `Unreachable("…")`.
fn variant(error: &impl std::fmt::Debug) -> String {
    let name = format!("{error:?}");
    name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let (kind, code) = match &error {
            Error::Refusal(refusal) => ("refusal", refusal.code.name().to_owned()),
            Error::Locked(_) => ("locked", "Locked".to_owned()),
            Error::Suspended(_) => ("locked", "Suspended".to_owned()),
            Error::KeysMissing(_) => ("locked", "KeysMissing".to_owned()),
            Error::NeedsUpdate(_) => ("needs_update", "NeedsUpdate".to_owned()),
            Error::Storage(error) => ("storage", variant(error)),
            Error::Link(error) => ("link", variant(error)),
            Error::Pairing(error) => ("pairing", variant(error)),
            other => ("storage", variant(other)),
        };
        Self { kind, code, text }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Error::Storage(error.into()).into()
    }
}

/// Something for a person, on stderr, where anybody still reads that.
fn complain(words: &str) {
    drop(writeln!(std::io::stderr(), "{words}"));
}

/// Where a command's words go.
pub enum Terminal {
    /// This process's stdout and stderr.
    Process {
        /// JSON instead of words.
        json: bool,
    },
    /// A caller in the same process, who gets the JSON and says yes to what is asked.
    Caller(Sender<Value>),
}

impl Terminal {
    /// This process's own terminal.
    pub fn process(json: bool) -> Self {
        Terminal::Process { json }
    }

    /// Whether a person can be asked and shown progress.
    pub fn interactive(&self) -> bool {
        match self {
            Terminal::Process { json } => {
                !json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
            }
            Terminal::Caller(_) => false,
        }
    }

    /// The result of a command, or one line of it.
    pub fn ok(&mut self, value: Value, words: &str) {
        let line = json!({"ok": value});
        match self {
            Terminal::Process { json } => {
                let text = if *json { line.to_string() } else { words.trim_end().to_owned() };
                let mut out = std::io::stdout().lock();
                if !text.is_empty()
                    && let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush())
                {
                    // Whoever closed the pipe wants nothing more.
                    if error.kind() == std::io::ErrorKind::BrokenPipe {
                        std::process::exit(0);
                    }
                    complain(&format!("amends: it is done, but could not be shown: {error}"));
                    std::process::exit(3);
                }
            }
            Terminal::Caller(sender) => drop(sender.send(line)),
        }
    }

    /// Something to know meanwhile, on stderr.
    pub fn say(&mut self, words: &str) {
        if let Terminal::Process { .. } = self {
            complain(words);
        }
    }

    /// A question to a person, on stderr; the answer from stdin.
    ///
    /// # Errors
    /// What stdin says.
    pub async fn ask(&mut self, question: &str) -> Result<String, Failure> {
        match self {
            Terminal::Process { .. } => {
                drop(write!(std::io::stderr(), "{question} "));
                let read = tokio::task::spawn_blocking(|| {
                    let mut line = String::new();
                    std::io::stdin().read_line(&mut line).map(|_| line.trim().to_owned())
                });
                Ok(read.await.map_err(|error| Failure::storage(error.to_string()))??)
            }
            Terminal::Caller(_) => Ok("yes".to_owned()),
        }
    }

    /// The failure of a command; gives back the exit status.
    pub fn fail(&mut self, failure: &Failure) -> u8 {
        match self {
            Terminal::Process { json: true } => {
                // Nowhere is left to say that it could not be said: the status says it.
                drop(writeln!(std::io::stdout(), "{}", failure.to_json()));
            }
            Terminal::Process { json: false } => complain(&format!("amends: {}", failure.text)),
            Terminal::Caller(sender) => drop(sender.send(failure.to_json())),
        }
        failure.status()
    }
}

/// A spinner on stderr while something takes long; none where nobody watches.
pub fn progress(terminal: &Terminal, words: &str) -> indicatif::ProgressBar {
    if !terminal.interactive() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new_spinner().with_message(words.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

/// A passphrase: from the environment, or asked for without showing it.
pub struct Secret {
    /// The variable of the environment.
    pub variable: &'static str,
    /// What a person is asked.
    pub asked: &'static str,
    /// What to say where it is in neither.
    pub missing: &'static str,
}

impl Secret {
    /// Whether a person is asked for it.
    pub fn is_asked(&self) -> bool {
        std::env::var_os(self.variable).is_none()
    }

    /// The passphrase.
    ///
    /// # Errors
    /// Locked, where it is not in the environment and nobody can be asked.
    pub async fn get(&self, terminal: &Terminal) -> Result<String, Failure> {
        if let Ok(passphrase) = std::env::var(self.variable) {
            return Ok(passphrase);
        }
        if !terminal.interactive() {
            return Err(Failure {
                kind: "locked",
                code: "Locked".to_owned(),
                text: self.missing.to_owned(),
            });
        }
        let asked = self.asked;
        let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(asked));
        Ok(asked.await.map_err(|error| Failure::storage(error.to_string()))??)
    }
}
