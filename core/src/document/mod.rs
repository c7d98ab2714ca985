//! Automerge documents, derived from records: the model that both phones share, equal on both
//! where the logs are. Views are folded from the records themselves, which each document gives
//! back; documents take them in while nobody asks for anything, or when a draft, a comparison
//! or a check asks for one.
//!
//! No Automerge bytes travel between phones. Each phone derives the same
//! document from the two logs, change by change, by one rule:
//!
//! - a document starts from a fixed genesis change (actor of zeros, time 0) that
//!   makes its two maps, `records` and `drafts`;
//! - each entry that touches it becomes one change, whose actor is the log's id,
//!   made at the entry's causal past in this document, so that its dependencies
//!   are what Automerge itself writes there;
//! - every record goes into `records` under its position, as the map that it is, with
//!   what its entry had seen. Whether it *counts*, and whether its kind is known at
//!   all, is asked in the folds, never here: two versions of the library derive one
//!   document from equal logs;
//! - the text of a working draft is an Automerge text under `drafts`. A splice
//!   is made at its author's causal past, so that what both typed while apart
//!   merges by the CRDT's own rules.
//!
//! While deriving, one working copy per author is kept at that author's causal
//! past: forking anew for every change would be quadratic.

mod value;

use crate::cbor::Value;
use crate::id::{LogId, Past, Position};
use crate::limits;
use crate::text::{self, Splice, difference};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, AutomergeError, Change, ObjId, ObjType, ROOT, ReadDoc};
use std::collections::BTreeMap;

/// The version of the deriving rule. A snapshot of another version is derived again.
///
/// Rule 1 put a record whose kind its version did not know in as bytes, so that two
/// versions derived two documents from equal logs. Rule 2 does not ask.
pub const RULE: u64 = 2;

/// A document could not be derived or loaded. The records are not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Automerge refused an operation.
    #[error("the document could not be derived: {0}")]
    Automerge(#[from] AutomergeError),
    /// Something that this rule always writes is not there.
    #[error("the document does not have the form that the deriving rule gives it")]
    Form,
}

/// One entry's records for one document.
#[derive(Debug, Clone)]
pub struct Touch {
    /// The log.
    pub log: LogId,
    /// The entry's index.
    pub index: u64,
    /// All that came before the entry.
    pub past: Past,
    /// The records, by their place within the entry: canonical CBOR.
    pub records: Vec<(u8, Value)>,
}

/// A record as a document holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where it stands.
    pub id: Position,
    /// All that came before its entry.
    pub past: Past,
    /// What it is.
    pub value: Value,
}

/// A working copy, and how many changes of each log it has taken in.
#[derive(Debug, Clone)]
struct WorkingCopy {
    document: AutoCommit,
    taken: BTreeMap<LogId, usize>,
}

/// How often a log has changed drafts; beyond the caps its changes are kept as
/// records and no longer typed.
#[derive(Debug, Clone, Copy, Default)]
struct Typed {
    drafts: usize,
    splices: usize,
}

/// One derived document.
#[derive(Debug, Clone)]
pub struct Document {
    merged: AutoCommit,
    /// For each log: the index of each entry that touches this document, with its change.
    changes: BTreeMap<LogId, Vec<(u64, Change)>>,
    copies: BTreeMap<LogId, WorkingCopy>,
    typed: BTreeMap<LogId, Typed>,
}

fn commit_options() -> CommitOptions {
    CommitOptions::default().with_time(0)
}

fn genesis() -> Result<AutoCommit, AutomergeError> {
    let mut document = AutoCommit::new().with_actor(ActorId::from([0; 16]));
    document.put_object(ROOT, "records", ObjType::Map)?;
    document.put_object(ROOT, "drafts", ObjType::Map)?;
    document.commit_with(commit_options());
    Ok(document)
}

fn actor(log: LogId) -> ActorId {
    ActorId::from(log.0)
}

fn child(document: &AutoCommit, key: &str) -> Result<ObjId, DocumentError> {
    document.get(ROOT, key)?.map(|(_, id)| id).ok_or(DocumentError::Form)
}

