//! Promises and practices.

use super::Space;
use super::settings::shown;
use super::subscription::Subscription;
use crate::domain::agreement::AgreementDocs;
use crate::domain::capability::Class;
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::promise::{
    Command, Felt, Hint, HowItWent, NewPromise, PromiseDocs, PromiseState, PromiseView, hints,
};
use crate::domain::recurrence::Due;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Listed, Watched};
use crate::error::Error;
use crate::id::{DocId, OccurrenceId, PromiseId, WordsId};
use crate::time::Moment;

/// The promises that are not long over, in the order in which they were made.
pub(super) fn promises(engine: &mut Engine) -> Result<Vec<PromiseView>, Error> {
    let home = engine.home()?;
    Ok(in_order(engine.listed(&home)?))
}

/// Those that this phone's person is shown.
pub(super) fn shown_promises(engine: &mut Engine) -> Result<Vec<PromiseView>, Error> {
    shown(engine, Feature::Promises, promises)
}

fn in_order(listed: Listed<PromiseDocs>) -> Vec<PromiseView> {
    let mut views: Vec<_> = listed.all.into_iter().map(|(_, view)| view).collect();
    views.sort_by_key(|view| (view.made_at, view.id));
    views
}

fn open_promises(engine: &mut Engine) -> Result<usize, Error> {
    let home = engine.home()?;
    Ok(engine.begun::<PromiseDocs>(&home)?.open)
}

/// Pauses every open promise of mine.
fn pause_all(engine: &mut Engine, from: Moment, until: Moment) -> Result<usize, Error> {
    engine.write(|engine, home| {
        let open: Vec<PromiseId> = in_order(engine.listed(home)?)
            .iter()
            .filter(|view| view.by == Who::Me && view.state == PromiseState::Open)
            .map(|view| view.id)
            .collect();
        for doc in &open {
            engine.act_within::<PromiseDocs>(
                home,
                &[(*doc).into()],
                &Command::Pause { from, until },
            )?;
        }
        Ok(open.len())
    })
}

/// Promises and practices, see [`crate::domain::promise`]. Where an occurrence
/// is left out, the one that is meant most likely is taken.
#[derive(Clone, Copy)]
pub struct Promises<'a>(pub(super) &'a Space);

