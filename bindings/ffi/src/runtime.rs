//! The runtime on which a space works, whoever calls.

use crate::error::AmendsError;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for sockets and timers; the files have a thread of their own.
const THREADS: usize = 2;

/// A space and its runtime, which ends with the last object that holds it.
pub struct Running {
    pub(crate) space: amends::Space,
    handle: Handle,
    runtime: Option<Runtime>,
}

/// A runtime of a space's own.
pub(crate) fn runtime() -> Result<Runtime, AmendsError> {
    Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("amends")
        .enable_all()
        .build()
        .map_err(|error| AmendsError::internal(&error.to_string()))
}

impl Running {
    pub(crate) fn new(space: amends::Space, runtime: Runtime) -> Self {
        Self { space, handle: runtime.handle().clone(), runtime: Some(runtime) }
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
        let task = async move {
            let result = work.await;
            drop(running);
            result
        };
        match self.handle.spawn(task).await {
            Ok(result) => Ok(result?),
            Err(error) if error.is_cancelled() => Err(amends::Error::Closed.into()),
            Err(_) => Err(AmendsError::internal("an internal error was caught")),
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The last holder may be one of the runtime's own threads, which must not wait
        // for itself.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
