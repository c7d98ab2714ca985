//! The way to a phone's engine, for whoever asks something of it.

use super::worker::Worker;
use super::{Changes, Engine, Host};
use crate::error::Error;
use crate::time::Moment;
use tokio::sync::watch;

/// A handle to one engine. Clones lead to the same one.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) host: Host,
    worker: Worker,
    changes: watch::Receiver<Changes>,
}

impl Handle {
    /// Starts the engine on a thread of its own.
    pub(crate) fn start(engine: Engine) -> Result<Self, Error> {
        let (host, changes) = (engine.host.clone(), engine.watch());
        Ok(Self { host, worker: Worker::start(engine)?, changes })
    }

    /// Without a thread: everything is done where it is asked for.
    #[cfg(feature = "sim")]
    pub(crate) fn here(engine: Engine) -> Self {
        let (host, changes) = (engine.host.clone(), engine.watch());
        Self { host, worker: Worker::here(engine), changes }
    }

    /// Asks something that looks at what has come: that is read first.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let read = |engine: &mut Engine| {
            engine.read_arrived()?;
            work(engine)
        };
        self.worker.call(read).await
    }

    /// Asks something that needs nothing of what has come.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.worker.call(work).await
    }

    /// Hears of every change, from here, the partner, or another process.
    pub(crate) fn changes(&self) -> watch::Receiver<Changes> {
        self.changes.clone()
    }

    /// Now, by the host's clock.
    pub(crate) fn now(&self) -> Moment {
        self.host.clock.now()
    }

    /// Takes no more jobs; those that wait are still done.
    pub(crate) fn stop(&self) {
        self.worker.stop();
    }
}
