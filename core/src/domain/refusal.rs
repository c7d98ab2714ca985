//! Refusals: what a rule says no with.

use crate::text::TextError;
use crate::time::Moment;
use serde::Serialize;

/// A rule says no, and nothing was written.
///
/// The code is stable, so that an app can put it into its own words; the text
/// is English and says what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{}", .code.text())]
pub struct Refusal {
    /// Which rule.
    pub code: RefusalCode,
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self { code }
    }
}

/// Refuses a time that is not ahead, or is further ahead than so many seconds.
///
/// # Errors
/// `NotAhead`, `TooFarAhead`.
pub(crate) fn ahead(now: Moment, at: Moment, most: i64) -> Result<(), RefusalCode> {
    match at.since(now) {
        ..=0 => Err(RefusalCode::NotAhead),
        seconds if seconds > most => Err(RefusalCode::TooFarAhead),
        _ => Ok(()),
    }
}

impl From<TextError> for RefusalCode {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Empty => RefusalCode::TextEmpty,
            TextError::TooLong => RefusalCode::TextTooLong,
            TextError::Forbidden => RefusalCode::TextForbidden,
        }
    }
}

impl From<TextError> for Refusal {
    fn from(error: TextError) -> Self {
        RefusalCode::from(error).into()
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// The stable codes of refusals.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[non_exhaustive]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
        pub enum RefusalCode { $($(#[$doc])* $name,)* }

        impl RefusalCode {
            /// What it means and what to do next, in English.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
            /// The code as a stable word, `StaleView` for example.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

codes! {
    /// There is no pair yet.
    NotPaired => "the two phones are not paired yet: pair them first",
    /// There is a pair already (R37).
    AlreadyPaired => "this phone is paired already: leave and erase before pairing anew",
    /// This phone was made of a backup, and is not paired again yet (R32).
    Restored => "this phone was made of a backup and is not paired again yet: have the other phone replace yours, and join it from here",
    /// This passphrase or key does not open the backup.
    BackupNotOpened => "this does not open the backup: try again",
    /// A key was given for a backup that opens with a passphrase.
    BackupWantsPassphrase => "this backup opens with a passphrase",
    /// A passphrase was given for a backup that is sealed for an age key.
    BackupWantsKey => "this backup is sealed for an age key: give its secret half, AGE-SECRET-KEY-1…",
    /// What a backup was to be sealed with or opened with is nothing that can be.
    BackupKeyInvalid => "a backup needs a passphrase that is not empty, or an age key: age1… to write it, AGE-SECRET-KEY-1… to open it",
    /// One of the two left; leaving is absorbing (I2).
    PairLeft => "this pair has ended: nothing new can be written in it",
    /// This phone took the place of another, and has not got everything back yet.
    NotYetWhole => "this phone has not got back yet what it had shared: exchange with the other phone until it has; if that phone cannot give it back, leave, erase this phone and pair anew",
    /// This phone holds all exchange (`hold_sync`).
    SyncHeld => "exchange with the other phone is held: release it first",
    /// No such agreement, draft or revision on this phone.
    NotFound => "there is nothing with this id on this phone",
    /// The view that the command was made from is no longer current.
    StaleView => "this has changed since it was shown: look at it again, then decide",
    /// The named revision is not one that can be answered now.
    StaleRevision => "this text is no longer on the table: look at the current one",
    /// The agreement is not in force.
    NotInForce => "this agreement is not in force",
    /// The agreement has ended; ending is absorbing (R2).
    AlreadyEnded => "this has ended: begin a new agreement instead",
    /// The flag is set already.
    AlreadySuspended => "you have paused this already",
    /// There is nothing of mine to resume.
    NotSuspended => "you have not paused this",
    /// A sensitive clause can be written only by the person it binds (R5).
    NotYourClause => "only the person whom a sensitive clause binds can write it: ask them to propose it",
    /// The text asks something of me that my yes does not adopt (R5).
    AskNotAdopted => "this asks something of you: adopt each such sentence with your yes, or propose another text",
    /// A sensitive clause cannot bind both in one sentence (R5).
    BothInSensitive => "a sensitive clause binds one person, never both: write one for each",
    /// A one-sided offer binds its author only.
    OfferBindsOthers => "an offer can bind only the person who makes it",
    /// The agreement would run longer than its kind may (R3).
    RunsTooLong => "this runs too long: 90 days at most with a sensitive clause, with one that asks something of your partner, or as an offer, else 365",
    /// The dates contradict each other or lie in the past.
    DatesOutOfOrder => "the dates do not fit: it must start before it ends, end in the future, and be reviewed in between",
    /// No clause, or too many.
    ClauseCount => "an agreement holds 1 to 32 clauses",
    /// The sentences bind otherwise than this kind of text does.
    BindsOtherwise => "this kind of text binds otherwise: a statement, summary or report is written for both and binds nobody, an intention binds both, amends bind one person",
    /// Two clauses have one id.
    ClauseTwice => "two clauses have the same id",
    /// A text that must say something is empty.
    TextEmpty => "the text is empty",
    /// More than 8,000 Unicode scalar values (64 for a name).
    TextTooLong => "the text is too long: 8,000 characters at most, 64 for a name",
    /// A control or direction-override character: what is shown would not be what is agreed.
    TextForbidden => "the text holds a hidden control or direction character: remove it",
    /// A language tag or zone that is none.
    TagInvalid => "a language tag or time zone is not in a form that is known",
    /// The cap per author and document is reached; ending is never capped.
    CapReached => "there have been too many changes here: begin something new instead",
    /// My consent to this stands already.
    AlreadyAgreed => "you have agreed to this text already",
    /// The same text is on the table already.
    SameText => "this very text is on the table already: consent to it instead",
    /// Both agreed and cooling-off has passed: only suspending and ending are left.
    AlreadyRatified => "you both agreed to this already: suspend or end it instead",
    /// There is nothing of mine to take back.
    NothingToWithdraw => "you have neither proposed nor agreed to this text",
    /// It is my own: withdraw it instead of declining.
    OwnProposal => "this is your own proposal: withdraw it instead",
    /// Renewal is possible from 14 days before until 14 days after expiry.
    OutsideRenewal => "renewing is possible from 14 days before to 14 days after it expires: amend it instead",
    /// A newer version wrote something here that this one does not understand.
    NeedsUpdate => "the other phone wrote something newer here: update this app first",
    /// A working draft is open already.
    DraftOpen => "a working draft is open here already",
    /// No working draft is open.
    DraftClosed => "no working draft is open here: open one first",
    /// A splice lies outside the text.
    OutsideText => "the change lies outside the text",
    /// The rule is due more than once a day.
    RuleTooDense => "a rule may be due once a day at most",
    /// The rule has neither `COUNT` nor `UNTIL` (R3).
    RuleNeverEnds => "a rule must end: add COUNT= or UNTIL=",
    /// The rule lies outside of the subset that is known.
    RuleUnknown => "this rule is not known: FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, BYMONTHDAY and COUNT or UNTIL",
    /// The rule does not end within 366 days.
    RuleTooLong => "a rule must end within 366 days: promise it anew then, if you still want to",
    /// The rule has no occurrence.
    RuleNeverDue => "this rule is never due",
    /// No such IANA time zone.
    ZoneUnknown => "there is no such time zone: use a name like Europe/Berlin",
    /// A local time that the clocks skip.
    TimeNeverOccurs => "the clocks skip this time on that day: choose another",
    /// A local time that comes twice.
    TimeOccursTwice => "this time comes twice on that day: give it with its offset, as 02:30+02:00",
    /// Only the person who promised may do this: nobody else can mark them as failed.
    NotYourPromise => "only the one who promised can say this",
    /// Only the person to whom it was promised may do this.
    NotPromisedToYou => "only the one to whom it was promised can say this",
    /// A time that has passed, where one ahead is needed.
    NotAhead => "this time has passed: choose one that is still to come",
    /// A time that is too far ahead.
    TooFarAhead => "this is too far ahead: choose a time within 400 days, for the pause of a talk within one",
    /// A report of something that is still to come.
    NotYetThen => "this time is still to come: say when it was done, or wait until it is",
    /// A time that ends before it begins.
    EndsBeforeBegin => "this ends before it begins: choose a later end",
    /// More good will than a promise may ask for.
    GraceTooLong => "good will is a day at most",
    /// A talk of no minutes, or of more than a day.
    MinutesInvalid => "a talk is meant to take between one minute and a day",
    /// A practice, where one time is asked for.
    OneTimeOnly => "this asks for one other time: give a single one",
    /// The promise is due at that time already.
    DueAlready => "it is due then already: choose another time",
    /// An end for an answer that has none.
    AnswerHasNoEnd => "this answer has no end: only one that is for later has",
    /// The promise is never due at that time.
    NoSuchOccurrence => "the promise is not due then: look at its times with the promise itself",
    /// It was due already: what was promised cannot be moved afterwards.
    AfterDue => "this was due already: report how it went instead",
    /// It is not due yet.
    BeforeDue => "this is not due yet: give a heads-up or ask for another time instead",
    /// The promise has been taken back, declined, or is over.
    PromiseOver => "this promise was taken back or declined: make a new one instead",
    /// The promisor's new time has been answered, or there is none.
    NothingToAnswer => "there is no time here that waits for your answer",
    /// Both have not said yes to a time of the talk.
    TalkNotAgreed => "this talk has no time that both agreed to: accept one first",
    /// Too many promises are open.
    TooManyPromises => "there are too many open promises: settle some first",
    /// It would live longer than 90 days, or not at all (R3, R7).
    LivesTooLong => "this must end: within 90 days, and not in the past",
    /// Only its author may correct or withdraw it.
    NotYourWords => "only the one who wrote this can change it",
    /// It has expired or was withdrawn.
    NoLongerThere => "this is not, or no longer, there: it has expired, was taken back, or the id is another",
    /// A thank-you for one's own words.
    OwnWords => "these are your own words",
    /// A part, a wish or a role that this form does not have.
    PartUnknown => "this has no such part: its help says which it has",
    /// Something is missing without which it cannot be offered.
    PartMissing => "something is missing that belongs to this: add it, or keep it as a draft",
    /// An answer that cannot be given to this.
    ReplyUnknown => "this cannot be answered so: what is shown says which answers there are",
    /// It cannot be about that.
    SubjectInvalid => "this cannot be about that: name what it is about, of a form that fits",
    /// There is one of these already.
    AlreadyTold => "you have told this already: tell it anew, and what was told stays beside it",
    /// Nobody has such a template.
    TemplateUnknown => "there are no such questions on this phone: list the templates",
    /// A period that is none, or not the current one.
    PeriodInvalid => "this check-in is not open at this time",
    /// An answer to a question that is not asked, or outside of 0 to 4.
    AnswerInvalid => "answers are 0 to 4, or words, to the questions of the check-in",
    /// The answers are sealed already.
    AlreadySealed => "these answers are sealed already: cancel the seal to change them",
    /// A check-in: both have seen the answers.
    AlreadyOpen => "these answers are open to both already",
    /// Nothing is sealed.
    NotSealed => "nothing is sealed here, or it is open already",
    /// There is no space of one's own.
    NoSpace => "you have taken no space: only the one who took it can end it",
    /// The number of days is none.
    DaysInvalid => "the number of days must be 1 or more",
    /// One of the two has switched this off.
    FeatureOff => "you take no part in this: take part again in your limits, then write",
    /// The pair does not hold that many agreements.
    TooManyAgreements => "there are too many agreements: end some first",
    /// One has that many questions of one's own.
    TooManyTemplates => "you have too many questions of your own: drop some first",
}
