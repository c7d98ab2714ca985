//! Capabilities, on one phone: their states, what is seen of them, what is done with them.
//! Of the capabilities only those that every other one depends on are named here: how the pair
//! stands, its limits, and taking words back.

use super::documents::Read;
use super::{Engine, Home, Watched};
use crate::domain::action;
use crate::domain::capability::{Begun, Capability, Class, Context, Records, Viewing};
use crate::domain::ledger::own_document;
use crate::domain::pacing::Pace;
use crate::domain::pair::{Lifecycle, PairState};
use crate::domain::record::{Draft, Held, Record};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::words;
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, Past, Position, WrittenId};
use crate::store::StorageError;
use std::sync::Arc;

/// The aggregates of one kind that views look at, as far as they can be read.
pub(crate) struct Listed<C: Capability> {
    /// Each with its state.
    pub all: Vec<(Arc<C::State>, C::View)>,
    /// Those that cannot be read.
    pub damaged: Vec<DocId>,
}

impl Engine {
    /// The state of a capability, from the records of its document and of those that belong
    /// to it. This is where states are folded and kept, for every capability alike.
    pub(crate) fn state<C: Capability>(
        &mut self,
        home: &Home,
        docs: &[DocId],
    ) -> Result<Arc<C::State>, Error> {
        let mut bases = Vec::with_capacity(docs.len());
        for doc in docs {
            bases.push(self.touched(home, *doc)?);
        }
        let first = docs.first().copied().unwrap_or(home.pair.document());
        if let Some(state) = self.derived.state::<C>(first, &bases) {
            return Ok(state);
        }
        let read = self.read_of(home, docs, &bases)?;
        let folded: Vec<Records<'_>> = read
            .iter()
            .map(|(doc, read, waiting)| Records {
                doc: *doc,
                held: read.held.as_slice(),
                newer: &read.newer,
                waiting,
                basis: &read.basis,
            })
            .collect();
        let Some((of, more)) = folded.split_first() else {
            return Err(RefusalCode::NotFound.into());
        };
        let state = Arc::new(C::fold(&home.pair, home.side, of, more));
        // A document that waits goes less far than its entries: it is folded again.
        let bases = read.iter().map(|(_, read, _)| read.basis.clone()).collect();
        self.derived.keep::<C>(first, bases, state.clone());
        Ok(state)
    }

    /// What is to be folded into a state: of each document its records, and those that wait.
    fn read_of(
        &mut self,
        home: &Home,
        docs: &[DocId],
        bases: &[Past],
    ) -> Result<Vec<(DocId, Read, Vec<Record>)>, Error> {
        let mut read = Vec::with_capacity(docs.len());
        for (doc, basis) in docs.iter().zip(bases) {
            // One that no entry touches needs no document made for it.
            let records = match basis.0.is_empty() {
                true => Read::default(),
                false => self.records(home, *doc)?,
            };
            let waiting = match basis.0.is_empty() {
                true => self.set_aside_on(*doc)?,
                false => self.waiting_records(home, *doc, &records.basis)?,
            };
            read.push((*doc, records, waiting));
        }
        Ok(read)
    }

    /// What this phone's person sees; `None` where the document holds nothing of this kind.
    pub(crate) fn view<C: Capability>(
        &mut self,
        home: &Home,
        docs: &[DocId],
    ) -> Result<Option<C::View>, Error> {
        let state = self.state::<C>(home, docs)?;
        self.view_of::<C>(home, docs, &state)
    }

    fn view_of<C: Capability>(
        &mut self,
        home: &Home,
        docs: &[DocId],
        state: &C::State,
    ) -> Result<Option<C::View>, Error> {
        let Some(doc) = docs.first().copied() else { return Ok(None) };
        let now = self.now();
        let draft = match C::draft(state) {
            Some(draft) => self.document(home, doc)?.text(draft),
            None => None,
        };
        let bodies = self.bodies(home, C::words(state, now))?;
        let read = |position: Position| bodies.get(&position).cloned();
        let (pair_state, reconfirming) = (self.pair_state(home)?, self.reconfirming()?);
        Ok(C::project(
            state,
            Viewing {
                doc,
                pair: &home.pair,
                pair_state: &pair_state,
                side: home.side,
                now,
                bodies: &read,
                draft: draft.as_deref(),
                reconfirming,
            },
        ))
    }