impl Promises<'_> {
    async fn act(&self, id: PromiseId, command: Command) -> Result<PromiseView, Error> {
        self.0.write(move |engine| engine.done::<PromiseDocs>(id.into(), &command)).await
    }

    /// Begins to hear of the promises.
    pub fn subscribe(&self) -> Subscription<Vec<PromiseView>> {
        Subscription::new(self.0, Watched::Of(&[Class::Promise]), shown_promises)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Promises<'_> {
    /// The promises of both that are not long over (13 weeks).
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<PromiseView>, Error> {
        self.0.ask(shown_promises).await
    }

    /// A page of every promise that ever was, newest first: the next `limit` that were made
    /// before the one named, or the last of all. Of the others only the index is read.
    ///
    /// # Errors
    /// `NotFound` where `before` is no promise, or as [`Promises::list`].
    pub async fn page(
        &self,
        limit: u32,
        before: Option<PromiseId>,
    ) -> Result<Vec<PromiseView>, Error> {
        let page = move |engine: &mut Engine| {
            let home = engine.home()?;
            engine.page::<PromiseDocs>(&home, before.map(DocId::from), limit as usize, |_| true)
        };
        self.0.ask(move |engine| shown(engine, Feature::Promises, page)).await
    }

    /// The ids of every promise that ever was, in no particular order: where people name one by
    /// its first characters.
    ///
    /// # Errors
    /// As [`Promises::list`].
    pub async fn ids(&self) -> Result<Vec<PromiseId>, Error> {
        let ids =
            |engine: &mut Engine| shown(engine, Feature::Promises, Engine::ids::<PromiseDocs>);
        Ok(self.0.ask(ids).await?.into_iter().map(PromiseId::from).collect())
    }

    /// One promise.
    ///
    /// # Errors
    /// `NotFound`, or as [`Promises::list`].
    pub async fn show(&self, id: PromiseId) -> Result<PromiseView, Error> {
        self.0.ask(move |engine| engine.show::<PromiseDocs>(id.into())).await
    }

    /// Hints before promising: advisory, silent and local (F71, R21).
    ///
    /// # Errors
    /// As [`Promises::list`].
    pub async fn hints(&self, new: &NewPromise) -> Result<Vec<Hint>, Error> {
        let new = new.clone();
        self.0.ask(move |engine| Ok(hints(open_promises(engine)?, &new))).await
    }

    /// Promises something. It takes effect at once, and the other may decline it.
    ///
    /// # Errors
    /// A refusal for the words, the zone or the rule; `TooManyPromises`; `NotFound` for the
    /// agreement that it names; `FeatureOff`.
    pub async fn make(&self, new: NewPromise) -> Result<PromiseView, Error> {
        let make = move |engine: &mut Engine| {
            if let Some(link) = new.link {
                let home = engine.home()?;
                engine.of_class::<AgreementDocs>(&home, link.into())?;
            }
            engine.begin::<PromiseDocs>(&Command::Make(new))
        };
        self.0.write(make).await
    }

    /// Pauses a promise of mine for a while.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`, `EndsBeforeBegin`, `NotAhead`, `TooFarAhead`.
    pub async fn pause(
        &self,
        id: PromiseId,
        from: Moment,
        until: Moment,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Pause { from, until }).await
    }

    /// Pauses all open promises of mine, for a holiday say. Gives back how many.
    ///
    /// # Errors
    /// As [`Promises::pause`].
    pub async fn pause_all(&self, from: Moment, until: Moment) -> Result<u64, Error> {
        self.0.write(move |engine| Ok(pause_all(engine, from, until)? as u64)).await
    }

    /// Takes a promise of mine back. What was due before stays as it went.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`.
    pub async fn retract(&self, id: PromiseId) -> Result<PromiseView, Error> {
        self.act(id, Command::Retract).await
    }

    /// "Please do not promise me this."
    ///
    /// # Errors
    /// `NotPromisedToYou`, `PromiseOver`.
    pub async fn decline(&self, id: PromiseId) -> Result<PromiseView, Error> {
        self.act(id, Command::Decline).await
    }

    /// Says ahead that it will be later, or otherwise (F59).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `NoSuchOccurrence`.
    pub async fn heads_up(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
        expected: Option<Moment>,
        words: Option<String>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::HeadsUp { occurrence, expected, words }).await
    }

    /// Asks for another time, before it is due (F75).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `NotAhead`, `TooFarAhead`, `OneTimeOnly`, `DueAlready`.
    pub async fn renegotiate(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
        due: Due,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Renegotiate { occurrence, due }).await
    }

    /// Says yes to the new time that was shown, or stays with the old one; of
    /// several, of the named occurrence's.
    ///
    /// # Errors
    /// `StaleView` if another new time was asked for since `shown`;
    /// `NotPromisedToYou`, `NothingToAnswer`.
    pub async fn answer(
        &self,
        shown: &PromiseView,
        occurrence: Option<OccurrenceId>,
        accept: bool,
    ) -> Result<PromiseView, Error> {
        if shown.by == Who::Me {
            return Err(RefusalCode::NotPromisedToYou.into());
        }
        let asked = shown.asked(occurrence).ok_or(RefusalCode::NothingToAnswer)?;
        let command = match accept {
            true => Command::AcceptNew { asked },
            false => Command::KeepOld { asked },
        };
        self.act(shown.id, command).await
    }

    /// Lets the other off.
    ///
    /// # Errors
    /// `NotPromisedToYou`, `NoSuchOccurrence`.
    pub async fn release(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Release { occurrence }).await
    }

    /// Reports how it went (F74). Only the promisor can.
    ///
    /// # Errors
    /// `NotYourPromise`, `BeforeDue`, `NoSuchOccurrence`.
    pub async fn report(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
        told: HowItWent,
        words: Option<String>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Report { occurrence, told, words }).await
    }

    /// Says how it felt. Only the promisee can.
    ///
    /// # Errors
    /// `NotPromisedToYou`, `BeforeDue`, `NoSuchOccurrence`.
    pub async fn comment(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
        felt: Felt,
        words: Option<String>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Comment { occurrence, felt, words }).await
    }

    /// Says after a miss what happened and what changes (F76).
    ///
    /// # Errors
    /// `NotYourPromise`, `BeforeDue`.
    pub async fn repair(
        &self,
        id: PromiseId,
        occurrence: Option<OccurrenceId>,
        words: String,
        promise: Option<PromiseId>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Repair { occurrence, words, promise: promise.map(DocId::from) }).await
    }

    /// Takes back words of mine in a promise; the report or comment itself stays.
    ///
    /// # Errors
    /// `NotFound`, `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw_words(&self, id: PromiseId, note: WordsId) -> Result<PromiseView, Error> {
        self.0.write(move |engine| engine.withdrawn::<PromiseDocs>(id.into(), note.into())).await
    }
}