impl Document {
    /// A document that nothing has touched.
    ///
    /// # Errors
    /// [`DocumentError::Automerge`].
    pub fn new() -> Result<Self, DocumentError> {
        Ok(Self {
            merged: genesis()?,
            changes: BTreeMap::new(),
            copies: BTreeMap::new(),
            typed: BTreeMap::new(),
        })
    }

    /// How far it goes in each log.
    pub fn basis(&self) -> Past {
        let last = |changes: &Vec<(u64, Change)>| changes.last().map_or(0, |(index, _)| index + 1);
        Past(self.changes.iter().map(|(log, changes)| (*log, last(changes))).collect())
    }

    /// How many changes it holds, genesis apart.
    #[allow(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.changes.values().map(Vec::len).sum()
    }

    /// Its heads, as hexadecimal hashes in order: equal on both phones where
    /// the logs are.
    pub fn heads(&mut self) -> Vec<String> {
        let mut heads: Vec<String> =
            self.merged.get_heads().iter().map(ToString::to_string).collect();
        heads.sort();
        heads
    }

    /// Moves the document on by one entry, which must be the next of its log
    /// here, and whose causal past here must be in already.
    ///
    /// # Errors
    /// [`DocumentError`]; the document is then to be thrown away and derived again.
    pub fn apply(&mut self, touch: &Touch) -> Result<(), DocumentError> {
        let typed = self.typed.entry(touch.log).or_default();
        let up_to_date = self.changes.iter().all(|(log, changes)| {
            *log == touch.log || changes.last().is_none_or(|(i, _)| *i < touch.past.length(*log))
        });
        let change = if up_to_date {
            // Nothing is concurrent: the merged document *is* the causal past.
            write(&mut self.merged, touch, typed)?
        } else {
            let copy = match self.copies.entry(touch.log) {
                std::collections::btree_map::Entry::Occupied(copy) => copy.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(WorkingCopy { document: genesis()?, taken: BTreeMap::new() })
                }
            };
            copy.catch_up(&self.changes, &touch.past)?;
            let change = write(&mut copy.document, touch, typed)?;
            *copy.taken.entry(touch.log).or_default() += 1;
            self.merged.apply_changes([change.clone()])?;
            change
        };
        self.changes.entry(touch.log).or_default().push((touch.index, change));
        Ok(())
    }

    /// Every record, in the order of the positions.
    ///
    /// # Errors
    /// [`DocumentError::Form`] where the document is damaged.
    pub fn records(&self) -> Result<Vec<Stored>, DocumentError> {
        let records = child(&self.merged, "records")?;
        let mut stored = Vec::new();
        for item in self.merged.map_range(&records, ..) {
            let id: Position = item.key.parse().map_err(|_| DocumentError::Form)?;
            let record = item.id();
            let mut past = Past::default();
            let (_, seen) = self.merged.get(&record, "seen")?.ok_or(DocumentError::Form)?;
            for item in self.merged.map_range(&seen, ..) {
                let log = item.key.parse().map_err(|_| DocumentError::Form)?;
                let length = item.value.into_value().as_u64().ok_or(DocumentError::Form)?;
                past.raise(log, length);
            }
            past.raise(id.log, id.index);
            let (_, known) = self.merged.get(&record, "record")?.ok_or(DocumentError::Form)?;
            let value = value::read(&self.merged, &known)?;
            stored.push(Stored { id, past, value });
        }
        Ok(stored)
    }

    /// The text of the working draft that `draft` opened.
    pub fn text(&self, draft: Position) -> Option<String> {
        text_of(&self.merged, draft)
    }

    /// What changes the draft's current text so that it also holds what a person
    /// made of an earlier state of it: `basis` is what their view was made from,
    /// `typed` the whole text that they left. What came in from the partner
    /// while they were typing stays (merged by the CRDT).
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn retype(
        &self,
        draft: Position,
        basis: &Past,
        typed: &str,
    ) -> Result<Option<Vec<Splice>>, DocumentError> {
        let mut copy = WorkingCopy { document: genesis()?, taken: BTreeMap::new() };
        copy.catch_up(&self.changes, basis)?;
        let Some(shown) = text_of(&copy.document, draft) else { return Ok(None) };
        let now = self.text(draft).ok_or(DocumentError::Form)?;
        let Some(change) = difference(&shown, typed) else { return Ok(Some(Vec::new())) };
        if shown == now {
            return Ok(Some(vec![change]));
        }
        copy.document.set_actor(ActorId::from([0xff; 16]));
        let object = draft_object(&copy.document, draft)?.ok_or(DocumentError::Form)?;
        splice(&mut copy.document, &object, &change)?;
        let mut merged = self.merged.clone();
        merged.merge(&mut copy.document)?;
        let result = text_of(&merged, draft).ok_or(DocumentError::Form)?;
        Ok(Some(difference(&now, &result).into_iter().collect()))
    }

    /// The document as Automerge saves it, for a snapshot or an export.
    pub fn save(&mut self) -> Vec<u8> {
        self.merged.save_nocompress()
    }

    /// A document from its own [`Document::save`]. Only bytes that this phone
    /// has sealed itself may be given to it.
    ///
    /// # Errors
    /// [`DocumentError`] where it does not load or lacks the rule's form.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let mut document = Self {
            merged: AutoCommit::load(bytes)?,
            changes: BTreeMap::new(),
            copies: BTreeMap::new(),
            typed: BTreeMap::new(),
        };
        let mut touches: BTreeMap<LogId, Vec<u64>> = BTreeMap::new();
        for stored in document.records()? {
            let indexes = touches.entry(stored.id.log).or_default();
            if indexes.last() != Some(&stored.id.index) {
                indexes.push(stored.id.index);
            }
            let typed = document.typed.entry(stored.id.log).or_default();
            if let Some(edit) = Edit::of(&stored.value) {
                typed.count(&edit);
            }
        }
        for change in document.merged.get_changes(&[]) {
            let log = LogId::from_slice(change.actor_id().to_bytes()).ok_or(DocumentError::Form)?;
            if log == LogId([0; 16]) {
                continue;
            }
            let place = change.seq().checked_sub(1).ok_or(DocumentError::Form)? as usize;
            let index = touches
                .get(&log)
                .and_then(|indexes| indexes.get(place))
                .ok_or(DocumentError::Form)?;
            document.changes.entry(log).or_default().push((*index, change));
        }
        Ok(document)
    }
}

