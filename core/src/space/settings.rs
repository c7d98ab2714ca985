//! One person's own settings, and the limits and the space of the two.

use super::{Space, kept};
use crate::domain::overview::reminder::Wishes;
use crate::domain::pacing::{
    BothLimits, Command, Contact, Feature, Pace, PairLimits, Silence, SpaceView,
};
use crate::engine::Engine;
use crate::error::Error;
use crate::store::StorageError;
use crate::time::Moment;
use std::collections::BTreeSet;

const WISHES: &str = "wishes";

/// This person's wishes for reminders.
pub(super) fn wishes(engine: &mut Engine) -> Result<Wishes, Error> {
    let id = engine.vault()?.named(WISHES, "");
    let Some(item) = engine.vault()?.get(id)? else { return Ok(Wishes::default()) };
    Ok(kept::read(&item, WISHES)
        .ok_or_else(|| StorageError::Damaged("vault.db: the wishes".to_owned()))?)
}

fn set_wishes(engine: &mut Engine, wishes: &Wishes) -> Result<(), Error> {
    wishes.check()?;
    let id = engine.vault()?.named(WISHES, "");
    kept::put(engine, id, (WISHES, WISHES), wishes)?;
    engine.changed();
    Ok(())
}

fn limits(engine: &mut Engine) -> Result<BothLimits, Error> {
    let home = engine.home()?;
    Ok(engine.state::<Pace>(&home, &[home.pair.document()])?.limits(home.side))
}

/// What this phone's person is shown of a feature: nothing where they take no part in it
/// (K15). It is there when they do again.
pub(super) fn shown<T>(
    engine: &mut Engine,
    feature: Feature,
    view: impl FnOnce(&mut Engine) -> Result<Vec<T>, Error>,
) -> Result<Vec<T>, Error> {
    match limits(engine)?.mine.off.contains(&feature) {
        true => Ok(Vec::new()),
        false => view(engine),
    }
}

pub(super) fn space_now(engine: &mut Engine) -> Result<Option<SpaceView>, Error> {
    let home = engine.home()?;
    Ok(engine.view::<Pace>(&home, &[home.pair.document()])?.flatten())
}

/// Whether one of the two has left, and whether one of them has space.
pub(super) fn silence(engine: &mut Engine) -> Result<Silence, Error> {
    let home = engine.home()?;
    let left = engine.pair_state(&home)?.left_at.is_some();
    Ok(Silence { left, space: space_now(engine)?.is_some() })
}

fn pace(engine: &mut Engine, command: &Command) -> Result<Option<SpaceView>, Error> {
    let doc = engine.home()?.pair.document();
    engine.done::<Pace>(doc, command)
}

impl Space {
    /// What each of the two has voted: for how long words are kept (K14), and what one takes
    /// no part in (K15).
    ///
    /// # Errors
    /// `NotPaired`, storage, [`Error::Closed`].
    pub async fn limits(&self) -> Result<BothLimits, Error> {
        self.ask(limits).await
    }

    /// Sets one's own vote. Shorter keeping reaches one's own words on both phones, and the
    /// partner's words on this one, never theirs on theirs (R15). In what one takes no part
    /// one writes nothing; the partner goes on for themselves.
    ///
    /// # Errors
    /// `PairLeft`, or as [`Space::limits`].
    pub async fn set_limits(
        &self,
        retention_days: Option<u16>,
        off: BTreeSet<Feature>,
    ) -> Result<BothLimits, Error> {
        self.write(move |engine| {
            pace(engine, &Command::Limit(PairLimits { retention_days, off }))?;
            limits(engine)
        })
        .await
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
        self.engine.call(wishes).await
    }

    /// Sets the wishes for reminders.
    ///
    /// # Errors
    /// `AnswerInvalid` for a day of the week that is none; or as [`Space::status`].
    pub async fn set_wishes(&self, wishes: Wishes) -> Result<(), Error> {
        self.engine.call(move |engine| set_wishes(engine, &wishes)).await
    }

    /// The space for oneself that one of the two has taken, if any.
    ///
    /// # Errors
    /// `NotPaired`, or as [`Space::status`].
    pub async fn space_now(&self) -> Result<Option<SpaceView>, Error> {
        self.ask(space_now).await
    }

    /// Takes space for oneself at once, until a moment or without an end; nobody is
    /// asked (F83).
    ///
    /// # Errors
    /// `NotAhead` for an end in the past; `NotPaired`, `PairLeft`, or as
    /// [`Space::status`].
    pub async fn begin_space(
        &self,
        until: Option<Moment>,
        contact: Contact,
    ) -> Result<Option<SpaceView>, Error> {
        self.write(move |engine| pace(engine, &Command::Begin { until, contact })).await
    }

    /// Ends the space that I have taken. Gives back what still holds.
    ///
    /// # Errors
    /// `NoSpace` where there is none; `NotPaired`, or as [`Space::status`].
    pub async fn end_space(&self) -> Result<Option<SpaceView>, Error> {
        self.write(|engine| pace(engine, &Command::End)).await
    }
}
