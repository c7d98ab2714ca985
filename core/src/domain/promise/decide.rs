//! From a command to records, or a refusal.

use super::fold::{Folded, Made, OccurrenceState};
use super::outcome::outcome;
use super::record::{Act, Felt, Told};
use crate::cbor::Value;
use crate::domain::capability::{Begun, Context};
use crate::domain::pacing::Feature;
use crate::domain::record::Draft;
use crate::domain::recurrence::{Due, exactly};
use crate::domain::refusal::{Refusal, RefusalCode, ahead};
use crate::id::{AgreementId, DocId, OccurrenceId, Position};
use crate::limits;
use crate::text;
use crate::time::{Moment, local_date, zone};
use serde::Serialize;

/// A promise as its maker gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NewPromise {
    /// What is promised; normalised to NFC.
    pub action: String,
    /// When it is due.
    pub due: Due,
    /// IANA zone of its local times.
    pub zone: String,
    /// Seconds of good will; by default 30 minutes after a moment, and to the
    /// end of the day otherwise.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub grace: Option<u32>,
    /// If this happens … (F70)
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub cue: Option<String>,
    /// … then I do this.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub response: Option<String>,
    /// Further words.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub note: Option<String>,
    /// The agreement that it belongs to.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub link: Option<AgreementId>,
}

/// How it went, as its author tells it (F74).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum HowItWent {
    /// Kept.
    Kept {
        /// When it was done; where that is not said, when it was due, on the day of it, and now
        /// on any other.
        #[cfg_attr(feature = "uniffi", uniffi(default))]
        done: Option<Moment>,
    },
    /// Partly.
    Partly,
    /// Missed.
    Missed,
}

impl HowItWent {
    /// What is written down of it, about what was due then.
    pub(super) fn told(self, due: Moment, zone: &str, now: Moment) -> Told {
        match self {
            HowItWent::Kept { done } => {
                // What is due by the end of a day is due on that day, not on the next.
                let day = local_date(due.plus(-1), zone);
                let today = due <= now && day == local_date(now, zone);
                Told::Kept { at: done.unwrap_or(if today { due } else { now }) }
            }
            HowItWent::Partly => Told::Partly,
            HowItWent::Missed => Told::Missed,
        }
    }
}

/// What a person wants done with one promise. Where an occurrence is left out,
/// the one that is meant most likely is taken: see [`decide`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Promise, in the document that is made from this salt.
    Make(NewPromise),
    /// Pause it for a while.
    Pause {
        /// From when.
        from: Moment,
        /// Until when.
        until: Moment,
    },
    /// Take it back.
    Retract,
    /// "Please do not promise me this."
    Decline,
    /// Say ahead that it will be later, or otherwise (F59).
    HeadsUp {
        /// Which; the next one otherwise.
        occurrence: Option<OccurrenceId>,
        /// When it is expected now.
        expected: Option<Moment>,
        /// Words.
        words: Option<String>,
    },
    /// Ask for another due (F75).
    Renegotiate {
        /// Which; the next one otherwise.
        occurrence: Option<OccurrenceId>,
        /// The new due; a single one.
        due: Due,
    },
    /// Say yes to the new due.
    AcceptNew {
        /// The asking that was shown.
        asked: Position,
    },
    /// Stay with the old due.
    KeepOld {
        /// The asking that was shown.
        asked: Position,
    },
    /// Let the promisor off.
    Release {
        /// Which; the next one, or the last one that waits for a word, otherwise.
        occurrence: Option<OccurrenceId>,
    },
    /// Report how it went (F74).
    Report {
        /// Which; the last one that was due otherwise.
        occurrence: Option<OccurrenceId>,
        /// How.
        told: HowItWent,
        /// Words.
        words: Option<String>,
    },
    /// Say how it felt.
    Comment {
        /// Which; the last one that was due otherwise.
        occurrence: Option<OccurrenceId>,
        /// How.
        felt: Felt,
        /// Words.
        words: Option<String>,
    },
    /// Say after a miss what happened and what changes (F76).
    Repair {
        /// Which; the last one that was due otherwise.
        occurrence: Option<OccurrenceId>,
        /// Words.
        words: String,
        /// A new promise that comes out of it.
        promise: Option<DocId>,
    },
}

/// Something to think about before promising. Never stored, counted or shown to
/// the other (R21, F71).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Hint {
    /// Five promises are open already: fewer are easier to keep.
    ManyOpen,
    /// Very short: is it clear what will be done?
    Vague,
}

/// Hints for a promise, with so many of mine open already. Advisory, silent and
/// local: nothing is refused for them.
pub fn hints(open: usize, new: &NewPromise) -> Vec<Hint> {
    let many = (open >= limits::PROMISES_SOFT).then_some(Hint::ManyOpen);
    let vague = (new.action.split_whitespace().count() < 3).then_some(Hint::Vague);
    many.into_iter().chain(vague).collect()
}