    /// One aggregate, by its document.
    ///
    /// # Errors
    /// `NotFound` where there is none of this kind.
    pub(crate) fn show<C: Capability>(&mut self, doc: DocId) -> Result<C::View, Error> {
        let home = self.home()?;
        self.of_class::<C>(&home, doc)?;
        Ok(self.view::<C>(&home, &[doc])?.ok_or(RefusalCode::NotFound)?)
    }

    /// Refused where a document is of another kind, or is none.
    pub(crate) fn of_class<C: Capability>(&mut self, home: &Home, doc: DocId) -> Result<(), Error> {
        self.is_of(home, doc, C::CLASS)
    }

    fn is_of(&mut self, home: &Home, doc: DocId, class: Class) -> Result<(), Error> {
        match self.class_of(home, doc)? {
            Some(first) if first == class => Ok(()),
            Some(_) if self.holds(home, doc, class)? => Ok(()),
            _ => Err(RefusalCode::NotFound.into()),
        }
    }

    /// Refused where one of these documents is of another kind. One that nothing touches yet
    /// is of none; and what follows from the pair alone is of its kind whatever else came
    /// into it.
    fn may_be_of(&mut self, home: &Home, docs: &[DocId], class: Class) -> Result<(), Error> {
        if class.follows_from_pair() {
            return Ok(());
        }
        for doc in docs {
            if self.class_of(home, *doc)?.is_some() {
                self.is_of(home, *doc, class)?;
            }
        }
        Ok(())
    }

    /// Whether a document that something else came into first holds a record of this kind:
    /// nobody takes a document from the other by being first.
    fn holds(&mut self, home: &Home, doc: DocId, class: Class) -> Result<bool, Error> {
        let read = self.records(home, doc)?;
        let of = |held: &Held| action::class(held.record.action.kind());
        Ok(read.held.iter().any(|held| of(held) == Some(class)))
    }

    /// What a document is about, by the kind that came here first; `None` for one that
    /// nothing touches, or whose first kind is not known here.
    fn class_of(&mut self, home: &Home, doc: DocId) -> Result<Option<Class>, Error> {
        if let Some(class) = self.rows.known.get(&doc) {
            return Ok(*class);
        }
        let row = match self.db()?.document(doc) {
            // What it began with is damaged: it is what its records say.
            Err(StorageError::Damaged(_)) => {
                let read = self.records(home, doc)?;
                let first = read
                    .held
                    .iter()
                    .min_by_key(|held| (held.past.0.values().sum::<u64>(), held.id));
                return Ok(first.and_then(|held| action::class(held.record.action.kind())));
            }
            row => row?,
        };
        Ok(row.and_then(|row| action::class(&row.first_kind)))
    }

    /// Those of one kind that views look at, as far as they can be read: one that is
    /// damaged must not hide the others, nor keep them from being stopped.
    pub(crate) fn listed<C: Capability>(&mut self, home: &Home) -> Result<Listed<C>, Error> {
        let docs = self.live_documents(&[C::CLASS], C::MOST_LIVE)?;
        self.list_of::<C>(home, docs)
    }

    /// What is seen of those.
    pub(crate) fn views<C: Capability>(&mut self) -> Result<Vec<C::View>, Error> {
        let home = self.home()?;
        Ok(self.listed::<C>(&home)?.all.into_iter().map(|(_, view)| view).collect())
    }

    /// Takes back words of one's own in a document of this kind; gives back what is seen of
    /// it then.
    pub(crate) fn withdrawn<C: Capability>(
        &mut self,
        doc: DocId,
        words: WrittenId,
    ) -> Result<C::View, Error> {
        self.write(|engine, home| {
            engine.of_class::<C>(home, doc)?;
            let read = engine.records(home, doc)?;
            let held = read.held.clone();
            let records = Records {
                doc,
                held: held.as_slice(),
                newer: &read.newer,
                waiting: &[],
                basis: &read.basis,
            };
            engine.decide_within(home, |context| words::withdraw(&records, words, context))
        })?;
        self.show::<C>(doc)
    }

