//! Promises and practices, on one phone.

use super::Space;
use super::subscription::Subscription;
use crate::domain::ledger::own_document;
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::promise::{
    Command, Felt, Folded, Hint, NewPromise, PromiseState, PromiseView, Told, decide, fold, hints,
    is_open, project,
};
use crate::domain::record::{Action, Draft, Held};
use crate::domain::recurrence::Due;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, ItemId, OccurrenceId};
use crate::limits;
use crate::store::StorageError;
use crate::time::Moment;
use std::sync::Arc;

impl Engine {
    fn promise(&mut self, home: &Home, doc: DocId) -> Result<Arc<Folded>, Error> {
        let basis = self.touched(home, doc)?;
        if let Some(folded) = self.promises.get(&doc)
            && folded.basis == basis
        {
            return Ok(folded.clone());
        }
        let read = self.records(home, doc)?;
        let mut folded = fold(&home.pair, doc, &read.held, !read.newer.is_empty());
        folded.basis = read.basis;
        if self.promises.len() >= limits::LIVE_DOCUMENTS {
            self.promises.clear();
        }
        let folded = Arc::new(folded);
        self.promises.insert(doc, folded.clone());
        Ok(folded)
    }

    /// One promise; `None` where this document holds none.
    pub(crate) fn show_promise(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<Option<PromiseView>, Error> {
        let folded = self.promise(home, doc)?;
        let words = folded.occurrences.iter().flat_map(|one| one.words).flatten();
        let made = folded.made.iter().map(|made| made.id);
        let bodies = self.bodies(home, words.chain(made))?;
        let read = |position| bodies.get(&position).cloned();
        Ok(project(&folded, &home.pair, home.me, self.now(), &read))
    }

    fn read_promises(&mut self, home: &Home, docs: Vec<DocId>) -> Result<Vec<PromiseView>, Error> {
        let mut views = Vec::new();
        for doc in docs {
            // One that cannot be read does not take the others with it.
            let view = self.show_promise(home, doc);
            views.extend(self.unless_damaged(doc, view)?.flatten());
        }
        views.sort_by_key(|view| (view.made_at, view.id));
        Ok(views)
    }

    /// The promises that are not long over, in the order in which they were made.
    pub(crate) fn promises(&mut self) -> Result<Vec<PromiseView>, Error> {
        let home = self.home()?;
        let docs = self.live_documents(&["promise"])?;
        self.read_promises(&home, docs)
    }

    /// Every promise that ever was.
    pub(crate) fn all_promises(&mut self) -> Result<Vec<PromiseView>, Error> {
        let home = self.home()?;
        let docs = self.all_documents(&["promise"], limits::PROMISES)?;
        self.read_promises(&home, docs)
    }

    fn found_promise(&mut self, doc: DocId) -> Result<PromiseView, Error> {
        let home = self.home()?;
        Ok(self.show_promise(&home, doc)?.ok_or(RefusalCode::NotFound)?)
    }

    fn act_on_promise(&mut self, doc: DocId, command: Command) -> Result<PromiseView, Error> {
        self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            let folded = engine.promise(&home, doc)?;
            if matches!(command, Command::Make(..)) {
                engine.room_for_promise(&home)?;
            }
            let acts = engine.deciding(&home, |context| decide(&folded, &command, context))?;
            let drafts = acts
                .into_iter()
                .map(|(action, body)| Draft { target: doc, action, body })
                .collect();
            engine.append(&mut home, drafts)
        })?;
        self.changed();
        self.found_promise(doc)
    }

    fn room_for_promise(&mut self, home: &Home) -> Result<(), Error> {
        if self.pacing(home)?.limits().off.contains(&Feature::Promises) {
            return Err(RefusalCode::FeatureOff.into());
        }
        let mine = home.own()?.number;
        let begun = self.db()?.begun()?.of(mine, "promise");
        if begun >= limits::PROMISES || self.open_promises()? >= limits::PROMISES_OPEN {
            return Err(RefusalCode::TooManyPromises.into());
        }
        Ok(())
    }

    fn open_promises(&mut self) -> Result<usize, Error> {
        let (home, now) = (self.home()?, self.now());
        let me = home.pair.index(home.me);
        let mut open = 0;
        for doc in self.live_documents(&["promise"])? {
            let folded = self.promise(&home, doc);
            let folded = self.unless_damaged(doc, folded)?;
            let mine = |folded: &Arc<Folded>| {
                folded.made.as_ref().is_some_and(|made| Some(made.by) == me) && is_open(folded, now)
            };
            open += usize::from(folded.as_ref().is_some_and(mine));
        }
        Ok(open)
    }

    fn make_promise(&mut self, new: NewPromise) -> Result<PromiseView, Error> {
        let salt = random(self.entropy()).map_err(StorageError::from)?;
        let home = self.home()?;
        let doc = own_document(home.pair.id, home.me, &salt);
        self.act_on_promise(doc, Command::Make(new, salt))
    }

    /// Pauses every open promise of mine.
    fn pause_all(&mut self, from: Moment, until: Moment) -> Result<usize, Error> {
        let open: Vec<DocId> = self
            .promises()?
            .iter()
            .filter(|view| view.by == Who::Me && view.state == PromiseState::Open)
            .map(|view| view.id)
            .collect();
        for doc in &open {
            self.act_on_promise(*doc, Command::Pause { from, until })?;
        }
        Ok(open.len())
    }

    /// Takes back words of one's own in a document, whether a view still shows them
    /// or not. The record that they stood beside stays.
    pub(crate) fn withdraw_words(&mut self, doc: DocId, words: ItemId) -> Result<(), Error> {
        let home = self.home()?;
        let read = self.records(&home, doc)?;
        let said = read.held.iter().find(|held| held.id.item() == words);
        let said = said.filter(|held| held.record.body.is_some()).ok_or(RefusalCode::NotFound)?;
        if said.author != home.me {
            return Err(RefusalCode::NotYourWords.into());
        }
        let before = |held: &Held| held.record.action == Action::WithdrawWords { of: said.id };
        if read.held.iter().any(before) {
            return Err(RefusalCode::NoLongerThere.into());
        }
        let action = Action::WithdrawWords { of: said.id };
        self.append_own(vec![Draft { target: doc, action, body: None }])
    }

    /// Appends what was decided already, unless the pair has ended.
    pub(crate) fn append_own(&mut self, drafts: Vec<Draft>) -> Result<(), Error> {
        self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            if engine.pair_state(&home)?.left_at.is_some() {
                return Err(RefusalCode::PairLeft.into());
            }
            engine.append_all(&mut home, drafts)
        })?;
        self.changed();
        Ok(())
    }
}

