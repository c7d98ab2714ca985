//! One person's own settings, and the limits and the space of the two.

use super::Space;
use crate::cbor::Value;
use crate::domain::pacing::{Act, Contact, Feature, PairLimits, SpaceView};
use crate::domain::record::{Action, Draft};
use crate::domain::refusal::RefusalCode;
use crate::domain::reminder::Wishes;
use crate::engine::Engine;
use crate::error::Error;
use crate::store::{StorageError, VaultItem};
use crate::time::Moment;
use std::collections::BTreeSet;

const WISHES: &str = "wishes";

impl Engine {
    /// This person's wishes for reminders.
    pub(crate) fn wishes(&mut self) -> Result<Wishes, Error> {
        let id = self.vault()?.named(WISHES, "");
        let Some(item) = self.vault()?.get(id)? else { return Ok(Wishes::default()) };
        let text = item.value.get("wishes").and_then(Value::text);
        let wishes = text.and_then(|text| serde_json::from_str(text).ok());
        Ok(wishes.ok_or_else(|| StorageError::Damaged("vault.db: the wishes".to_owned()))?)
    }

    fn set_wishes(&mut self, wishes: &Wishes) -> Result<(), Error> {
        if wishes.check_in.is_some_and(|(weekday, _)| !(1..=7).contains(&weekday)) {
            return Err(RefusalCode::AnswerInvalid.into());
        }
        let text =
            serde_json::to_string(wishes).map_err(|error| StorageError::Io(error.to_string()))?;
        let id = self.vault()?.named(WISHES, "");
        let value = Value::map([("wishes", Some(text.as_str().into()))]);
        self.vault()?.put(&VaultItem { id, kind: WISHES.to_owned(), value })?;
        self.changed();
        Ok(())
    }

    pub(crate) fn limits(&mut self) -> Result<(PairLimits, PairLimits), Error> {
        let home = self.home()?;
        let pacing = self.pacing(&home)?;
        Ok((pacing.limits(), pacing.vote(&home.pair, home.me)))
    }

    fn set_limits(&mut self, vote: PairLimits) -> Result<(PairLimits, PairLimits), Error> {
        let home = self.home()?;
        if vote.retention_days == Some(0) {
            return Err(RefusalCode::DaysInvalid.into());
        }
        let off = vote.off.into_iter().collect();
        let act = Act::SetLimits { retention: vote.retention_days, off };
        let target = home.pair.document();
        self.append_own(vec![Draft { target, action: Action::Pacing(act), body: None }])?;
        self.limits()
    }

    pub(crate) fn space_now(&mut self) -> Result<Option<SpaceView>, Error> {
        let home = self.home()?;
        Ok(self.pacing(&home)?.space(&home.pair, home.me, self.now()))
    }

    fn begin_space(
        &mut self,
        until: Option<Moment>,
        contact: Contact,
    ) -> Result<Option<SpaceView>, Error> {
        if until.is_some_and(|until| until <= self.now()) {
            return Err(RefusalCode::TimeInvalid.into());
        }
        let target = self.home()?.pair.document();
        let action = Action::Pacing(Act::BeginSpace { until, contact });
        self.append_own(vec![Draft { target, action, body: None }])?;
        self.space_now()
    }

    fn end_space(&mut self) -> Result<Option<SpaceView>, Error> {
        let target = self.home()?.pair.document();
        let mine = self.space_now()?.map(|space| space.positions).unwrap_or_default();
        if mine.is_empty() {
            return Err(RefusalCode::NoSpace.into());
        }
        let end = |of| Draft { target, action: Action::Pacing(Act::EndSpace { of }), body: None };
        self.append_own(mine.into_iter().map(end).collect())?;
        self.space_now()
    }
}

impl Space {
    /// The limits that hold for both, the most protective of both votes; and
    /// one's own vote.
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn limits(&self) -> Result<(PairLimits, PairLimits), Error> {
        self.ask(Engine::limits).await
    }

    /// Sets one's own vote. A shorter retention deletes older words on both
    /// phones; what is switched off stays readable.
    ///
    /// # Errors
    /// `PairLeft`, or as [`Space::limits`].
    pub async fn set_limits(
        &self,
        retention_days: Option<u16>,
        off: BTreeSet<Feature>,
    ) -> Result<(PairLimits, PairLimits), Error> {
        self.ask(move |engine| engine.set_limits(PairLimits { retention_days, off })).await
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported(settings))]
impl Space {
    /// This person's own wishes for reminders; the partner cannot see or change them
    /// (I9).
    ///
    /// # Errors
    /// As [`Space::status`].
    pub async fn wishes(&self) -> Result<Wishes, Error> {
        self.ask(Engine::wishes).await
    }

    /// Sets the wishes for reminders.
    ///
    /// # Errors
    /// `AnswerInvalid` for a day of the week that is none; or as [`Space::status`].
    pub async fn set_wishes(&self, wishes: Wishes) -> Result<(), Error> {
        self.ask(move |engine| engine.set_wishes(&wishes)).await
    }

    /// The space for oneself that one of the two has taken, if any.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn space_now(&self) -> Result<Option<SpaceView>, Error> {
        self.ask(Engine::space_now).await
    }

    /// Takes space for oneself at once, until a moment or without an end; nobody is
    /// asked (F83).
    ///
    /// # Errors
    /// `TimeInvalid` for an end in the past; `NotPaired`, `PairLeft`, or as
    /// [`Space::status`].
    pub async fn begin_space(
        &self,
        until: Option<Moment>,
        contact: Contact,
    ) -> Result<Option<SpaceView>, Error> {
        self.ask(move |engine| engine.begin_space(until, contact)).await
    }

    /// Ends the space that I have taken. Gives back what still holds.
    ///
    /// # Errors
    /// `NoSpace` where there is none; `NotPaired`, or as [`Space::status`].
    pub async fn end_space(&self) -> Result<Option<SpaceView>, Error> {
        self.ask(Engine::end_space).await
    }
}