impl WorkingCopy {
    /// Takes in every change that lies within `past` and is missing.
    fn catch_up(
        &mut self,
        changes: &BTreeMap<LogId, Vec<(u64, Change)>>,
        past: &Past,
    ) -> Result<(), AutomergeError> {
        let mut missing = Vec::new();
        for (log, changes) in changes {
            let taken = self.taken.entry(*log).or_default();
            let within = changes.partition_point(|(index, _)| *index < past.length(*log));
            if within > *taken {
                missing.extend(changes[*taken..within].iter().map(|(_, change)| change.clone()));
                *taken = within;
            }
        }
        self.document.apply_changes(missing)
    }
}

/// Writes one entry's records as one change of its log.
fn write(
    document: &mut AutoCommit,
    touch: &Touch,
    typed: &mut Typed,
) -> Result<Change, DocumentError> {
    document.set_actor(actor(touch.log));
    let records = child(document, "records")?;
    for (place, record) in &touch.records {
        let id = Position { log: touch.log, index: touch.index, place: *place };
        let slot = document.put_object(&records, id.to_string(), ObjType::Map)?;
        let seen = document.put_object(&slot, "seen", ObjType::Map)?;
        for (log, length) in touch.past.0.iter().filter(|(log, _)| **log != touch.log) {
            document.put(&seen, log.to_string(), *length)?;
        }
        let object = document.put_object(&slot, "record", ObjType::Map)?;
        value::write_fields(document, &object, record)?;
        if let Some(edit) = Edit::of(record) {
            edit_draft(document, id, &edit, typed)?;
        }
    }
    document.commit_with(commit_options());
    document.get_last_local_change().ok_or(DocumentError::Form)
}

