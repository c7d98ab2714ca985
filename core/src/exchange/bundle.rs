//! Bundles: exchange without a common network, by a file that something else carries.

use super::Phone;
use crate::domain::RefusalCode;
use crate::engine::link::LinkKeys;
use crate::engine::{Engine, Handle};
use crate::error::Error;
use crate::file::write_whole;
use crate::id::Past;
use crate::limits::RUN_BYTES;
use crate::net::LinkError;
use crate::net::{Handshake, Noise, Opener, Sealer, bundle_epoch};
use crate::sync::{Frame, Intake, Notice, Replica};
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use tokio::sync::oneshot;

/// What is written into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum BundleOf {
    /// What the other phone is not known to hold.
    News,
    /// All of one's own log, for a phone that may have lost something.
    Everything,
}

/// What a bundle holds, or brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct BundleSummary {
    /// Entries in it.
    pub entries: u64,
    /// Of those, entries that were new here.
    pub new: u64,
    /// Whether something is missing before what it holds: an earlier bundle, or a
    /// meeting on one network, brings it.
    pub gap: bool,
}

impl Engine {
    fn bundle_keys(&mut self, initiator: bool, epoch: Option<u64>) -> Result<LinkKeys, Error> {
        let keys = self.link_keys()?;
        if !initiator && !keys.receive {
            return Err(RefusalCode::PairLeft.into());
        }
        if epoch.is_some_and(|epoch| epoch != keys.epoch) {
            // Of before a phone was replaced, or of after it.
            return Err(LinkError::Stranger.into());
        }
        Ok(keys)
    }

    fn bundle_noise(&mut self, initiator: bool, epoch: Option<u64>) -> Result<(Noise, u64), Error> {
        let keys = self.bundle_keys(initiator, epoch)?;
        let handshake = Handshake::Bundle {
            partner_key: &keys.partner_key,
            secret: &keys.secret,
            pair: keys.pair,
            epoch: keys.epoch,
        };
        let noise = Noise::new(&handshake, &keys.private, initiator, self.host.entropy.clone())?;
        Ok((noise, keys.epoch))
    }

    /// Writes a bundle of one's own entries from these lengths on, about `limit`
    /// bytes of them; gives back how far it goes. Words that run out travel over a
    /// link only: a file may outlive them.
    pub(super) fn seal_bundle<W: Write>(
        &mut self,
        to: W,
        from: &Past,
        limit: usize,
    ) -> Result<(W, BundleSummary, Past), Error> {
        let (noise, epoch) = self.bundle_noise(true, None)?;
        let home = self.home()?;
        let mut sealer = Sealer::new(noise, epoch, to)?;
        let logs = home.logs.iter().map(|log| log.follower.checkpoint().into()).collect();
        sealer.add(&Frame::Hello { epoch: [0; 8], logs }.encode())?;
        let mut summary = BundleSummary::default();
        let mut ends = from.clone();
        let mut bytes = 0;
        for log in home.logs.iter().filter(|log| log.follower.owner() == home.me) {
            let held = log.follower.checkpoint();
            let mut next = from.length(held.log).min(held.length);
            while next < held.length && bytes < limit {
                let run = self.read_run(held.log, next, RUN_BYTES, false)?;
                let Some(run) = run else { break };
                next += run.entries.len() as u64;
                summary.entries += run.entries.len() as u64;
                let frame = Frame::Entries(run).encode();
                bytes += frame.len();
                sealer.add(&frame)?;
            }
            ends.0.insert(held.log, next);
        }
        Ok((sealer.finish()?, summary, ends))
    }

