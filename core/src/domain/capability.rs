//! The seam: what every capability says of itself, once, so that the rest of the library
//! needs to know none of them by name.
//!
//! A capability is a folder of its own: what can be done ([`Act`], with the table of its
//! record [`Kind`]s), the state that the records come to, what a person may do with it,
//! and what they see ([`Capability`]). It is made known by one line in the list of
//! [`action`](super::action).

pub use super::action::Class;
pub use super::kind::{By, DAYS, DOCUMENT, Kind, Lasting, Merge, Words};
use super::ledger::own_document;
use super::pacing::{Feature, Pacing};
use super::pair::{Pair, PairState, Side};
use super::record::{Draft, Held, Record};
use super::refusal::{Refusal, RefusalCode};
use super::tally::Tally;
use super::words::Bodies;
use crate::cbor::Value;
use crate::id::{DocId, Past, PersonId, Position};
use crate::limits;
use crate::time::Moment;

/// What a record of a capability does: its codec, and what is said of each of its kinds.
pub trait Act: Sized {
    /// Every kind that it has.
    const KINDS: &'static [Kind];

    /// The kind as it stands in the record; one of [`Act::KINDS`].
    fn kind(&self) -> &'static str;

    /// Its fields, as CBOR.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// From the kind and the record; `None` where it is not understood.
    fn read(kind: &str, value: &Value) -> Option<Self>;

    /// Until when its body is kept, if it ends.
    fn until(&self) -> Option<Moment> {
        None
    }

    /// Words that stand in the record itself.
    fn texts(&self) -> Vec<String> {
        Vec::new()
    }

    /// Some of every kind, with and without what may be left out.
    #[cfg(test)]
    fn examples() -> Vec<Self>;

    /// For [`Lasting::AsItSays`]: whether it reaches beyond `before`.
    fn lasts(&self, _doc: DocId, _before: Moment) -> bool {
        true
    }

    /// Whether something counts from when this phone first held it: cooling-off, quiet hours.
    fn counts_from_receipt(&self) -> bool {
        false
    }
}

/// A position for [`Act::examples`].
#[cfg(test)]
pub const EXAMPLE: Position = Position { log: crate::id::LogId([2; 16]), index: 3, place: 1 };

/// A record that this version does not understand, where one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Its kind, if that can be read.
    pub kind: String,
}

/// The records of one document, to be folded.
#[derive(Debug, Clone, Copy)]
pub struct Records<'a> {
    /// The document.
    pub doc: DocId,
    /// Those that are understood, in no particular order: folds need none.
    pub held: &'a [Held],
    /// What a newer version wrote.
    pub newer: &'a [NotUnderstood],
    /// One's own records that wait for something they had seen, and what waits to be done
    /// again: while a log is on its way back, what only takes something back counts at
    /// once (log invariant 8).
    pub waiting: &'a [Record],
    /// How far the document goes in each log.
    pub basis: &'a Past,
}

/// Who decides, when, and how the pair stands.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The pair.
    pub pair: &'a Pair,
    /// How it stands.
    pub pair_state: &'a PairState,
    /// The limits and the space of the two.
    pub pacing: &'a Pacing,
    /// Who gives the command.
    pub me: PersonId,
    /// And which of the two that is.
    pub side: Side,
    /// When.
    pub now: Moment,
    /// What the id of a document that is begun is made from: random.
    pub salt: [u8; 16],
    /// How many documents of this class that person has begun: told where the command
    /// begins one, see [`Capability::begins`].
    pub begun: Begun,
}

