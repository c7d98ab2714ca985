//! What waits to be written to a connection: so many frames, and so many bytes of them. Who asks
//! for much and reads nothing fills no memory here; the link waits, and reads nothing more either.

use crate::error::Error;
use crate::net::LinkError;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Frames that may wait; the session's window keeps honest links far below it.
const FRAMES: usize = 256;
/// Bytes that may wait.
const BYTES: u32 = 4 * 1024 * 1024;
/// How long a full outbox is borne.
const UNREAD: Duration = Duration::from_secs(45);

/// A frame that waits, and its place among the bytes that may.
struct Outgoing {
    wire: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// See the [module](self).
pub(super) struct Outbox {
    frames: mpsc::Sender<Outgoing>,
    room: Arc<Semaphore>,
}

impl Outbox {
    /// One whose frames are written by a task of its own, which ends when this does.
    pub(super) fn open(writer: impl AsyncWrite + Unpin + Send + 'static) -> (Self, JoinHandle<()>) {
        let (frames, out) = mpsc::channel(FRAMES);
        let room = Arc::new(Semaphore::new(BYTES as usize));
        (Self { frames, room }, tokio::spawn(write(writer, out)))
    }

    /// Puts a frame there, once there is room.
    ///
    /// # Errors
    /// [`LinkError::Silent`] where the other side does not read for as long as a silent one lives,
    /// [`LinkError::Lost`].
    pub(super) async fn put(&self, wire: Vec<u8>) -> Result<(), Error> {
        let gone = || LinkError::Lost("the connection was closed".to_owned());
        let put = async {
            // One that is larger than all of it goes alone.
            let bytes = u32::try_from(wire.len()).unwrap_or(u32::MAX).min(BYTES);
            let room = self.room.clone().acquire_many_owned(bytes).await;
            let outgoing = Outgoing { wire, _room: room.map_err(|_| gone())? };
            self.frames.send(outgoing).await.map_err(|_| gone())
        };
        Ok(timeout(UNREAD, put).await.map_err(|_| LinkError::Silent)??)
    }
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut out: mpsc::Receiver<Outgoing>) {
    while let Some(Outgoing { wire, _room }) = out.recv().await {
        if writer.write_all(&wire).await.is_err() {
            return;
        }
    }
    if let Err(error) = writer.shutdown().await {
        tracing::debug!(%error, "the connection was gone already");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use tokio::io::{AsyncReadExt, duplex};

    const FRAME: usize = 512 * 1024;

    /// Whether a frame is taken within a moment.
    async fn takes(outbox: &Outbox) -> bool {
        timeout(Duration::from_millis(100), outbox.put(vec![7; FRAME])).await.is_ok()
    }

    #[tokio::test]
    async fn who_reads_nothing_has_so_many_bytes_waiting_and_no_more() {
        let (near, mut far) = duplex(1);
        let (outbox, _writing) = Outbox::open(near);
        let mut waiting = 0;
        while takes(&outbox).await {
            waiting += FRAME;
        }
        assert_eq!(waiting, BYTES as usize);
        // What is read makes room again.
        let mut read = vec![0; FRAME];
        far.read_exact(&mut read).await.unwrap();
        assert_eq!(read, [7; FRAME]);
        assert!(takes(&outbox).await && !takes(&outbox).await);
    }

    #[tokio::test]
    async fn a_frame_larger_than_all_that_may_wait_goes_alone_and_a_closed_end_is_said() {
        let (near, mut far) = duplex(1024);
        let (outbox, writing) = Outbox::open(near);
        let large = vec![7; BYTES as usize + 9];
        let length = large.len();
        outbox.put(large).await.unwrap();
        assert!(!takes(&outbox).await);
        let mut read = vec![0; length];
        far.read_exact(&mut read).await.unwrap();
        assert!(takes(&outbox).await);
        drop(far);
        writing.await.unwrap();
        let lost = LinkError::Lost("the connection was closed".to_owned());
        assert_eq!(outbox.put(vec![7]).await, Err(lost.into()));
    }
}