    /// The documents of one kind that count, however long ago.
    pub(crate) fn ids<C: Capability>(&mut self) -> Result<Vec<DocId>, Error> {
        // Refused where there is no pair.
        self.home()?;
        let rows = self.documents_of(C::CLASS, C::MOST)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// A page of those of one kind that count and are to be `kept`, however long ago: the last
    /// that were begun before that one, newest first. Of the others only the index is read.
    ///
    /// # Errors
    /// `NotFound` where there is none to go on from.
    pub(crate) fn page<C: Capability>(
        &mut self,
        home: &Home,
        before: Option<DocId>,
        limit: usize,
        kept: fn(&C::State) -> bool,
    ) -> Result<Vec<C::View>, Error> {
        let mut rows = self.documents_of(C::CLASS, C::MOST)?;
        rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
        if let Some(before) = before {
            let at = rows.iter().position(|row| row.id == before).ok_or(RefusalCode::NotFound)?;
            rows.drain(..=at);
        }
        let mut page = Vec::new();
        let mut rows = rows.into_iter().map(|row| row.id).peekable();
        while page.len() < limit && rows.peek().is_some() {
            let next = rows.by_ref().take(limit - page.len()).collect();
            let read = self.list_of::<C>(home, next)?.all.into_iter();
            page.extend(read.filter(|(state, _)| kept(state)).map(|(_, view)| view));
        }
        Ok(page)
    }

    pub(super) fn list_of<C: Capability>(
        &mut self,
        home: &Home,
        docs: Vec<DocId>,
    ) -> Result<Listed<C>, Error> {
        let mut listed = Listed { all: Vec::new(), damaged: Vec::new() };
        for doc in docs {
            let read = self.read_one::<C>(home, doc);
            match self.unless_damaged(doc, read)? {
                Some(Some(found)) => {
                    self.rows.shown(doc, true);
                    listed.all.push(found);
                }
                // What a newer version began, with a word that is not known here.
                Some(None) => {
                    self.rows.shown(doc, !self.rows.newer.contains(&doc));
                }
                None => listed.damaged.push(doc),
            }
        }
        Ok(listed)
    }

    #[expect(clippy::type_complexity, reason = "a state and what is seen of it")]
    fn read_one<C: Capability>(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<Option<(Arc<C::State>, C::View)>, Error> {
        let state = self.state::<C>(home, &[doc])?;
        let view = self.view_of::<C>(home, &[doc], &state)?;
        Ok(view.map(|view| (state, view)))
    }

    /// What was read, or `None`, and noted, where it is damaged.
    pub(crate) fn unless_damaged<T>(
        &mut self,
        doc: DocId,
        read: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match read {
            Ok(read) => {
                self.rows.readable(doc, true);
                Ok(Some(read))
            }
            Err(Error::Storage(StorageError::Damaged(what))) => {
                tracing::warn!(%doc, what, "something could not be read");
                self.rows.readable(doc, false);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Does something with the aggregate in these documents, or begins a new one there.
    ///
    /// # Errors
    /// A refusal, `NotFound` for a document of another kind, storage.
    pub(crate) fn act<C: Capability>(
        &mut self,
        docs: &[DocId],
        command: &C::Command,
    ) -> Result<(), Error> {
        self.write(|engine, home| engine.act_within::<C>(home, docs, command))
    }

    /// Does something with the aggregate in this document; gives back what is seen of it
    /// then.
    pub(crate) fn done<C: Capability>(
        &mut self,
        doc: DocId,
        command: &C::Command,
    ) -> Result<C::View, Error> {
        self.act::<C>(&[doc], command)?;
        let home = self.home()?;
        Ok(self.view::<C>(&home, &[doc])?.ok_or(RefusalCode::NotFound)?)
    }

    /// Begins a document of one's own with a command; gives back what is seen of it then.
    pub(crate) fn begin<C: Capability>(&mut self, command: &C::Command) -> Result<C::View, Error> {
        let salt = random(self.entropy())?;
        self.begin_from::<C>(salt, command)
    }

    /// The same, in the document whose id is made from this salt.
    pub(crate) fn begin_from<C: Capability>(
        &mut self,
        salt: [u8; 16],
        command: &C::Command,
    ) -> Result<C::View, Error> {
        let doc = self.write(|engine, home| {
            let doc = own_document(home.pair.id, home.me, &salt);
            engine.decided::<C>(home, &[doc], command, salt)?;
            Ok(doc)
        })?;
        let home = self.home()?;
        Ok(self.view::<C>(&home, &[doc])?.ok_or(RefusalCode::NotFound)?)
    }

    /// [`Engine::act`] in the caller's transaction.
    pub(crate) fn act_within<C: Capability>(
        &mut self,
        home: &mut Home,
        docs: &[DocId],
        command: &C::Command,
    ) -> Result<(), Error> {
        self.decided::<C>(home, docs, command, [0; 16])
    }

    fn decided<C: Capability>(
        &mut self,
        home: &mut Home,
        docs: &[DocId],
        command: &C::Command,
        salt: [u8; 16],
    ) -> Result<(), Error> {
        let state = self.state::<C>(home, docs)?;
        let begins = C::begins(&state, command);
        self.may_be_of(home, docs, C::CLASS)?;
        let begun = if begins { self.begun::<C>(home)? } else { Begun::default() };
        let view = match C::looks(command) {
            true => self.view_of::<C>(home, docs, &state)?,
            false => None,
        };
        let drafts = self.deciding(home, begun, salt, |context| {
            C::decide(&state, view.as_ref(), command, context)
        })?;
        self.append_decided(home, drafts, begins)
    }

    /// Appends what a rule decides, in the caller's transaction.
    pub(crate) fn decide_within(
        &mut self,
        home: &mut Home,
        decide: impl FnOnce(Context<'_>) -> Result<Vec<Draft>, Refusal>,
    ) -> Result<(), Error> {
        let drafts = self.deciding(home, Begun::default(), [0; 16], decide)?;
        self.append_decided(home, drafts, false)
    }

    /// Words and what begins something are refused while one's own are still on their way back:
    /// nobody would see what stands behind those, and of a phone that never gives them back
    /// nothing says so. What takes back, ends, pauses, or asks for space is written all the same.
    fn append_decided(
        &mut self,
        home: &mut Home,
        drafts: Vec<Draft>,
        begins: bool,
    ) -> Result<(), Error> {
        if !drafts.iter().all(|draft| draft.action.takes_back()) {
            self.may_speak()?;
        }
        let says = begins || drafts.iter().any(|draft| draft.body.is_some());
        if says && self.returning()? {
            return Err(RefusalCode::NotYetWhole.into());
        }
        self.append_all(home, drafts)
    }

    fn deciding<T>(
        &mut self,
        home: &Home,
        begun: Begun,
        salt: [u8; 16],
        decide: impl FnOnce(Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let pair_state = self.pair_state(home)?;
        let pacing = self.state::<Pace>(home, &[home.pair.document()])?;
        Ok(decide(Context {
            pair: &home.pair,
            pair_state: &pair_state,
            pacing: &pacing,
            me: home.me,
            side: home.side,
            now: self.now(),
            salt,
            begun,
        })?)
    }

    /// How many documents of a kind this phone's person has begun.
    pub(crate) fn begun<C: Capability>(&mut self, home: &Home) -> Result<Begun, Error> {
        let mine = home.own()?.number;
        let ever = home.own()?.begun.get(C::CLASS.name()).copied().unwrap_or(0);
        let open = match C::OPEN_BY_STATE {
            true => self.open_of::<C>(home)?,
            false => {
                let of = |row: &&crate::store::DocumentRow| {
                    row.first.0 == mine && action::class(&row.first_kind) == Some(C::CLASS)
                };
                self.live_rows()?.iter().filter(of).count()
            }
        };
        Ok(Begun { ever, open })
    }

    fn open_of<C: Capability>(&mut self, home: &Home) -> Result<usize, Error> {
        let now = self.now();
        let mut open = 0;
        for doc in self.live_documents(&[C::CLASS], C::MOST_LIVE)? {
            let state = self.state::<C>(home, &[doc]);
            let state = self.unless_damaged(doc, state)?;
            open += usize::from(state.is_some_and(|state| C::is_open(&state, home.side, now)));
        }
        Ok(open)
    }

    /// Whether nothing in a document of this kind concerns anybody any more.
    pub(super) fn over<C: Capability>(
        &mut self,
        home: &Home,
        doc: DocId,
        before: crate::time::Moment,
    ) -> Result<bool, Error> {
        let view = self.view::<C>(home, &[doc])?;
        Ok(C::over(view.as_ref(), before, self.now()))
    }

    /// How the pair stands.
    pub(crate) fn pair_state(&mut self, home: &Home) -> Result<PairState, Error> {
        Ok(*self.state::<Lifecycle>(home, &[home.pair.document()])?)
    }

    /// A view that several may listen to: made once for all of them, as long as neither what
    /// it shows nor the clock has moved.
    pub(crate) fn shared_view<T: Send + Sync + 'static>(
        &mut self,
        watched: Watched,
        query: fn(&mut Engine) -> Result<T, Error>,
    ) -> Result<Arc<T>, Error> {
        let at = (self.changes().of(watched), self.now());
        if let Some(view) = self.derived.shared::<T>(query as usize, at) {
            return Ok(view);
        }
        let view = Arc::new(query(self)?);
        // Making it may have written: it is of now.
        let at = (self.changes().of(watched), at.1);
        self.derived.share(query as usize, at, view.clone());
        Ok(view)
    }
}
