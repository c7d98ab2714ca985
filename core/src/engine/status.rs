//! How this phone's person and the pair stand.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::action;
use crate::domain::agreement::{AgreementDocs, AgreementState};
use crate::domain::capability::Class;
use crate::error::Error;
use crate::limits;
use crate::store::{DocumentRow, Setting};
use crate::sync::Notice;
use crate::time::Moment;
use serde::Serialize;

/// How this phone's person and the pair stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Status {
    /// The name that this phone's person chose.
    pub name: String,
    /// How far the pairing is.
    pub pairing: PairingState,
    /// The partner's chosen name, once paired.
    pub partner: Option<String>,
    /// When the pair ended, if it did. Who left is not said.
    pub left_at: Option<Moment>,
    /// Whether this phone holds all exchange.
    pub held: bool,
    /// What this phone's person should know.
    pub notices: Vec<StatusNotice>,
}

/// How far the pairing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum PairingState {
    /// There is no pair.
    #[default]
    Unpaired,
    /// Both confirmed, and the first session has yet to prove it.
    Pending,
    /// Paired.
    Paired,
    /// This phone was made of a backup: it shows what it holds, and is paired again by
    /// `pair_join` with a phone that replaces it.
    Restored,
    /// One of the two left.
    Left,
}

/// What this phone's person should know about the two logs, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum StatusNotice {
    /// The other phone's log is no longer what this phone holds of it. This
    /// phone keeps its copy, and takes in nothing more of it.
    OtherLogChanged,
    /// The other phone says that it holds more of this phone's words than this
    /// phone: it may have been restored from an older state.
    OtherPhoneHoldsMore,
    /// This phone was restored, or its clock is set back by more than a day:
    /// what is in force is paused here until its owner reconfirms it (R32).
    WaitsForReconfirmation,
    /// Something was written here after this phone had lost what came before. It is
    /// set aside: look at it, say it again or let it go.
    SomethingSetAside,
    /// This phone took the place of another, or its disk was set back, and it has not got back yet
    /// what it had shared. Until it has, nothing is said or begun here; what takes back, ends, pauses
    /// or asks for space is written.
    WordsOnTheirWayBack,
    /// An agreement could not be read: `doctor` says what is damaged.
    SomethingDamaged,
    /// A newer version wrote something that this one does not show: of a kind that it does not
    /// know, or among the posts, check-ins, intentions, limits, spaces or questions. An
    /// agreement, a promise, a talk or what is told says so itself.
    WrittenByNewerVersion,
}

impl Engine {
    pub(crate) fn status(&mut self) -> Result<Status, Error> {
        let mut status = Status {
            name: self.own_name()?,
            pairing: PairingState::Unpaired,
            partner: None,
            left_at: None,
            held: self.held()?,
            notices: Vec::new(),
        };
        let Some(link) = self.link()? else { return Ok(status) };
        if link.pending {
            status.pairing = PairingState::Pending;
            return Ok(status);
        }
        let home = self.home()?;
        status.partner = Some(self.partner_name(&home)?);
        status.left_at = self.pair_state(&home)?.left_at;
        status.pairing = match status.left_at {
            Some(_) => PairingState::Left,
            None if link.restored && self.replacing()? => PairingState::Pending,
            None if link.restored => PairingState::Restored,
            None => PairingState::Paired,
        };
        if home.frozen() {
            status.notices.push(StatusNotice::OtherLogChanged);
        }
        if self.db()?.setting(Setting::PartnerHoldsMore)?.is_some() {
            status.notices.push(StatusNotice::OtherPhoneHoldsMore);
        }
        // Until the last of what was paused for its owner goes on again or ends.
        let paused =
            self.db()?.setting(Setting::Paused)?.is_some()
                && self.listed::<AgreementDocs>(&home)?.all.iter().any(|(_, view)| {
                    view.suspended_by_me && view.state == AgreementState::Suspended
                });
        if paused || (!link.restored && self.reconfirming()?) {
            status.notices.push(StatusNotice::WaitsForReconfirmation);
        }
        if self.returning()? {
            status.notices.push(StatusNotice::WordsOnTheirWayBack);
        }
        if !self.asides()?.is_empty() {
            status.notices.push(StatusNotice::SomethingSetAside);
        }
        if self.rows.any_damaged() {
            status.notices.push(StatusNotice::SomethingDamaged);
        }
        if self.newer_unseen(&home)? {
            status.notices.push(StatusNotice::WrittenByNewerVersion);
        }
        Ok(status)
    }

    /// Whether there is something that this version does not understand and no view says so: a
    /// document of a kind that is not known, a record in one whose views are lists, or one that
    /// the last list of its kind had to leave out.
    fn newer_unseen(&mut self, home: &Home) -> Result<bool, Error> {
        let unknown = |row: &DocumentRow| action::class(&row.first_kind).is_none();
        if self.rows.any_unshown() || self.live_rows()?.iter().any(unknown) {
            return Ok(true);
        }
        let now = self.now();
        let mut docs = home.ledgers_between(now, now).concat();
        docs.push(home.pair.document());
        docs.extend(self.live_documents(&[Class::Template], limits::LIVE_DOCUMENTS)?);
        for doc in docs {
            // One that no entry touches needs no document made for it.
            if self.touched(home, doc)?.0.is_empty() {
                continue;
            }
            let read = self.records(home, doc);
            if self.unless_damaged(doc, read)?.is_some_and(|read| !read.newer.is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Keeps what a session found out.
    pub fn notice(&mut self, notice: Option<Notice>) -> Result<(), Error> {
        match notice {
            Some(Notice::PartnerHoldsMore(_)) => {
                self.db()?.set(Setting::PartnerHoldsMore, &Value::Bool(true))?;
                self.changed();
            }
            // Contradictions are kept with the log; refused entries leave nothing.
            Some(_) => {}
            None => self.db()?.unset(Setting::PartnerHoldsMore)?,
        }
        Ok(())
    }
}