/// Promises and practices, see [`crate::domain::promise`]. Where an occurrence
/// is left out, the one that is meant most likely is taken.
#[derive(Clone, Copy)]
pub struct Promises<'a>(pub(super) &'a Space);

impl Promises<'_> {
    async fn act(&self, id: DocId, command: Command) -> Result<PromiseView, Error> {
        self.0.ask(move |engine| engine.act_on_promise(id, command)).await
    }

    /// Begins to hear of the promises.
    pub fn subscribe(&self) -> Subscription<Vec<PromiseView>> {
        Subscription::new(self.0, Engine::promises)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Promises<'_> {
    /// The promises of both that are not long over (13 weeks).
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<PromiseView>, Error> {
        self.0.ask(Engine::promises).await
    }

    /// Every promise that ever was: it takes longer with the years.
    ///
    /// # Errors
    /// As [`Promises::list`].
    pub async fn all(&self) -> Result<Vec<PromiseView>, Error> {
        self.0.ask(Engine::all_promises).await
    }

    /// One promise.
    ///
    /// # Errors
    /// `NotFound`, or as [`Promises::list`].
    pub async fn show(&self, id: DocId) -> Result<PromiseView, Error> {
        self.0.ask(move |engine| engine.found_promise(id)).await
    }

    /// Hints before promising: advisory, silent and local (F71, R21).
    ///
    /// # Errors
    /// As [`Promises::list`].
    pub async fn hints(&self, new: &NewPromise) -> Result<Vec<Hint>, Error> {
        let new = new.clone();
        self.0.ask(move |engine| Ok(hints(engine.open_promises()?, &new))).await
    }

    /// Promises something. It takes effect at once, and the other may decline it.
    ///
    /// # Errors
    /// A refusal for the words, the zone or the rule; `TooManyPromises`;
    /// `FeatureOff`.
    pub async fn make(&self, new: NewPromise) -> Result<PromiseView, Error> {
        self.0.ask(move |engine| engine.make_promise(new)).await
    }

    /// Pauses a promise of mine for a while.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`, `TimeInvalid`.
    pub async fn pause(
        &self,
        id: DocId,
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
        self.0.ask(move |engine| Ok(engine.pause_all(from, until)? as u64)).await
    }

    /// Takes a promise of mine back. What was due before stays as it went.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`.
    pub async fn retract(&self, id: DocId) -> Result<PromiseView, Error> {
        self.act(id, Command::Retract).await
    }

    /// "Please do not promise me this."
    ///
    /// # Errors
    /// `NotPromisedToYou`, `PromiseOver`.
    pub async fn decline(&self, id: DocId) -> Result<PromiseView, Error> {
        self.act(id, Command::Decline).await
    }

    /// Says ahead that it will be later, or otherwise (F59).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `NoSuchOccurrence`.
    pub async fn heads_up(
        &self,
        id: DocId,
        occurrence: Option<OccurrenceId>,
        expected: Option<Moment>,
        words: Option<String>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::HeadsUp { occurrence, expected, words }).await
    }

    /// Asks for another time, before it is due (F75).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `TimeInvalid`.
    pub async fn renegotiate(
        &self,
        id: DocId,
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
        id: DocId,
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
        id: DocId,
        occurrence: Option<OccurrenceId>,
        told: Told,
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
        id: DocId,
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
        id: DocId,
        occurrence: Option<OccurrenceId>,
        words: String,
        promise: Option<DocId>,
    ) -> Result<PromiseView, Error> {
        self.act(id, Command::Repair { occurrence, words, promise }).await
    }

    /// Takes back words of mine in a promise; the report or comment itself stays.
    ///
    /// # Errors
    /// `NotFound`, `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw_words(&self, id: DocId, note: ItemId) -> Result<PromiseView, Error> {
        self.0
            .ask(move |engine| {
                engine.withdraw_words(id, note)?;
                engine.found_promise(id)
            })
            .await
    }
}
