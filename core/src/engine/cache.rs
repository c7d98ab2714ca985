//! What is kept in memory of the files. Nothing here is the truth; all of it may be let
//! go of at any time, and is then read or computed anew.
//!
//! There are two rules, one for each part. What is [`Derived`] says how far it goes in each
//! log, and counts only where that is how far its document goes now: nobody has to say that
//! it changed. What was read of [`Rows`] counts until somebody else has written to the files.

use super::documents::{Known, Loaded};
use super::link::Link;
use crate::cbor::Value;
use crate::domain::capability::{Capability, Class};
use crate::domain::tally::Tally;
use crate::id::{DocId, LogId, PairId, Past, PersonId, Position};
use crate::store::{BodyRow, DocumentRow, Expiring};
use crate::time::Moment;
use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Folded states kept in memory.
const STATES: usize = 4_096;
/// How far documents go, as far as it is kept in memory.
const BASES: usize = 8_192;
/// Bodies kept in memory.
const BODIES: usize = 8_192;

/// Something of a type that only its owner knows.
type Kept = Arc<dyn Any + Send + Sync>;

/// What was derived from records.
#[derive(Default)]
pub(super) struct Derived {
    /// Documents, loaded.
    pub documents: HashMap<DocId, Loaded>,
    /// What was read of documents.
    pub read: HashMap<DocId, Known>,
    /// Documents that have not taken in all that was read of them.
    pub behind: BTreeSet<DocId>,
    /// Counts what was lent out, so that the longest unused goes first.
    pub turn: u64,
    states: HashMap<(TypeId, DocId), (Vec<Past>, Kept)>,
    /// Views that several may listen to, by the query that gives them, as of a change and a
    /// moment.
    shared: HashMap<usize, ((u64, Moment), Kept)>,
}

impl Derived {
    /// The state of a capability that was folded when its documents went this far.
    pub fn state<C: Capability>(&self, doc: DocId, bases: &[Past]) -> Option<Arc<C::State>> {
        let (known, state) = self.states.get(&(TypeId::of::<C>(), doc))?;
        if known.as_slice() == bases { state.clone().downcast().ok() } else { None }
    }

    /// What a query gave that was shared at this change and moment.
    pub fn shared<T: Send + Sync + 'static>(
        &self,
        query: usize,
        at: (u64, Moment),
    ) -> Option<Arc<T>> {
        let (known, view) = self.shared.get(&query)?;
        if *known == at { view.clone().downcast().ok() } else { None }
    }

    /// Shares what a query gave.
    pub fn share<T: Send + Sync + 'static>(
        &mut self,
        query: usize,
        at: (u64, Moment),
        view: Arc<T>,
    ) {
        self.shared.insert(query, (at, view));
    }

    /// Whether a state of this document is kept.
    pub fn holds<C: Capability>(&self, doc: DocId) -> bool {
        self.states.contains_key(&(TypeId::of::<C>(), doc))
    }

    /// Lets go of what was read of a document that nobody looks at.
    pub fn let_go<C: Capability>(&mut self, doc: DocId) {
        self.states.remove(&(TypeId::of::<C>(), doc));
        self.read.remove(&doc);
        self.behind.remove(&doc);
    }

    /// Keeps a state.
    pub fn keep<C: Capability>(&mut self, doc: DocId, bases: Vec<Past>, state: Arc<C::State>) {
        if self.states.len() >= STATES {
            self.states.clear();
        }
        self.states.insert((TypeId::of::<C>(), doc), (bases, state));
    }
}

/// What was read of rows.
#[derive(Default)]
pub(super) struct Rows {
    /// How far documents go in each log.
    bases: HashMap<DocId, Past>,
    /// Bodies that were read, or found missing, and when they end.
    bodies: HashMap<Position, (BodyRow, Option<Arc<Value>>)>,
    /// The documents that views look at.
    pub live: Option<Arc<Vec<DocumentRow>>>,
    /// How many the partner may put among them before it is looked what they crowd out; `None`
    /// where that was not looked at yet.
    pub room: Option<u64>,
    /// Documents that have a row and are live, and what they are about.
    pub known: HashMap<DocId, Option<Class>>,
    /// What expires.
    pub expiring: Option<Vec<Expiring>>,
    /// What was counted of what is long over, of each class.
    pub settled: HashMap<Class, Arc<Tally>>,
    /// Whether the writer need not look while it rests whether something is to be counted: there
    /// was nothing, or it failed.
    pub none_to_count: bool,
    /// The link, at a revision of the settings.
    pub link: Option<(u64, Option<Link>)>,
    /// The ids of one's own logs, held or not, by generation.
    own_logs: Option<(PairId, PersonId, Vec<LogId>)>,
    /// Documents in which something could not be read when it was last looked at.
    damaged: HashSet<DocId>,
    /// Documents in which a newer version wrote something, as far as they were read.
    pub newer: HashSet<DocId>,
    /// Of these, those that were last listed without a view.
    unshown: HashSet<DocId>,
    /// Live documents that cannot be long over before these moments.
    pub recent: HashMap<DocId, Moment>,
}

impl Rows {
    /// How far a document goes, if that was read.
    pub fn basis(&self, doc: DocId) -> Option<&Past> {
        self.bases.get(&doc)
    }

    /// Keeps how far a document goes.
    pub fn keep_basis(&mut self, doc: DocId, past: Past) {
        if self.bases.len() >= BASES {
            self.bases.clear();
        }
        self.bases.insert(doc, past);
    }

    /// An entry touched a document.
    pub fn raise(&mut self, doc: DocId, log: LogId, length: u64) {
        if let Some(basis) = self.bases.get_mut(&doc) {
            basis.raise(log, length);
        }
    }

    /// A body, if it was read.
    pub fn body(&self, of: Position) -> Option<&(BodyRow, Option<Arc<Value>>)> {
        self.bodies.get(&of)
    }

    /// Keeps a body. Its sealed bytes are not kept.
    pub fn keep_body(&mut self, of: Position, row: BodyRow, value: Option<Arc<Value>>) {
        if self.bodies.len() >= BODIES {
            self.bodies.clear();
        }
        self.bodies.insert(of, (BodyRow { bytes: Vec::new(), ..row }, value));
    }

    /// A body was written.
    pub fn forget_body(&mut self, of: Position) {
        self.bodies.remove(&of);
    }

    /// The ids of a person's own logs, held or not, by generation.
    pub fn own_logs(&self) -> &[LogId] {
        self.own_logs.as_ref().map_or(&[], |(_, _, logs)| logs)
    }

    /// Keeps them, where they are of somebody else.
    pub fn keep_own_logs(&mut self, pair: PairId, me: PersonId, logs: impl FnOnce() -> Vec<LogId>) {
        if self.own_logs.as_ref().is_none_or(|(p, m, _)| (*p, *m) != (pair, me)) {
            self.own_logs = Some((pair, me, logs()));
        }
    }

    /// Takes note whether a document could be read.
    pub fn readable(&mut self, doc: DocId, readable: bool) {
        if readable {
            self.damaged.remove(&doc);
        } else {
            self.damaged.insert(doc);
        }
    }

    /// Takes note whether a document was shown.
    pub fn shown(&mut self, doc: DocId, shown: bool) {
        if shown {
            self.unshown.remove(&doc);
        } else {
            self.unshown.insert(doc);
        }
    }

    /// Whether anything was not shown when it was last listed.
    pub fn any_unshown(&self) -> bool {
        !self.unshown.is_empty()
    }

    /// Whether anything could not be read when it was last looked at.
    pub fn any_damaged(&self) -> bool {
        !self.damaged.is_empty()
    }
}
