//! Another process on the same home: its writes are heard of from the system.
//!
//! A phone has one process, and needs none of this. Where two open one home (a watching
//! command and one in another terminal), each call sees the other's writes anyway; only who
//! *waits* for changes must be told.

use super::worker::Worker;
use crate::error::Error;
use crate::store::StorageError;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;

/// Watches the files of a home; ends when it is dropped.
pub struct HomeWatch {
    _watcher: RecommendedWatcher,
}

impl HomeWatch {
    pub(super) fn new(folder: &Path, worker: Worker) -> Result<Self, Error> {
        let io = |error: notify::Error| StorageError::Io(error.to_string());
        let heard = move |event: notify::Result<Event>| match event {
            Ok(event) if event.kind.is_access() => {}
            Ok(event) if event.paths.iter().any(|path| is_written_first(path)) => worker.look(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the files could not be watched"),
        };
        let mut watcher = notify::recommended_watcher(heard).map_err(io)?;
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(io)?;
        Ok(Self { _watcher: watcher })
    }
}

/// Whether a write to the pair's data shows in this file first.
fn is_written_first(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "pair.db-wal")
}
