//! A phone that acts through the command line: in this process, as processes, or in a
//! harness of another language.

use super::harness::Harness;

use crate::args::Cli;
use crate::commands::on_phone;
use crate::phone::Phone;
use crate::terminal::{Failure, Terminal};
use amends::time::Moment;
use serde_json::Value;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// How the phones run.
#[derive(Debug, Clone)]
pub enum Kind {
    /// In this process.
    Here,
    /// Every act is a process of this binary.
    Processes(PathBuf),
    /// In a harness of another language, over the bindings.
    Harness(Arc<Harness>),
}

/// One phone.
#[derive(Debug, Clone)]
pub struct Actor {
    /// How it runs.
    pub kind: Kind,
    /// Its home directory.
    pub home: PathBuf,
}

/// A command that is under way and prints line by line.
pub enum Running {
    /// In this process.
    Here(JoinHandle<Result<(), Failure>>, Receiver<Value>),
    /// A process.
    Process(Box<Child>, Lines<BufReader<ChildStdout>>),
    /// A call of a harness.
    Call(Arc<Harness>, UnboundedReceiver<Value>),
}

fn failure(line: &Value) -> Option<Failure> {
    let error = line.get("error")?;
    let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let kinds = ["refusal", "usage", "storage", "link", "pairing", "locked", "needs_update"];
    let kind = kinds.into_iter().find(|kind| *kind == field("kind")).unwrap_or("storage");
    Some(Failure { kind, code: field("code").to_owned(), text: field("text").to_owned() })
}

fn gone() -> Failure {
    Failure::storage("a phone ended without a word".to_owned())
}

impl Running {
    /// The next line that it prints.
    ///
    /// # Errors
    /// What it failed with instead.
    pub async fn line(&mut self) -> Result<Value, Failure> {
        let line = match self {
            Running::Here(_, lines) => loop {
                match lines.try_recv() {
                    Ok(line) => break line,
                    Err(std::sync::mpsc::TryRecvError::Empty) => {
                        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                    }
                    Err(_) => return Err(self.outcome().await.err().unwrap_or_else(gone)),
                }
            },
            Running::Process(_, lines) => {
                let line = lines.next_line().await?.ok_or_else(gone)?;
                serde_json::from_str(&line).map_err(|_| gone())?
            }
            Running::Call(harness, lines) => {
                let line = lines.recv().await.ok_or_else(|| harness.ended())?;
                if line.get("done").is_some() {
                    return Err(gone());
                }
                line
            }
        };
        match failure(&line) {
            Some(failure) => Err(failure),
            None => Ok(line.get("ok").cloned().unwrap_or(Value::Null)),
        }
    }

    async fn outcome(&mut self) -> Result<(), Failure> {
        match self {
            Running::Here(task, _) => task.await.map_err(|_| gone())?,
            Running::Process(child, _) => {
                let status = child.wait().await?;
                if status.success() { Ok(()) } else { Err(gone()) }
            }
            Running::Call(..) => Ok(()),
        }
    }

    /// Waits for its end; gives the last line that it printed.
    ///
    /// # Errors
    /// What it failed with.
    pub async fn finish(mut self) -> Result<Value, Failure> {
        let mut last = Value::Null;
        match &mut self {
            Running::Here(task, lines) => {
                task.await.map_err(|_| gone())??;
                for line in lines.try_iter() {
                    last = line.get("ok").cloned().unwrap_or(Value::Null);
                }
            }
            Running::Process(_, lines) => {
                while let Some(line) = lines.next_line().await? {
                    let line: Value = serde_json::from_str(&line).map_err(|_| gone())?;
                    if let Some(failure) = failure(&line) {
                        return Err(failure);
                    }
                    last = line.get("ok").cloned().unwrap_or(Value::Null);
                }
                self.outcome().await?;
            }
            Running::Call(harness, lines) => loop {
                let line = lines.recv().await.ok_or_else(|| harness.ended())?;
                if let Some(failure) = failure(&line) {
                    return Err(failure);
                }
                match line.get("ok") {
                    Some(value) => last = value.clone(),
                    None => break,
                }
            },
        }
        Ok(last)
    }
}