    /// Takes in a frame of a bundle of this epoch. Whether there is more to be looked at.
    fn take_from_bundle(
        &mut self,
        epoch: u64,
        frame: Frame,
        summary: &mut BundleSummary,
    ) -> Result<bool, Error> {
        // Who holds back or leaves meanwhile takes in no more.
        self.bundle_keys(false, Some(epoch))?;
        match frame {
            Frame::Hello { logs, .. } => {
                for at in logs {
                    let mine = self.is_own(at.log);
                    if mine && at.holds(self.head_at(at.log, at.length)?) {
                        self.note_delivered(at.log, at.length)?;
                    }
                }
            }
            // I18: in my name only my own phone speaks.
            Frame::Entries(run) if !self.is_own(run.log) => {
                summary.entries += run.entries.len() as u64;
                let held = self.checkpoints()?.into_iter().find(|at| at.log == run.log);
                match self.accept(&run)? {
                    Intake::Stored(at) => {
                        summary.new += at.length - held.map_or(at.length, |held| held.length);
                    }
                    Intake::Missing(_) => summary.gap = true,
                    Intake::Refused(refusal) => {
                        tracing::info!(%refusal, "a bundle's entries were refused");
                        return Ok(false);
                    }
                    Intake::Contradiction => {
                        self.freeze(run.log)?;
                        self.notice(Some(Notice::Contradiction(run.log)))?;
                        return Ok(false);
                    }
                }
            }
            _ => return Err(LinkError::Protocol("a bundle holds another frame".into()).into()),
        }
        Ok(true)
    }

    fn write_bundle(&mut self, path: &Path, of: BundleOf) -> Result<BundleSummary, Error> {
        let home = self.home()?;
        let from = match of {
            BundleOf::News => self.delivered(&home)?,
            BundleOf::Everything => Past::default(),
        };
        write_whole(path, |to| {
            let (_, summary, _) = self.seal_bundle(to, &from, usize::MAX)?;
            // Who left or holds back meanwhile leaves no file behind.
            self.may_read()?;
            Ok(summary)
        })
    }
}

impl Phone {
    /// See [`crate::Space::write_bundle`].
    pub(crate) async fn write_bundle(
        &self,
        path: &Path,
        of: BundleOf,
    ) -> Result<BundleSummary, Error> {
        let path = path.to_owned();
        self.engine.ask_apart(move |engine| engine.write_bundle(&path, of)).await
    }

    /// See [`crate::Space::read_bundle`].
    pub(crate) async fn read_bundle(&self, path: &Path) -> Result<BundleSummary, Error> {
        let path = path.to_owned();
        self.take_bundle(move || Ok(BufReader::new(File::open(path)?))).await
    }

    /// Takes in a bundle. Twice, late or out of order is harmless. It is read beside the
    /// writer, which answers others between its runs, and to its end even if nobody waits
    /// for it any more.
    pub(super) async fn take_bundle<R: Read>(
        &self,
        from: impl FnOnce() -> Result<R, Error> + Send + 'static,
    ) -> Result<BundleSummary, Error> {
        let engine = self.engine.clone();
        let (answer, answered) = oneshot::channel();
        let read = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let done = runtime
                .map_err(Error::from)
                .and_then(|runtime| runtime.block_on(take(&engine, from)));
            // The caller may have gone away.
            drop(answer.send(done));
        };
        // A thread of its own: no runtime of the caller's has to wait for its end.
        std::thread::Builder::new().name("amends-bundle".to_owned()).spawn(read)?;
        answered.await.map_err(|_| Error::Internal)?
    }
}

async fn take<R: Read>(
    engine: &Handle,
    from: impl FnOnce() -> Result<R, Error>,
) -> Result<BundleSummary, Error> {
    let mut summary = BundleSummary::default();
    let taken = take_frames(engine, from, &mut summary).await;
    // However far it came: what is here may be all that a phone that returns waits for.
    if summary.new > 0 && engine.call(Engine::reconfirming).await? {
        engine.write(Engine::suspend_when_whole).await?;
    }
    taken.map(|()| summary)
}

async fn take_frames<R: Read>(
    engine: &Handle,
    from: impl FnOnce() -> Result<R, Error>,
    summary: &mut BundleSummary,
) -> Result<(), Error> {
    let mut from = from()?;
    let epoch = bundle_epoch(&mut from)?;
    let (noise, _) = engine.call(move |engine| engine.bundle_noise(false, Some(epoch))).await?;
    let mut opener = Opener::new(noise, from)?;
    while let Some(bytes) = opener.frame()? {
        let frame = Frame::decode(&bytes)
            .map_err(|error| LinkError::Protocol(format!("in a bundle: {error}")))?;
        let mut sum = *summary;
        let take = move |engine: &mut Engine| {
            let more = engine.take_from_bundle(epoch, frame, &mut sum)?;
            Ok((more, sum))
        };
        let more;
        (more, *summary) = engine.call(take).await?;
        if !more {
            break;
        }
    }
    Ok(())
}
