//! One thread owns the files and the loaded documents; everything else asks it.

use super::Engine;
use super::intake::arrival::SLICES_A_FRAME;
use crate::error::Error;
use crate::store::StorageError;
use std::collections::VecDeque;
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

/// So many slices are read for those that wait after each job: one more than a frame brings.
const SLICES_A_JOB: usize = SLICES_A_FRAME + 1;

/// What is asked of the engine; or why it cannot be asked.
type Work = Box<dyn FnOnce(Result<&mut Engine, Error>) + Send>;

/// When a job is done.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// In its turn.
    Now,
    /// Once all that has come is read, or so many slices of it. Others are answered between
    /// the slices.
    Read(usize),
    /// After all that was asked for before it, even what waits for more to be read.
    Last,
}

struct Job {
    when: When,
    work: Work,
}

/// The way to the writer.
#[derive(Clone)]
pub struct Worker {
    writer: Writer,
    room: Arc<Semaphore>,
    /// How many were asked for so far.
    #[cfg(test)]
    jobs: Arc<std::sync::atomic::AtomicU64>,
}

#[derive(Clone)]
enum Writer {
    /// A thread of its own.
    Thread(Arc<Mutex<Option<Sender<Job>>>>),
    /// Whoever asks: for simulators, where the order of everything is decided.
    #[cfg(feature = "sim")]
    Caller(Arc<Mutex<Option<Desk>>>),
}

/// The engine, and the jobs that wait until it has read what has come. They wait here: whoever
/// asked may go away.
struct Desk {
    engine: Engine,
    waiting: VecDeque<(usize, Work)>,
    /// How long nothing is to be done, if nobody asks.
    rest: Duration,
}

impl Desk {
    fn new(engine: Engine) -> Self {
        let rest = rest_of(&engine);
        Self { engine, waiting: VecDeque::new(), rest }
    }

    fn take(&mut self, job: Job) {
        let slices = match job.when {
            When::Now => {
                self.perform(job.work);
                // More than it can have brought: what waits for all to be read is not kept
                // waiting by whoever sends faster.
                SLICES_A_JOB
            }
            When::Read(slices) => {
                self.waiting.push_back((slices, job.work));
                1
            }
            When::Last => {
                self.finish();
                self.perform(job.work);
                0
            }
        };
        for _ in 0..slices {
            self.advance();
        }
        self.rest = rest_of(&self.engine);
    }

    /// Reads a slice for those that wait, and does what need not wait any longer.
    fn advance(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let read = self.guarded(|engine| {
            look(engine);
            Ok(engine.read_one_arrived()? && engine.unread)
        });
        let waiting = std::mem::take(&mut self.waiting);
        for (slices, work) in waiting {
            match &read {
                Ok(true) if slices > 1 => self.waiting.push_back((slices - 1, work)),
                Ok(_) => self.perform(work),
                Err(error) => work(Err(error.clone())),
            }
        }
    }

    /// Does all that waits.
    fn finish(&mut self) {
        while !self.waiting.is_empty() {
            self.advance();
        }
    }

    /// Nobody asks for anything.
    fn idle(&mut self) {
        if !self.waiting.is_empty() {
            self.advance();
            self.rest = rest_of(&self.engine);
            return;
        }
        let more = self.guarded(|engine| {
            look(engine);
            let more = engine.read_at_rest();
            engine.upkeep();
            Ok(more || engine.settle_at_rest() || engine.derive_at_rest())
        });
        self.rest = if more == Ok(true) { Duration::ZERO } else { REST };
    }

    /// Does a job, and what is to be done after it.
    fn perform(&mut self, work: Work) {
        let done = self.guarded(|engine| {
            // What another process wrote before this is seen by it.
            look(engine);
            work(Ok(engine));
            engine.upkeep();
            Ok(())
        });
        // The caller sees its answer dropped.
        if done.is_err() {
            tracing::warn!("a job of the writer ended in a panic");
        }
    }