/// What a record types, by the deriving rule alone: whether a version understands the
/// whole record decides whether it *counts*, never what the document looks like.
enum Edit<'a> {
    /// `draft.open` with a text that is a fragment.
    Open { text: &'a str },
    /// `draft.splice`, whether it fits or not.
    Splice { draft: Position, start: u64, delete: u64, insert: &'a str },
}

impl<'a> Edit<'a> {
    fn of(record: &'a Value) -> Option<Self> {
        match record.get("kind")?.text()? {
            "draft.open" => {
                let text = record.get("text")?.text().filter(|text| text::fragment_counts(text))?;
                Some(Self::Open { text })
            }
            "draft.splice" => Some(Self::Splice {
                draft: Position::from_value(record.get("draft")?)?,
                start: record.get("start")?.uint()?,
                delete: record.get("delete")?.uint()?,
                insert: record.get("insert")?.text()?,
            }),
            _ => None,
        }
    }
}

impl Typed {
    /// Takes note of an edit. Whether its author's cap still admits it.
    fn count(&mut self, edit: &Edit<'_>) -> bool {
        let (count, cap) = match edit {
            Edit::Open { .. } => (&mut self.drafts, limits::DRAFTS),
            Edit::Splice { .. } => (&mut self.splices, limits::SPLICES),
        };
        *count += 1;
        *count <= cap
    }
}

/// Types what a record says into its draft. What does not fit the text at its
/// author's causal past, or exceeds a cap, changes nothing; the record stays.
fn edit_draft(
    document: &mut AutoCommit,
    id: Position,
    edit: &Edit<'_>,
    typed: &mut Typed,
) -> Result<(), DocumentError> {
    if !typed.count(edit) {
        return Ok(());
    }
    match *edit {
        Edit::Open { text } => {
            let drafts = child(document, "drafts")?;
            let object = document.put_object(&drafts, id.to_string(), ObjType::Text)?;
            document.splice_text(&object, 0, 0, text)?;
        }
        Edit::Splice { draft, start, delete, insert } => {
            if !text::fragment_counts(insert) {
                return Ok(());
            }
            let Some(object) = draft_object(document, draft)? else { return Ok(()) };
            let length = document.length(&object) as u64;
            let inside = start.checked_add(delete).is_some_and(|end| end <= length);
            let grown = length.saturating_sub(delete) + insert.chars().count() as u64;
            if inside && grown <= limits::TEXT_SCALARS as u64 {
                let (start, delete) = (start as usize, delete as usize);
                splice(document, &object, &Splice { start, delete, insert: insert.to_owned() })?;
            }
        }
    }
    Ok(())
}

fn splice(document: &mut AutoCommit, text: &ObjId, change: &Splice) -> Result<(), AutomergeError> {
    // Bounded by the text's length, which fits.
    let delete = isize::try_from(change.delete).unwrap_or(isize::MAX);
    document.splice_text(text, change.start, delete, &change.insert)
}

fn draft_object(document: &AutoCommit, draft: Position) -> Result<Option<ObjId>, DocumentError> {
    let drafts = child(document, "drafts")?;
    Ok(document.get(&drafts, draft.to_string())?.map(|(_, id)| id))
}

fn text_of(document: &AutoCommit, draft: Position) -> Option<String> {
    let object = draft_object(document, draft).ok()??;
    document.text(&object).ok()
}

/// Puts touches into an order that has nothing before its own causal past:
/// those of each log in order, and logs waiting for each other as their pasts say.
pub fn causal_order(mut touches: Vec<Touch>) -> Vec<Touch> {
    // The size of a closed causal past grows along happens-before.
    touches.sort_by_key(|touch| (touch.past.0.values().sum::<u64>(), touch.log, touch.index));
    touches
}

#[cfg(test)]
mod tests;
