//! One thread owns the files and the loaded documents; everything else asks it.

use super::Engine;
use crate::error::Error;
use crate::store::StorageError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Jobs that may wait before callers have to.
const QUEUE: usize = 256;
/// How long the thread rests where nobody asks anything of it, before it looks whether
/// something has run out. Nothing else wakes it: whoever knows of another process's writes
/// says so.
const REST: Duration = Duration::from_secs(60);

/// How long it waits, once something has come, for somebody to ask before it reads that.
const BREATH: Duration = Duration::from_millis(100);

pub(super) type Job = Box<dyn FnOnce(&mut Engine) + Send>;

/// The way to the writer.
#[derive(Clone)]
pub struct Worker {
    writer: Writer,
    room: Arc<Semaphore>,
}

#[derive(Clone)]
enum Writer {
    /// A thread of its own.
    Thread(Arc<Mutex<Option<Sender<Job>>>>),
    /// Whoever asks: for simulators, where the order of everything is decided.
    #[cfg(feature = "sim")]
    Caller(Arc<Mutex<Option<Engine>>>),
}

/// Does a job, and what is to be done after it.
fn perform(engine: &mut Engine, job: Job) {
    // What another process wrote before this is seen by it.
    look(engine);
    job(engine);
    engine.upkeep();
}

fn look(engine: &mut Engine) {
    if let Err(error) = engine.look_for_changes() {
        tracing::warn!(%error, "another process's writes could not be looked for");
    }
}

impl Worker {
    /// Starts the thread. It ends when the last handle is gone or on
    /// [`Worker::stop`], after the job at hand.
    pub fn start(mut engine: Engine) -> Result<Self, Error> {
        let (sender, jobs) = channel::<Job>();
        let run = move || {
            let rest_of = |engine: &Engine| if engine.waits_to_read() { BREATH } else { REST };
            let mut rest = rest_of(&engine);
            loop {
                match jobs.recv_timeout(rest) {
                    Ok(job) => {
                        let work = AssertUnwindSafe(|| perform(&mut engine, job));
                        if catch_unwind(work).is_err() {
                            // The caller sees its answer dropped; nothing half done stays.
                            engine.start_over();
                        }
                        rest = rest_of(&engine);
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        let work = AssertUnwindSafe(|| {
                            look(&mut engine);
                            let more = engine.read_at_rest();
                            engine.upkeep();
                            more
                        });
                        let more = catch_unwind(work).unwrap_or_else(|_| {
                            engine.start_over();
                            false
                        });
                        rest = if more { Duration::ZERO } else { REST };
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        };
        std::thread::Builder::new()
            .name("amends-writer".to_owned())
            .spawn(run)
            .map_err(|error| StorageError::Io(error.to_string()))?;
        Ok(Self::new(Writer::Thread(Arc::new(Mutex::new(Some(sender))))))
    }

    /// Without a thread: each job is done where it is asked for.
    #[cfg(feature = "sim")]
    pub fn here(engine: Engine) -> Self {
        Self::new(Writer::Caller(Arc::new(Mutex::new(Some(engine)))))
    }

    fn new(writer: Writer) -> Self {
        Self { writer, room: Arc::new(Semaphore::new(QUEUE)) }
    }

    /// Has the thread do `work` and waits for the answer. Once this has begun to
    /// wait for it, the work is done even if the caller is dropped.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        // Nobody may be waiting any more; the work counts all the same.
        self.hand(Box::new(move |engine| drop(answer.send(work(engine))))).await?;
        // The job was dropped in the middle: a panic of ours was caught.
        answered.await.map_err(|_| Error::Internal)?
    }

    /// Hands the thread a job, as soon as there is room. Compiled once for all jobs.
    async fn hand(&self, job: Job) -> Result<(), Error> {
        let room = self.room.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let job: Job = Box::new(move |engine| {
            let _room = room;
            job(engine);
        });
        match &self.writer {
            Writer::Thread(jobs) => {
                let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                jobs.as_ref().ok_or(Error::Closed)?.send(job).map_err(|_| Error::Closed)
            }
            #[cfg(feature = "sim")]
            Writer::Caller(engine) => {
                let mut engine = engine.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                perform(engine.as_mut().ok_or(Error::Closed)?, job);
                Ok(())
            }
        }
    }

    /// Has the thread look at the files, as before every job, and waits for nothing: another
    /// process may have written.
    #[cfg(feature = "watch")]
    pub fn look(&self) {
        #[cfg_attr(not(feature = "sim"), allow(irrefutable_let_patterns))]
        if let Writer::Thread(jobs) = &self.writer {
            let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(jobs) = &*jobs
                && jobs.send(Box::new(|_| {})).is_err()
            {
                tracing::debug!("the writer has ended already");
            }
        }
    }

    /// Takes no more jobs; those that wait are still done.
    pub fn stop(&self) {
        match &self.writer {
            Writer::Thread(jobs) => {
                drop(jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
            }
            #[cfg(feature = "sim")]
            Writer::Caller(engine) => {
                drop(engine.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
            }
        }
    }
}