fn optional(words: Option<&String>) -> Result<Option<Value>, Refusal> {
    Ok(match words {
        Some(words) => Some(Value::from(text::text(words)?.as_str())),
        None => None,
    })
}

fn body(words: Option<&String>) -> Result<Option<Value>, Refusal> {
    Ok(optional(words)?.map(|words| Value::map([("text", Some(words))])))
}

/// Decides a command on one promise: what to write with which words, or why not.
///
/// Retracting, declining and releasing are never refused for a cap.
///
/// # Errors
/// A [`Refusal`]; nothing is then to be written.
pub(super) fn decide(
    folded: &Folded,
    command: &Command,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let now = context.now;
    if let Command::Make(new) = command {
        return make(folded, new, context);
    }
    let made = folded.made.as_ref().ok_or(RefusalCode::NotFound)?;
    let mine = made.by == context.side;
    let on = Aim { folded, made, now };
    let promisor = || if mine { Ok(()) } else { Err(RefusalCode::NotYourPromise) };
    let promisee = || if mine { Err(RefusalCode::NotPromisedToYou) } else { Ok(()) };
    let closed = folded.retracted.is_some() || folded.declined.is_some();
    let running = || if closed { Err(RefusalCode::PromiseOver) } else { Ok(()) };
    let (act, words) = match command {
        Command::Make(..) => return Ok(Vec::new()),
        Command::Pause { from, until } => {
            promisor().and_then(|()| running())?;
            if from >= until {
                return Err(RefusalCode::EndsBeforeBegin.into());
            }
            ahead(now, *until, limits::PROMISE_SPAN)?;
            (Act::Pause { from: *from, until: *until }, None)
        }
        Command::Retract => {
            promisor().and_then(|()| running())?;
            (Act::Retract, None)
        }
        Command::Decline => {
            promisee().and_then(|()| running())?;
            (Act::Decline, None)
        }
        Command::HeadsUp { occurrence, expected, words } => {
            promisor().and_then(|()| running())?;
            let one = on.next(*occurrence)?;
            if one.occurrence.due <= now {
                return Err(RefusalCode::AfterDue.into());
            }
            let act = Act::HeadsUp { occurrence: one.occurrence.id, expected: *expected };
            (act, body(words.as_ref())?)
        }
        Command::Renegotiate { occurrence, due } => {
            promisor().and_then(|()| running())?;
            let one = on.next(*occurrence)?;
            if one.occurrence.due <= now {
                return Err(RefusalCode::AfterDue.into());
            }
            on.new_due(due)?;
            let due = due.clone();
            (Act::Renegotiate { occurrence: one.occurrence.id, due }, None)
        }
        Command::AcceptNew { asked } | Command::KeepOld { asked } => {
            promisee().and_then(|()| running())?;
            let asks = folded.occurrences.iter().filter_map(|one| one.asked.as_ref());
            // Another new time may have come in since this one was shown.
            if !asks.into_iter().any(|standing| standing.id == *asked) {
                return Err(RefusalCode::StaleView.into());
            }
            let act = match command {
                Command::AcceptNew { .. } => Act::AcceptNew { of: *asked },
                _ => Act::KeepOld { of: *asked },
            };
            (act, None)
        }
        Command::Release { occurrence } => {
            promisee()?;
            let one = on.next(*occurrence).or_else(|_| on.last(*occurrence))?;
            (Act::Release { occurrence: one.occurrence.id }, None)
        }
        Command::Report { occurrence, told, words } => {
            promisor()?;
            let one = on.last(*occurrence).or_else(|error| match told {
                // Kept before it was due, as good as kept when due.
                HowItWent::Kept { .. } => on.next(*occurrence),
                _ => Err(error),
            })?;
            let told = told.told(one.occurrence.due, &made.zone, now);
            if matches!(told, Told::Kept { at } if at > now) {
                return Err(RefusalCode::NotYetThen.into());
            }
            if !matches!(told, Told::Kept { .. }) && one.occurrence.due > now {
                return Err(RefusalCode::BeforeDue.into());
            }
            let act = Act::Report { occurrence: one.occurrence.id, told };
            (act, body(words.as_ref())?)
        }
        Command::Comment { occurrence, felt, words } => {
            promisee()?;
            let one = on.last(*occurrence)?;
            if one.occurrence.due > now && one.facts.report.is_none() {
                return Err(RefusalCode::BeforeDue.into());
            }
            let act = Act::Comment { occurrence: one.occurrence.id, felt: *felt };
            (act, body(words.as_ref())?)
        }
        Command::Repair { occurrence, words, promise } => {
            promisor()?;
            let one = on.last(*occurrence)?;
            if one.occurrence.due > now {
                return Err(RefusalCode::BeforeDue.into());
            }
            let act = Act::Repair { occurrence: one.occurrence.id, promise: *promise };
            (act, body(Some(words))?)
        }
    };
    let draft = Draft { target: folded.doc, action: act.into(), body: words };
    Ok(vec![draft])
}

