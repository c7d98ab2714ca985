//! One turn of a session on the writer: what came in, what is kept of it, what is to
//! be said.

use crate::engine::Engine;
use crate::error::Error;
use crate::sync::{self, Frame, Session};

/// What a session has to do after something happened.
pub(crate) type Doing = Result<Vec<sync::Action>, Error>;

/// What one turn came to.
pub(crate) struct Turn {
    /// To be done, in this order.
    pub actions: Vec<sync::Action>,
    /// Entries that are still to be exchanged, see [`Session::left`].
    pub left: Option<u64>,
    /// See [`Session::gathers`].
    pub gathers: Option<u64>,
    /// See [`Session::stuck`].
    pub stuck: bool,
    /// See [`Session::rests`].
    pub rests: Option<u64>,
    /// Something is left to be sent, see [`Session::unsent`].
    pub unsent: bool,
    /// What had changed by then: all of it was looked at.
    pub seen: u64,
}

impl Engine {
    /// One turn of a link with the keys of this epoch; `None` where nothing more may be
    /// said, not even goodbye.
    pub(crate) fn turn(
        &mut self,
        epoch: u64,
        session: &mut Session,
        work: impl FnOnce(&mut Session, &mut Engine) -> Doing,
    ) -> Result<Option<Turn>, Error> {
        // Holding or leaving takes effect at once, in the same job that would send
        // something.
        match self.link_keys() {
            // The phone at the other end was replaced meanwhile.
            Ok(keys) if keys.epoch != epoch => return Ok(None),
            Ok(keys) if !keys.receive => session.deliver_only(),
            Ok(_) => {}
            Err(Error::Refusal(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut actions = work(session, self)?;
        for action in &actions {
            self.note_action(action)?;
        }
        // Only when all that was lost is back it is known what waits (R32), and what
        // was set aside.
        let moved = |action: &sync::Action| {
            use sync::Action::{Established, Recovered, Stored};
            matches!(action, Established(_) | Recovered | Stored(_))
        };
        if actions.iter().any(moved) && !session.recovering() {
            self.recovered()?;
            self.suspend_when_whole()?;
        }
        // What a note has written goes out before the answers do: after those the
        // other phone may think that all is said.
        let older = actions.iter().rposition(brings_entries).map_or(0, |at| at + 1);
        let said = match actions.iter().any(moved) {
            true => session.pump_all(self)?,
            false => session.pump(self)?,
        };
        actions.splice(older..older, said);
        let left = session.left(self)?;
        let stuck = session.stuck(self)?;
        let (gathers, rests, unsent) = (session.gathers(), session.rests(), session.unsent());
        let seen = self.changes().any;
        Ok(Some(Turn { actions, left, gathers, stuck, rests, unsent, seen }))
    }

    /// What is kept of a session's actions.
    fn note_action(&mut self, action: &sync::Action) -> Result<(), Error> {
        match action {
            sync::Action::Established(_) => self.notice(None),
            sync::Action::Recovered => {
                self.notice(None)?;
                self.suspend_recovered()
            }
            sync::Action::Notice(notice) => self.notice(Some(*notice)),
            sync::Action::Holds(at) => self.note_delivered(at.log, at.length),
            sync::Action::Acked(at) => {
                self.note_delivered(at.log, at.length)?;
                self.acknowledged(*at)
            }
            _ => Ok(()),
        }
    }
}

/// Whether entries are sent by it.
pub(crate) fn brings_entries(action: &sync::Action) -> bool {
    matches!(action, sync::Action::Send(Frame::Entries(_)))
}
