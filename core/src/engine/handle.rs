//! The way to a phone's engine, for whoever asks something of it.

#[cfg(feature = "watch")]
use super::files_watch::HomeWatch;
use super::worker::{When, Worker};
use super::{Changes, Engine, Host};
use crate::error::Error;
use crate::time::Moment;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{oneshot, watch};

/// So many slices of what has come are waited for by who asks.
const SLICES: usize = 4;

/// Those that read beside the writer.
#[derive(Default)]
struct Readers {
    /// Raised whenever those that read now are to end.
    ended: Arc<AtomicU64>,
    open: watch::Sender<usize>,
}

/// One of them, while its files are open.
struct Reading {
    readers: Arc<Readers>,
    until: Until,
}

impl Reading {
    fn new(readers: &Arc<Readers>) -> Self {
        readers.open.send_modify(|open| *open += 1);
        let ended = readers.ended.clone();
        let begun = ended.load(Ordering::Relaxed);
        Self { readers: readers.clone(), until: Until(Some((ended, begun))) }
    }
}

/// Until when something may read: without an end, for the writer itself.
#[derive(Clone, Default)]
pub(crate) struct Until(Option<(Arc<AtomicU64>, u64)>);

impl Until {
    /// Refused once it is over.
    pub(crate) fn may_read(&self) -> Result<(), Error> {
        match &self.0 {
            Some((ended, begun)) if ended.load(Ordering::Relaxed) != *begun => {
                let ended = "the space was suspended, held back, or left while this was read";
                Err(Error::Suspended(ended))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.readers.open.send_modify(|open| *open -= 1);
    }
}

/// A handle to one engine. Clones lead to the same one.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) host: Host,
    worker: Worker,
    changes: watch::Receiver<Changes>,
    readers: Arc<Readers>,
    /// It is being shut down or erased.
    ends: Arc<AtomicBool>,
    #[cfg(feature = "watch")]
    folder: std::path::PathBuf,
}

impl Handle {
    /// Starts the engine on a thread of its own.
    pub(crate) fn start(engine: Engine) -> Result<Self, Error> {
        Ok(Self {
            host: engine.host.clone(),
            changes: engine.watch(),
            readers: Arc::default(),
            ends: Arc::default(),
            #[cfg(feature = "watch")]
            folder: engine.folder.clone(),
            worker: Worker::start(engine)?,
        })
    }

    /// Without a thread: everything is done where it is asked for.
    #[cfg(feature = "sim")]
    pub(crate) fn here(engine: Engine) -> Self {
        Self {
            host: engine.host.clone(),
            changes: engine.watch(),
            readers: Arc::default(),
            ends: Arc::default(),
            #[cfg(feature = "watch")]
            folder: engine.folder.clone(),
            worker: Worker::here(engine),
        }
    }

    /// Asks something that looks at what has come: that is read first, in slices, between
    /// which others are answered. Of a long catch-up only so much is waited for; the rest is
    /// read when nothing else is to be done, and whoever listens is told.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.worker.call(When::Read(SLICES), work).await
    }

    /// Asks something that writes: all that has come is read first, in slices between which
    /// others are answered.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.worker.call(When::Read(usize::MAX), work).await
    }

    /// Waits until all that has come is read.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        self.write(|_| Ok(())).await
    }

    /// Asks something that does not wait for what has come: it needs nothing of it, or reads
    /// it by itself.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.worker.call(When::Now, work).await
    }

    /// Asks something that takes long and only reads: on an engine of its own, which sees the
    /// files as they are when it begins. Nobody waits for it but the caller.
    pub(crate) async fn ask_apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.settle().await?;
        let reading = Reading::new(&self.readers);
        let beside = self.call(Engine::beside).await?;
        self.apart(beside, reading, work).await
    }

    /// The same for what looks at the vault alone: it waits for nothing that has come.
    pub(crate) async fn ask_vault_apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let reading = Reading::new(&self.readers);
        let beside = self.call(Engine::on_the_same_files).await?;
        self.apart(beside, reading, work).await
    }

    async fn apart<T: Send + 'static>(
        &self,
        mut beside: Engine,
        reading: Reading,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        beside.until = reading.until.clone();
        let (answer, answered) = oneshot::channel();
        let run = move || {
            let worked = work(&mut beside);
            drop((beside, reading));
            // The caller may have gone away.
            drop(answer.send(worked));
        };
        std::thread::Builder::new().name("amends-reader".to_owned()).spawn(run)?;
        // A panic of ours ends the thread: its answer never comes.
        answered.await.map_err(|_| Error::Internal)?
    }

    /// Asks for something after which nobody reads beside the writer: those that do end
    /// first, and so does who has begun meanwhile.
    pub(crate) async fn call_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.alone(When::Now, work).await
    }

    /// The same for something that writes.
    pub(crate) async fn write_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.alone(When::Read(usize::MAX), work).await
    }

    async fn alone<T: Send + 'static>(
        &self,
        when: When,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.stop_readers();
        let done = self.worker.call(when, work).await;
        self.end_readers().await;
        done
    }

    /// Asks for something that closes the files: all that was asked for before is done first,
    /// and nobody has them open then or after.
    pub(crate) async fn call_last<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.end_readers().await;
        let done = self.worker.call(When::Last, work).await;
        self.end_readers().await;
        done
    }

    /// Has those end that read beside the writer, as soon as they look at the files again.
    fn stop_readers(&self) {
        self.readers.ended.fetch_add(1, Ordering::Relaxed);
    }

    async fn end_readers(&self) {
        let mut open = self.readers.open.subscribe();
        // Again with each that begins or ends: who began after the last time is told too.
        loop {
            self.stop_readers();
            // Its sender lives as long as this handle does.
            if *open.borrow_and_update() == 0 || open.changed().await.is_err() {
                return;
            }
        }
    }

    /// Hears of every change, from here, the partner, or another process.
    pub(crate) fn changes(&self) -> watch::Receiver<Changes> {
        self.changes.clone()
    }

    /// Watches the files for another process's writes.
    #[cfg(feature = "watch")]
    pub(crate) fn watch_files(&self) -> Result<HomeWatch, Error> {
        HomeWatch::new(&self.folder, self.worker.clone())
    }

    /// How many jobs were asked of the writer so far.
    #[cfg(test)]
    pub(crate) fn jobs(&self) -> u64 {
        self.worker.jobs()
    }

    /// Now, by the host's clock.
    pub(crate) fn now(&self) -> Moment {
        self.host.clock.now()
    }

    /// Takes note that it is to end, which takes a while.
    pub(crate) fn begin_to_end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    /// What was to end it has failed.
    pub(crate) fn go_on(&self) {
        self.ends.store(false, Ordering::Relaxed);
    }

    /// Whether it takes no more jobs, or will not soon.
    pub(crate) fn is_stopped(&self) -> bool {
        self.ends.load(Ordering::Relaxed) || self.worker.is_stopped()
    }

    /// Takes no more jobs; those that wait are still done.
    pub(crate) fn stop(&self) {
        self.worker.stop();
    }
}
