//! A harness in another language: one process that plays any number of phones.
//!
//! Started as `PROGRAM serve`, it reads one JSON object a line,
//! `{"call": 7, "home": DIR, "now": RFC3339, "args": ["agreement", "show", ID]}`, and answers
//! with any number of lines `{"call": 7, "ok": VALUE}`, and at last `{"call": 7, "done": true}`
//! or `{"call": 7, "error": {"kind", "code", "text"}}`. Calls overlap: two phones that pair or
//! meet wait for each other. At the end of its input it exits.

use crate::terminal::Failure;
use amends::time::Moment;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Who waits for the lines of which call. `None` once the process has ended.
type Waiting = Arc<Mutex<Option<HashMap<u64, UnboundedSender<Value>>>>>;

/// A running harness. It ends when nobody holds it any more.
#[derive(Debug)]
pub struct Harness {
    program: PathBuf,
    calls: AtomicU64,
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Waiting,
    _process: Child,
}

fn pass_on(waiting: &Waiting, line: &str) {
    let Ok(mut line) = serde_json::from_str::<Value>(line) else { return };
    let Some(call) = line.get("call").and_then(Value::as_u64) else { return };
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(calls) = waiting.as_mut() else { return };
    let ended = line.get("ok").is_none();
    let caller = if ended { calls.remove(&call) } else { calls.get(&call).cloned() };
    if let Some(caller) = caller {
        // Nobody waits for it any more: the caller has given up.
        drop(caller.send(line.take()));
    }
}

impl Harness {
    /// Starts a harness. Must be called within a tokio runtime, which has to live as long
    /// as what is started here.
    ///
    /// # Errors
    /// Usage, where the program cannot be started.
    pub fn start(program: &Path) -> Result<Arc<Self>, Failure> {
        let named = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{} cannot be started: {error}", program.display()))
        };
        let mut process = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| named(&error))?;
        let input = process.stdin.take().ok_or_else(|| named(&"it has no input"))?;
        let output = process.stdout.take().ok_or_else(|| named(&"it has no output"))?;
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let callers = waiting.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                pass_on(&callers, &line);
            }
            // Whoever still waits waits for nothing.
            *callers.lock().unwrap_or_else(PoisonError::into_inner) = None;
        });
        Ok(Arc::new(Self {
            program: program.to_owned(),
            calls: AtomicU64::new(0),
            input: tokio::sync::Mutex::new(input),
            waiting,
            _process: process,
        }))
    }

    /// What is said of a process that has ended.
    pub fn ended(&self) -> Failure {
        Failure::storage(format!("{} has ended without a word", self.program.display()))
    }

    /// Begins a command on the phone in `home`; gives its lines.
    ///
    /// # Errors
    /// The process has ended.
    pub async fn call(
        &self,
        home: &Path,
        args: &[String],
        now: Moment,
    ) -> Result<UnboundedReceiver<Value>, Failure> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let (caller, lines) = unbounded_channel();
        match self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(calls) => calls.insert(call, caller),
            None => return Err(self.ended()),
        };
        let asked = json!({"call": call, "home": home, "now": now.to_string(), "args": args});
        let mut input = self.input.lock().await;
        input.write_all(format!("{asked}\n").as_bytes()).await.map_err(|_| self.ended())?;
        input.flush().await.map_err(|_| self.ended())?;
        Ok(lines)
    }
}
