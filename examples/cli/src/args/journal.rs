//! What is written for oneself.

use super::openness::kind;
use super::values::moment;
use crate::reference::Reference;
use amends::PostKind as Kind;
use amends::time::Moment;
use clap::{Args, Subcommand, ValueEnum};

/// What you write for yourself.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Write a note that only you can see.
    Write(NoteArgs),
    /// Change a note.
    Change {
        /// The note.
        id: Reference,
        /// What it says from now on.
        #[command(flatten)]
        note: NoteArgs,
    },
    /// Find notes by words; all of them without any.
    Search {
        /// The words.
        query: Vec<String>,
    },
    /// Show one note.
    Show {
        /// The note.
        id: Reference,
    },
    /// Remove a note, for good.
    Remove {
        /// The note.
        id: Reference,
    },
    /// Copy words of a note out into a post that your partner sees. The note
    /// stays private, and nothing leads back to it.
    CopyOut {
        /// The note.
        id: Reference,
        /// The words, exactly as they stand in it.
        words: String,
        /// As what: day, feeling, worry, intention, …
        #[arg(long, value_parser = kind, default_value = "feeling")]
        kind: Kind,
        /// For how many days it lives.
        #[arg(long)]
        days: Option<u16>,
    },
}

/// A note.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// What it says, part by part. With --kind journal, observation or leaning: TEXT;
    /// trigger: CUE [HAPPENED] [HELPED]; self-trust: NOTICED [FELT] [DID]; reflection:
    /// SITUATION [NEED] [CHOICE] [ALTERNATIVE]; goal: AREA [STEP…]
    #[arg(required = true)]
    pub words: Vec<String>,
    /// What it is: a journal page otherwise; a note that is changed stays what it is.
    #[arg(long, value_enum)]
    pub kind: Option<NoteKind>,
    /// What you felt, with an intensity from 1 to 5 if you like: `relief` or `fear=3`.
    #[arg(long = "feeling", value_name = "FEELING")]
    pub feelings: Vec<String>,
    /// Words to find it by.
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Steps of a goal that are done, by their number.
    #[arg(long = "done", value_name = "N")]
    pub done: Vec<usize>,
    /// When you look at a goal again (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub review: Option<Moment>,
    /// How a goal stands.
    #[arg(long, value_enum, default_value = "active")]
    pub state: StateArg,
    /// What was seen in an observation.
    #[arg(long, value_enum, default_value = "honesty")]
    pub seen: SeenArg,
    /// Where you lean.
    #[arg(long, value_enum, default_value = "unsure")]
    pub leaning: LeaningArg,
}

/// What a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NoteKind {
    /// A page of the journal.
    Journal,
    /// A trigger.
    Trigger,
    /// What you noticed, felt and did for yourself.
    SelfTrust,
    /// Something that you saw in what your partner does.
    Observation,
    /// What led to a choice of yours.
    Reflection,
    /// A growth goal.
    Goal,
    /// Where you lean.
    Leaning,
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// At work.
    Active,
    /// Resting.
    Paused,
    /// Done.
    Done,
    /// Let go.
    Dropped,
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SeenArg {
    /// Honesty.
    Honesty,
    /// Owning what was done.
    Ownership,
    /// Repair.
    Repair,
    /// Being there.
    Availability,
}

/// Where you lean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LeaningArg {
    /// To stay.
    Staying,
    /// Unsure.
    Unsure,
    /// To leave.
    Leaving,
}
