//! Documents derived anew for a check, side by side: nothing of it reads the files.

use super::documents::derived;
use crate::cbor::Value;
use crate::document::{Document, Touch, causal_order};
use crate::error::Error;
use crate::id::{DocId, LogId, Past, Position};
use std::collections::{BTreeMap, BTreeSet};

/// A document that is to be derived anew.
pub(super) struct ToDerive {
    pub doc: DocId,
    pub touches: Vec<Touching>,
    pub snapshot: Option<Vec<u8>>,
    /// How far each log is here.
    pub lengths: Past,
}

/// What one entry says of a document, as it stands in the entry: read when it is looked at.
pub(super) struct Touching {
    pub log: LogId,
    pub index: u64,
    /// All that came before the entry.
    pub past: Past,
    /// The records, by their place.
    pub records: Vec<(u8, Vec<u8>)>,
}

impl Touching {
    fn read(&self) -> Touch {
        let value = |(place, bytes): &(u8, Vec<u8>)| Some((*place, Value::decode(bytes).ok()?));
        let records = self.records.iter().filter_map(value).collect();
        Touch { log: self.log, index: self.index, past: self.past.clone(), records }
    }
}

/// What a document is when it is derived anew.
pub(super) struct Anew {
    pub heads: Vec<String>,
    /// Whether it was its snapshot, where that ends; true where there is none.
    pub as_its_snapshot: bool,
    /// Whether it gives back every record that went in.
    pub gives_back: bool,
}

impl ToDerive {
    /// In causal order, without what waits for entries that are not here again yet.
    fn in_order(&self) -> Vec<Touch> {
        let mut waiting: BTreeSet<LogId> = BTreeSet::new();
        let here = |touch: &Touch| {
            touch.past.0.iter().all(|(log, length)| self.lengths.length(*log) >= *length)
        };
        let mut touches = causal_order(self.touches.iter().map(Touching::read).collect());
        touches.retain(|touch| {
            if !here(touch) {
                waiting.insert(touch.log);
            }
            !waiting.contains(&touch.log)
        });
        touches
    }

    /// Derives it once: to where its snapshot goes, and from there to the end.
    fn anew(&self) -> Result<Anew, Error> {
        derived(|| {
            let mut snapshot = self.snapshot.as_ref().map(|bytes| Document::load(bytes));
            let basis = match &snapshot {
                Some(Ok(document)) => document.basis(),
                _ => Past::default(),
            };
            let touches = self.in_order();
            let within = |touch: &&Touch| touch.index < basis.length(touch.log);
            let (first, rest): (Vec<&Touch>, Vec<&Touch>) = touches.iter().partition(within);
            let mut document = Document::new()?;
            first.into_iter().try_for_each(|touch| document.apply(touch))?;
            let as_its_snapshot = match &mut snapshot {
                Some(Ok(snapshot)) => snapshot.heads() == document.heads(),
                Some(Err(_)) => false,
                None => true,
            };
            rest.into_iter().try_for_each(|touch| document.apply(touch))?;
            let of = |touch: &Touch, place: u8| {
                let (log, index) = (touch.log, touch.index);
                Position { log, index, place }
            };
            let mut due: BTreeMap<Position, &Value> = BTreeMap::new();
            for touch in &touches {
                due.extend(touch.records.iter().map(|(place, value)| (of(touch, *place), value)));
            }
            let held = document.records()?;
            let gives_back = due.len() == held.len()
                && held.iter().all(|stored| due.get(&stored.id) == Some(&&stored.value));
            Ok(Anew { heads: document.heads(), as_its_snapshot, gives_back })
        })
    }
}

/// A document that was derived, and what it is; or why it could not be.
pub(super) type Derived = (ToDerive, Result<Anew, Error>);

/// Derives documents on as many threads as there are cores, four at most, each with what it is
/// derived from.
pub(super) fn derived_side_by_side(all: Vec<ToDerive>) -> Result<Vec<Derived>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = all.len().div_ceil(threads).max(1);
    let mut all = all.into_iter();
    std::thread::scope(|scope| {
        let mut working = Vec::new();
        loop {
            let some: Vec<ToDerive> = all.by_ref().take(share).collect();
            if some.is_empty() {
                break;
            }
            working.push(scope.spawn(move || {
                let derive = |of: ToDerive| {
                    let anew = of.anew();
                    (of, anew)
                };
                some.into_iter().map(derive).collect::<Vec<_>>()
            }));
        }
        let mut done = Vec::new();
        for thread in working {
            done.extend(thread.join().map_err(|_| Error::Internal)?);
        }
        Ok(done)
    })
}
