//! The few views whose Rust form no other language has.

use amends::time::Moment;
use amends::{Answers, CheckInState, Period, TemplateId};
use amends::{Feature, PairLimits};
use amends::{Topic, Wishes};
// As core's `foreign` has it: `Time` is another thing in other languages.
use jiff::civil::Time as LocalTime;
use std::collections::HashMap;

/// When the note for the check-in comes, where only its weekday is given.
const EVENING: LocalTime = LocalTime::constant(18, 0, 0, 0);

/// Each of these in the form that crosses.
pub(crate) fn all<T, U: From<T>>(these: Vec<T>) -> Vec<U> {
    these.into_iter().map(U::from).collect()
}

/// A check-in of one period.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CheckInView {
    /// Which questions.
    pub template: TemplateId,
    /// Of which day, week or month.
    pub period: Period,
    /// Where it stands.
    pub state: CheckInState,
    /// When it can no longer be sealed.
    pub ends: Option<Moment>,
    /// My answers by the number of their question, from 1: a draft, sealed, or open.
    pub mine: Option<Answers>,
    /// My partner's, once both are open.
    pub partners: Option<Answers>,
    /// I took back this week what my partner had seen; my own copy stays mine.
    pub taken_back: bool,
    /// My partner did.
    pub partners_taken_back: bool,
    /// Mine could not be opened with theirs: share alone, or keep private.
    pub choose: bool,
}

impl From<amends::CheckInView> for CheckInView {
    fn from(view: amends::CheckInView) -> Self {
        Self {
            template: view.template,
            period: view.period,
            state: view.state,
            ends: view.ends,
            mine: view.mine,
            partners: view.partners,
            taken_back: view.taken_back,
            partners_taken_back: view.partners_taken_back,
            choose: view.choose,
        }
    }
}

/// A reminder for the system's scheduler. It says neither names nor content (R20).
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reminder {
    /// When.
    pub at: Moment,
    /// What for; several in one note.
    pub topics: Vec<Topic>,
    /// The key of its text, for the app's language.
    pub text_key: String,
    /// The text in English.
    pub text: String,
}

impl From<amends::Reminder> for Reminder {
    fn from(reminder: amends::Reminder) -> Self {
        Self {
            at: reminder.at,
            topics: reminder.topics.into_iter().collect(),
            text_key: reminder.text_key.to_owned(),
            text: reminder.text.to_owned(),
        }
    }
}

/// One person's own wishes for reminders. They never leave this phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReminderWishes {
    /// Nothing comes from this local time on …
    pub quiet_from: LocalTime,
    /// … until this.
    pub quiet_to: LocalTime,
    /// Nothing comes before this moment.
    pub quiet_until: Option<Moment>,
    /// Questions, requests and asking for reassurance are shown together, once a day at this
    /// local time; none as they come.
    pub digest: Option<LocalTime>,
    /// So many seconds before a promise is due; none for no such reminder.
    pub promise_lead: Option<u32>,
    /// An evening note on days on which a promise of mine was due.
    pub evening_note: bool,
    /// The weekday of the note for the check-in, 1 Monday to 7 Sunday.
    pub check_in_weekday: Option<i8>,
    /// And its local time; 18:00 where only the weekday is given.
    pub check_in_time: Option<LocalTime>,
    /// Whether milestones are told.
    pub milestones: bool,
}

impl From<Wishes> for ReminderWishes {
    fn from(wishes: Wishes) -> Self {
        Self {
            quiet_from: wishes.quiet_from,
            quiet_to: wishes.quiet_to,
            quiet_until: wishes.quiet_until,
            digest: wishes.digest,
            promise_lead: wishes.promise_lead,
            evening_note: wishes.evening_note,
            check_in_weekday: wishes.check_in.map(|(day, _)| day),
            check_in_time: wishes.check_in.map(|(_, time)| time),
            milestones: wishes.milestones,
        }
    }
}

impl From<ReminderWishes> for Wishes {
    fn from(wishes: ReminderWishes) -> Self {
        let at = wishes.check_in_time.unwrap_or(EVENING);
        Self {
            quiet_from: wishes.quiet_from,
            quiet_to: wishes.quiet_to,
            quiet_until: wishes.quiet_until,
            digest: wishes.digest,
            promise_lead: wishes.promise_lead,
            evening_note: wishes.evening_note,
            check_in: wishes.check_in_weekday.map(|day| (day, at)),
            milestones: wishes.milestones,
        }
    }
}

/// What one of the two limits.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Limits {
    /// Words live so many days at most: their own on both phones, the other's on theirs.
    pub retention_days: Option<u16>,
    /// What they take no part in.
    pub off: Vec<Feature>,
}

impl From<PairLimits> for Limits {
    fn from(limits: PairLimits) -> Self {
        Self { retention_days: limits.retention_days, off: limits.off.into_iter().collect() }
    }
}

/// The limits of both.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BothLimits {
    /// Mine.
    pub mine: Limits,
    /// The partner's.
    pub partners: Limits,
    /// The partner's words live so many days at most on this phone: the shorter of both.
    pub kept_here: Option<u16>,
}

impl From<amends::BothLimits> for BothLimits {
    fn from(limits: amends::BothLimits) -> Self {
        let amends::BothLimits { mine, partners, kept_here } = limits;
        Self { mine: mine.into(), partners: partners.into(), kept_here }
    }
}

/// A document as Automerge saves it, for a second look at what it holds.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExportedDocument {
    /// The saved document.
    pub bytes: Vec<u8>,
    /// Its heads.
    pub heads: Vec<String>,
    /// Its records as JSON, by their position.
    pub records: HashMap<String, String>,
}

impl From<amends::ExportedDocument> for ExportedDocument {
    fn from(document: amends::ExportedDocument) -> Self {
        let records = document.records.into_iter();
        Self {
            bytes: document.bytes,
            heads: document.heads,
            records: records.map(|(position, value)| (position, value.to_string())).collect(),
        }
    }
}