    /// A panic of ours is caught, and nothing half done stays.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error>,
    ) -> Result<T, Error> {
        catch_unwind(AssertUnwindSafe(|| work(&mut self.engine))).unwrap_or_else(|_| {
            self.engine.start_over();
            Err(Error::Internal)
        })
    }
}

fn rest_of(engine: &Engine) -> Duration {
    let waits = engine.waits_to_read() || engine.waits_to_settle() || engine.waits_to_derive();
    if waits { BREATH } else { REST }
}

fn look(engine: &mut Engine) {
    if let Err(error) = engine.look_for_changes() {
        tracing::warn!(%error, "another process's writes could not be looked for");
    }
}

impl Worker {
    /// Starts the thread. It ends when the last handle is gone or on
    /// [`Worker::stop`], after all that was asked for.
    pub fn start(engine: Engine) -> Result<Self, Error> {
        let (sender, jobs) = channel::<Job>();
        let run = move || {
            let mut desk = Desk::new(engine);
            loop {
                // A few slices for those that wait, one job of another, in turn.
                let rest = if desk.waiting.is_empty() { desk.rest } else { Duration::ZERO };
                match jobs.recv_timeout(rest) {
                    Ok(job) => desk.take(job),
                    Err(RecvTimeoutError::Timeout) => desk.idle(),
                    Err(RecvTimeoutError::Disconnected) => break desk.finish(),
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
        Self::new(Writer::Caller(Arc::new(Mutex::new(Some(Desk::new(engine))))))
    }

    fn new(writer: Writer) -> Self {
        Self {
            writer,
            room: Arc::new(Semaphore::new(QUEUE)),
            #[cfg(test)]
            jobs: Arc::default(),
        }
    }

    /// Has the thread do `work` and waits for the answer. Once this has begun to
    /// wait for it, the work is done even if the caller is dropped.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        when: When,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        // Nobody may be waiting any more; the work counts all the same.
        let work: Work = Box::new(move |engine| drop(answer.send(engine.and_then(work))));
        self.hand(when, work).await?;
        // The job was dropped in the middle: a panic of ours was caught.
        answered.await.map_err(|_| Error::Internal)?
    }

    /// Hands the thread a job, as soon as there is room. Compiled once for all jobs.
    async fn hand(&self, when: When, work: Work) -> Result<(), Error> {
        let room = self.room.clone().acquire_owned().await.map_err(|_| Error::Closed)?;
        let work: Work = Box::new(move |engine| {
            let _room = room;
            work(engine);
        });
        let job = Job { when, work };
        #[cfg(test)]
        self.jobs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match &self.writer {
            Writer::Thread(jobs) => {
                let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                jobs.as_ref().ok_or(Error::Closed)?.send(job).map_err(|_| Error::Closed)
            }
            #[cfg(feature = "sim")]
            Writer::Caller(desk) => {
                let mut desk = desk.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let desk = desk.as_mut().ok_or(Error::Closed)?;
                desk.take(job);
                desk.finish();
                Ok(())
            }
        }
    }

    /// How many jobs were asked for so far.
    #[cfg(test)]
    pub fn jobs(&self) -> u64 {
        self.jobs.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Has the thread look at the files, as before every job, and waits for nothing: another
    /// process may have written.
    #[cfg(feature = "watch")]
    pub fn look(&self) {
        #[cfg_attr(not(feature = "sim"), allow(irrefutable_let_patterns))]
        if let Writer::Thread(jobs) = &self.writer {
            let jobs = jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(jobs) = &*jobs
                && jobs.send(Job { when: When::Now, work: Box::new(|_| {}) }).is_err()
            {
                tracing::debug!("the writer has ended already");
            }
        }
    }

    /// Whether it takes no more jobs.
    pub fn is_stopped(&self) -> bool {
        match &self.writer {
            Writer::Thread(jobs) => {
                jobs.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).is_none()
            }
            #[cfg(feature = "sim")]
            Writer::Caller(desk) => {
                desk.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).is_none()
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
            Writer::Caller(desk) => {
                drop(desk.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take());
            }
        }
    }
}