impl Actor {
    /// Begins a command at a stated time.
    ///
    /// # Errors
    /// Usage, or no process could be started.
    pub async fn start(&self, args: &[String], now: Moment) -> Result<Running, Failure> {
        // Of two homes on one command line the later one counts.
        if args.iter().any(|arg| arg == "--home" || arg.starts_with("--home=")) {
            return Err(Failure::usage("a phone acts in its own home: no --home".to_owned()));
        }
        match &self.kind {
            Kind::Here => {
                let words = ["amends".to_owned(), "--json".to_owned()];
                let words = words.into_iter().chain(args.iter().cloned()).map(OsString::from);
                let cli: Cli = crate::parse(words).map_err(|e| Failure::usage(e.to_string()))?;
                let phone = Phone { home: self.home.clone(), now: Some(now) };
                let (sender, lines) = channel();
                let task = tokio::spawn(async move {
                    let mut terminal = Terminal::Caller(sender);
                    on_phone(cli.command, &phone, &mut terminal).await
                });
                Ok(Running::Here(task, lines))
            }
            Kind::Processes(binary) => {
                let mut child = tokio::process::Command::new(binary)
                    .arg("--json")
                    .arg("--home")
                    .arg(&self.home)
                    .args(args)
                    .env("AMENDS_NOW", now.to_string())
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .kill_on_drop(true)
                    .spawn()?;
                if let Some(mut stdin) = child.stdin.take() {
                    // Both people confirm what is asked; most commands ask nothing.
                    drop(stdin.write_all(b"yes\n").await);
                }
                let lines = BufReader::new(child.stdout.take().ok_or_else(gone)?).lines();
                Ok(Running::Process(Box::new(child), lines))
            }
            Kind::Harness(harness) => {
                let lines = harness.call(&self.home, args, now).await?;
                Ok(Running::Call(harness.clone(), lines))
            }
        }
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// What it failed with.
    pub async fn act(&self, args: &[&str], now: Moment) -> Result<Value, Failure> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        self.start(&args, now).await?.finish().await
    }
}

impl Actor {
    /// What a command prints for people; processes only.
    ///
    /// # Errors
    /// What it failed with.
    pub async fn words(&self, args: &[&str], now: Moment) -> Result<String, Failure> {
        let Kind::Processes(binary) = &self.kind else {
            return Err(Failure::usage("only a process prints words".to_owned()));
        };
        let output = tokio::process::Command::new(binary)
            .arg("--home")
            .arg(&self.home)
            .args(args)
            .env("AMENDS_NOW", now.to_string())
            .stdin(Stdio::null())
            .output()
            .await?;
        if !output.status.success() {
            return Err(Failure::storage(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

/// Pairs two phones that are in one place.
///
/// # Errors
/// What either failed with.
pub async fn pair(show: &Actor, join: &Actor, now: Moment) -> Result<(), Failure> {
    let mut showing = show.start(&words(&["pair", "show", "--listen", "127.0.0.1:0"]), now).await?;
    let shown = showing.line().await?;
    let field = |name: &str| shown.get(name).and_then(Value::as_str).unwrap_or_default();
    let args = ["pair", "join", field("code"), "--peer", field("address")];
    let joining = join.act(&args, now);
    let (joined, showed) = tokio::join!(joining, showing.finish());
    joined?;
    showed.map(drop)
}

/// Lets two phones meet: one listens, the other dials, until both are in step or
/// `seconds` have passed.
///
/// # Errors
/// What each failed with; the first of the two where both did.
pub async fn meet(
    listen: &Actor,
    dial: &Actor,
    nows: [Moment; 2],
    seconds: u32,
) -> Result<(), Failure> {
    let seconds = seconds.to_string();
    let args = words(&["sync", "--once", "--timeout", &seconds, "--listen", "127.0.0.1:0"]);
    let mut listening = listen.start(&args, nows[0]).await?;
    let address = listening.line().await?;
    let address = address.get("address").and_then(Value::as_str).unwrap_or_default().to_owned();
    let args = ["sync", "--once", "--timeout", &seconds, "--peer", &address];
    let dialling = dial.act(&args, nows[1]);
    let (dialled, listened) = tokio::join!(dialling, listening.finish());
    listened?;
    dialled.map(drop)
}
