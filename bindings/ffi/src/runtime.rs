//! The runtime on which a space works, whoever calls.

use crate::error::AmendsError;
use crate::pairing::Pairing;
use crate::sync::Syncing;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// Threads for sockets and timers; the files have a thread of their own.
const THREADS: usize = 2;

/// A runtime of a space's own. Whoever holds it last may be on a thread where nothing may wait:
/// a phone's main thread, one of another runtime, or one of its own.
pub(crate) struct Own {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Own {
    pub(crate) fn new() -> Result<Self, AmendsError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("amends")
            .enable_all()
            .build()
            .map_err(|error| AmendsError::internal(&error.to_string()))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A space and its runtime, which ends with the last object that holds it.
pub struct Running {
    pub(crate) space: amends::Space,
    pub(crate) syncing: Syncing,
    /// The pairing under way, if there is one.
    pub(crate) pairing: Mutex<Option<Arc<Pairing>>>,
    runtime: Own,
}

impl Running {
    pub(crate) fn new(space: amends::Space, runtime: Own) -> Self {
        Self { space, syncing: Syncing::default(), pairing: Mutex::default(), runtime }
    }

    /// Has it done on the runtime, and waits. What has begun is done even if the caller
    /// goes away, and the runtime stays until then; a panic becomes an error.
    pub(crate) async fn run<T, F>(
        self: &Arc<Self>,
        work: impl FnOnce(amends::Space) -> F,
    ) -> Result<T, AmendsError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, amends::Error>> + Send + 'static,
    {
        let (work, running) = (work(self.space.clone()), self.clone());
        let (answer, mut answered) = oneshot::channel();
        self.finish(Box::pin(async move {
            let result = work.await;
            drop(running);
            // The caller may have gone away.
            drop(answer.send(result));
        }))
        .await?;
        Ok(answered.try_recv().map_err(|_| amends::Error::Closed)??)
    }

    /// Has the runtime finish a task. Boxed and without an answer of its own, so that this is
    /// compiled once and not for each of a hundred calls (half a megabyte of them).
    async fn finish(
        &self,
        task: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Result<(), AmendsError> {
        match self.handle().spawn(task).await {
            Err(error) if error.is_panic() => Err(AmendsError::internal("it panicked")),
            Err(_) => Err(amends::Error::Closed.into()),
            Ok(()) => Ok(()),
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_its_call_and_the_space_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let host = amends::Host::new(amends::KeyFile::new(folder.path().join("keys")));
        let space = amends::Space::create(folder.path(), "Ana", host).unwrap();
        let running = Arc::new(Running::new(space, Own::new().unwrap()));
        let wait = Builder::new_current_thread().build().unwrap();
        let caught = wait.block_on(running.run(|space| async move {
            space.status().await?;
            panic!("a bug of ours");
            #[allow(unreachable_code)]
            Ok(())
        }));
        assert!(matches!(caught, Err(AmendsError::Internal { .. })), "{caught:?}");
        let status = wait.block_on(running.run(|space| async move { space.status().await }));
        assert_eq!(status.unwrap().name, "Ana");
    }
}