impl Context<'_> {
    /// The document that is begun: its id is made from its maker and the salt, so that
    /// nobody can make anything in its place.
    pub fn new_document(&self) -> DocId {
        own_document(self.pair.id, self.me, &self.salt)
    }

    /// Refused after a leave (I2).
    ///
    /// # Errors
    /// `PairLeft`.
    pub fn together(&self) -> Result<(), RefusalCode> {
        if self.pair_state.left_at.is_some() { Err(RefusalCode::PairLeft) } else { Ok(()) }
    }

    /// Refused to who takes no part in it (K15). The other may go on for themselves.
    ///
    /// # Errors
    /// `FeatureOff`.
    pub fn switched_on(&self, feature: Feature) -> Result<(), RefusalCode> {
        match self.pacing.limits(self.side).mine.off.contains(&feature) {
            true => Err(RefusalCode::FeatureOff),
            false => Ok(()),
        }
    }
}

/// How many documents of a class one person has begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Begun {
    /// Ever.
    pub ever: u64,
    /// Of those, how many still count as open.
    pub open: usize,
}

/// What a view is made in.
#[derive(Clone, Copy)]
pub struct Viewing<'a> {
    /// The document that is looked at; the first, where it is several.
    pub doc: DocId,
    /// The pair.
    pub pair: &'a Pair,
    /// How it stands.
    pub pair_state: &'a PairState,
    /// Who looks.
    pub side: Side,
    /// When.
    pub now: Moment,
    /// Where words are read.
    pub bodies: &'a Bodies<'a>,
    /// The text of the working draft that [`Capability::draft`] names.
    pub draft: Option<&'a str>,
    /// Whether everything in force waits for its owner (R32).
    pub reconfirming: bool,
}

/// What one kind of aggregate is: how its records come to a state, what may be done with
/// it, and what a person sees of it.
pub trait Capability: 'static {
    /// What the records of its documents come to.
    type State: Send + Sync + 'static;
    /// What a person may want done.
    type Command: Send + 'static;
    /// What a person sees.
    type View: Send + 'static;

    /// Which documents hold it.
    const CLASS: Class;
    /// Of each person, how many documents count: those that they began first.
    const MOST: u64 = u64::MAX;
    /// Of each person, how many live documents views look at: those that they began last.
    const MOST_LIVE: usize = limits::LIVE_DOCUMENTS;
    /// Whether [`Capability::is_open`] is asked; otherwise every live document counts as open.
    const OPEN_BY_STATE: bool = false;
    /// Whether what is over is counted once, by [`Capability::tally`].
    const SETTLES: bool = false;

    /// The state, from the records of its document, and of those that belong to it where it
    /// is several, whatever order they came in.
    fn fold(pair: &Pair, side: Side, of: &Records<'_>, more: &[Records<'_>]) -> Self::State;

    /// Whose words a view needs at that time.
    fn words(_state: &Self::State, _now: Moment) -> Vec<Position> {
        Vec::new()
    }

    /// The open working draft whose text a view needs.
    fn draft(_state: &Self::State) -> Option<Position> {
        None
    }

    /// What a person sees; `None` where the document holds nothing of this kind.
    fn project(state: &Self::State, viewing: Viewing<'_>) -> Option<Self::View>;

    /// The records to append, or a refusal.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing is then to be written.
    fn decide(
        state: &Self::State,
        view: Option<&Self::View>,
        command: &Self::Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal>;

    /// Whether a command is decided on what its person sees, words included.
    fn looks(_command: &Self::Command) -> bool {
        false
    }

    /// Whether a command begins a document, of which there may not be too many.
    fn begins(_state: &Self::State, _command: &Self::Command) -> bool {
        false
    }

    /// Whether a document of this person counts as open in [`Begun`].
    fn is_open(_state: &Self::State, _side: Side, _now: Moment) -> bool {
        true
    }

    /// Whether nothing of it concerns anybody any more, `before` 13 weeks ago: it leaves
    /// the list that views look at. Where several capabilities live in the documents of a
    /// class, the one that [`for_class!`](super::action) names is asked. By default it stays.
    fn over(_view: Option<&Self::View>, _before: Moment, _now: Moment) -> bool {
        false
    }

    /// What it came to, once it is over, for the counts of years: it is read no more for
    /// them. Nothing where [`Capability::SETTLES`] is false.
    fn tally(_view: &Self::View) -> Tally {
        Tally::default()
    }
}