fn make(folded: &Folded, new: &NewPromise, context: Context<'_>) -> Result<Vec<Draft>, Refusal> {
    let now = context.now;
    context.switched_on(Feature::Promises)?;
    let Begun { ever, open } = context.begun;
    if ever >= limits::PROMISES || open >= limits::PROMISES_OPEN {
        return Err(RefusalCode::TooManyPromises.into());
    }
    if folded.made.is_some() {
        return Err(RefusalCode::StaleView.into());
    }
    if new.grace.is_some_and(|grace| grace > limits::GRACE_MAX) {
        return Err(RefusalCode::GraceTooLong.into());
    }
    if zone(&new.zone).is_none() {
        return Err(RefusalCode::ZoneUnknown.into());
    }
    let due = whole_minutes(&new.due);
    whole_window(&due, &new.zone)?;
    let occurrences = due.occurrences(folded.doc, &new.zone, new.grace)?;
    let last = occurrences.last().ok_or(RefusalCode::NotAhead)?;
    ahead(now, last.due, limits::PROMISE_SPAN)?;
    let words = Value::map([
        ("action", optional(Some(&new.action))?),
        ("cue", optional(new.cue.as_ref())?),
        ("response", optional(new.response.as_ref())?),
        ("note", optional(new.note.as_ref())?),
    ]);
    let act = Act::Make {
        due,
        zone: new.zone.clone(),
        grace: new.grace,
        link: new.link.map(DocId::from),
        salt: context.salt,
    };
    Ok(vec![Draft { target: folded.doc, action: act.into(), body: Some(words) }])
}

/// The ends of a window must be times that come exactly once in the zone.
fn whole_window(due: &Due, zone: &str) -> Result<(), Refusal> {
    if let Due::Within { from, to } = due {
        exactly(*from, zone)?;
        exactly(*to, zone)?;
    }
    Ok(())
}

fn whole_minutes(due: &Due) -> Due {
    match due {
        Due::At(at) => Due::At(Moment(at.0 - at.0.rem_euclid(60))),
        other => other.clone(),
    }
}

/// Which occurrence a command means.
struct Aim<'a> {
    folded: &'a Folded,
    made: &'a Made,
    now: Moment,
}

impl<'a> Aim<'a> {
    fn named(&self, id: OccurrenceId) -> Result<&'a OccurrenceState, RefusalCode> {
        let found = self.folded.occurrences.iter().find(|one| one.occurrence.id == id);
        found.ok_or(RefusalCode::NoSuchOccurrence)
    }

    fn open(&self, one: &OccurrenceState) -> bool {
        outcome(&one.facts, self.now).is_open()
    }

    /// The named one, or the next that is not due yet.
    fn next(&self, id: Option<OccurrenceId>) -> Result<&'a OccurrenceState, RefusalCode> {
        match id {
            Some(id) => self.named(id),
            None => {
                let all = self.folded.occurrences.iter();
                let mut coming = all.filter(|one| self.open(one) && one.occurrence.due > self.now);
                // Nothing lies ahead: the last one was due already.
                coming.next().ok_or(RefusalCode::AfterDue)
            }
        }
    }

    /// The named one, or the last that was due: one that waits for a word, if
    /// there is one.
    fn last(&self, id: Option<OccurrenceId>) -> Result<&'a OccurrenceState, RefusalCode> {
        match id {
            Some(id) => self.named(id),
            None => {
                let all = || self.folded.occurrences.iter();
                let due = |one: &&OccurrenceState| one.occurrence.due <= self.now;
                let waiting = all().filter(due).rfind(|one| self.open(one));
                let told = all().rfind(|one| one.facts.report.is_some());
                let settled = |one: &OccurrenceState| one.facts.moved || one.facts.paused;
                let over = || all().filter(due).rfind(|one| !settled(one));
                let last = waiting.or(told).or_else(over);
                last.ok_or(RefusalCode::BeforeDue)
            }
        }
    }

    fn new_due(&self, due: &Due) -> Result<(), RefusalCode> {
        if !due.is_single() {
            return Err(RefusalCode::OneTimeOnly);
        }
        let found = due.occurrences(self.folded.doc, &self.made.zone, self.made.grace)?;
        let taken = |id| self.folded.occurrences.iter().any(|one| one.occurrence.id == id);
        let one = found.first().ok_or(RefusalCode::NotAhead)?;
        let span = self.made.at.plus(limits::PROMISE_SPAN).since(self.now);
        ahead(self.now, one.due, span)?;
        if taken(one.id) { Err(RefusalCode::DueAlready) } else { Ok(()) }
    }
}
