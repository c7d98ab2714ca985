//! What can be said of the daily practice.

use crate::reference::Reference;
use amends::domain::checkin::{Cadence, Period};
use amends::domain::openness::{Kind, Want};
use amends::domain::pacing::{Contact, Feature};
use amends::domain::promise::Felt;
use amends::time::Moment;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::{Date, DateTime, Time};

use super::moment;

/// Promises.
#[derive(Debug, Subcommand)]
pub enum PromiseCommand {
    /// Promise something: what, and when. It takes effect at once.
    Make(MakeArgs),
    /// List the promises of both that are not long over.
    List {
        /// Every promise that ever was.
        #[arg(long)]
        all: bool,
    },
    /// Show one promise and how each time went.
    Show {
        /// The promise; the first characters of its id are enough.
        id: Reference,
    },
    /// Say ahead that it will be later, or otherwise.
    HeadsUp {
        /// The promise.
        id: Reference,
        /// Which time of it, `2026-03-02T18:30`; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// When it is expected now (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        expected: Option<Moment>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Ask for another time, before it is due.
    Renegotiate {
        /// The promise.
        id: Reference,
        /// Which time of it; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// The new time.
        #[command(flatten)]
        new: SingleDue,
    },
    /// Say yes to the new time.
    Accept {
        /// The promise.
        id: Reference,
        /// Which time of it was asked to move; the one that waits otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Stay with the old time.
    KeepOld {
        /// The promise.
        id: Reference,
        /// Which time of it was asked to move; the one that waits otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Let the other off.
    Release {
        /// The promise.
        id: Reference,
        /// Which time of it; the next one otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
    },
    /// Report how it went. Only the one who promised can.
    Report {
        /// The promise.
        id: Reference,
        /// How it went.
        #[arg(value_enum)]
        told: ToldArg,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// When it was kept (RFC 3339); now otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Option<Moment>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Say how it felt. Only the one to whom it was promised can.
    Comment {
        /// The promise.
        id: Reference,
        /// confirmed, felt-like-kept or differently.
        #[arg(value_parser = felt)]
        felt: Felt,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// Words.
        #[arg(long)]
        say: Option<String>,
    },
    /// Say after a miss what happened and what changes.
    Repair {
        /// The promise.
        id: Reference,
        /// The words.
        #[arg(long)]
        say: String,
        /// Which time of it; the last one that was due otherwise.
        #[arg(long, value_name = "DUE")]
        due: Option<String>,
        /// A new promise that comes out of it.
        #[arg(long, value_name = "PROMISE")]
        promise: Option<Reference>,
    },
    /// Take a promise of yours back. What was due before stays as it went.
    Retract {
        /// The promise.
        id: Reference,
    },
    /// "Please do not promise me this."
    Decline {
        /// The promise.
        id: Reference,
    },
    /// Take back words of yours that stand beside a promise.
    WithdrawWords {
        /// The promise.
        id: Reference,
        /// The words, as `promise show` names them.
        note: Reference,
    },
}

/// One new time.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SingleDue {
    /// At this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Moment>,
    /// At this local time, `2026-03-02T18:30`.
    #[arg(long, value_name = "LOCAL", value_parser = local)]
    pub local: Option<DateTime>,
    /// On this day, `2026-03-02`.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub on: Option<Date>,
}

/// What is promised.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// What you will do.
    pub action: String,
    /// At this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment, group = "when")]
    pub at: Option<Moment>,
    /// At this local time, `2026-03-02T18:30`.
    #[arg(long, value_name = "LOCAL", value_parser = local, group = "when")]
    pub local: Option<DateTime>,
    /// At any time of this day, `2026-03-02`.
    #[arg(long, value_name = "DATE", value_parser = date, group = "when")]
    pub on: Option<Date>,
    /// Between this local time and `--to`.
    #[arg(long, value_name = "LOCAL", value_parser = local, group = "when", requires = "to")]
    pub from: Option<DateTime>,
    /// See `--from`.
    #[arg(long, value_name = "LOCAL", value_parser = local, requires = "from")]
    pub to: Option<DateTime>,
    #[command(flatten)]
    rest: PromiseWords,
}

impl MakeArgs {
    /// The words around it.
    pub fn words(&self) -> &PromiseWords {
        &self.rest
    }
}

/// What may stand beside any promise.
#[derive(Debug, Args)]
pub struct PromiseWords {
    /// IANA zone of local times; this phone's otherwise.
    #[arg(long)]
    pub zone: Option<String>,
    /// Minutes of good will; 30 after a time of day, otherwise to the day's end.
    #[arg(long, value_name = "MINUTES")]
    pub grace: Option<u32>,
    /// If this happens …
    #[arg(long = "if", value_name = "CUE", requires = "then")]
    pub cue: Option<String>,
    /// … then you do this.
    #[arg(long, value_name = "RESPONSE", requires = "cue")]
    pub then: Option<String>,
    /// Further words.
    #[arg(long)]
    pub note: Option<String>,
    /// The agreement that it belongs to.
    #[arg(long, value_name = "AGREEMENT")]
    pub agreement: Option<Reference>,
}

/// Practices: promises with a rule.
#[derive(Debug, Subcommand)]
pub enum PracticeCommand {
    /// Promise something again and again, for a year at most.
    ///
    /// Example: amends practice make "I call when I leave work" --rule
    /// "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20260601" --time 18:30
    Make {
        /// What you will do.
        action: String,
        /// On which days: an RRULE with FREQ=DAILY, WEEKLY or MONTHLY and an end.
        #[arg(long)]
        rule: String,
        /// At this local time; at any time of the day otherwise.
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        time: Option<Time>,
        /// The first day that may be one; today otherwise.
        #[arg(long, value_name = "DATE", value_parser = date)]
        start: Option<Date>,
        /// What may stand beside it.
        #[command(flatten)]
        words: PromiseWords,
    },
    /// List the practices.
    List,
    /// Pause a practice of yours; what is due meanwhile is not due.
    Pause {
        /// The practice; all promises of yours otherwise.
        id: Option<Reference>,
        /// From when (RFC 3339); now otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Option<Moment>,
        /// Until when (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Moment,
    },
}

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToldArg {
    /// Kept.
    Kept,
    /// Partly.
    Partly,
    /// Missed.
    Missed,
}

/// Openness.
#[derive(Debug, Subcommand)]
pub enum OpennessCommand {
    /// Tell something of yourself, by hand and for a while.
    Post {
        /// whereabouts, plan, heads-up, day, feeling, worry, intention, contact,
        /// money, decision, disclosure, change or showed.
        #[arg(value_parser = kind)]
        kind: Kind,
        /// The words. Of third persons initials are enough.
        text: String,
        /// Until when it lives (RFC 3339); 1 to 30 days by its kind otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
        until: Option<Moment>,
        /// For how many days it lives, 90 at most.
        #[arg(long)]
        days: Option<u16>,
        /// What you wish: listen, talk or counsellor. It is shown first.
        #[arg(long, value_parser = want)]
        want: Option<Want>,
        /// An amount of money, in words.
        #[arg(long)]
        amount: Option<String>,
        /// When it happened, in words.
        #[arg(long)]
        happened: Option<String>,
        /// The agreement in which it was agreed to.
        #[arg(long, value_name = "AGREEMENT")]
        under: Option<Reference>,
    },
    /// What both tell, as long as it lives.
    List,
    /// Add a later truth beside a post of yours.
    Correct {
        /// The post.
        id: Reference,
        /// The words.
        text: String,
    },
    /// Take a post of yours back: its words go on both phones.
    Withdraw {
        /// The post.
        id: Reference,
    },
    /// Say thank you for a post of your partner's.
    Thank {
        /// The post.
        id: Reference,
    },
}

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

/// Check-ins.
#[derive(Debug, Subcommand)]
pub enum CheckinCommand {
    /// The check-ins that can be answered now, and the last ones.
    List,
    /// The questions.
    Templates,
    /// Make questions of your own, for both.
    Template {
        /// Their title.
        title: String,
        /// The questions.
        #[arg(long = "item", value_name = "QUESTION", required = true)]
        items: Vec<String>,
        /// How often: daily, weekly or monthly.
        #[arg(long, value_parser = cadence, default_value = "weekly")]
        cadence: Cadence,
    },
    /// Take questions of your own back.
    DropTemplate {
        /// The template.
        id: Reference,
    },
    /// Keep answers as a draft that only this phone has. Every question is free.
    Answer {
        /// Answers: NUMBER=STEP (0 not at all to 4 very much), NUMBER=WORDS, or
        /// NUMBER=STEP:WORDS.
        #[arg(required = true)]
        answers: Vec<String>,
        /// Which questions; the weekly ones otherwise.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Seal the draft. It opens by itself once both of you have sealed.
    Seal {
        /// Which questions.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Take the seal back, as long as it is not open.
    Cancel(PeriodArgs),
    /// Share your answers without your partner's.
    ShareAlone(PeriodArgs),
    /// Keep your answers private.
    KeepPrivate(PeriodArgs),
    /// Skip this one. Your partner learns nothing of it.
    Skip {
        /// Which questions.
        #[arg(long, default_value = "week")]
        template: Reference,
    },
    /// Say what you intend today.
    Intend {
        /// The words.
        words: String,
    },
    /// The intentions of both of the last two weeks.
    Intentions,
    /// Say thank you for an intention of your partner's.
    Thank {
        /// The intention.
        id: Reference,
    },
    /// Take an intention of yours back.
    Withdraw {
        /// The intention.
        id: Reference,
    },
}

/// Which check-in.
#[derive(Debug, Args)]
pub struct PeriodArgs {
    /// Which questions.
    #[arg(long, default_value = "week")]
    pub template: Reference,
    /// Which period, `2026-W10`; the current one otherwise.
    #[arg(long, value_parser = period)]
    pub period: Option<Period>,
}

/// How it goes.
#[derive(Debug, Args)]
pub struct ProgressArgs {
    /// How many weeks.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub weeks: u8,
    /// Your partner's promises instead of yours.
    #[arg(long)]
    pub partner: bool,
    /// Which questions' trends.
    #[arg(long, default_value = "week")]
    pub template: Reference,
}

/// Reminders.
#[derive(Debug, Subcommand)]
pub enum RemindCommand {
    /// The reminders of the next two weeks, as an app gives them to the system.
    List,
    /// Your own wishes: show them, or change some.
    Wishes {
        /// Quiet hours, `22:00-07:00`.
        #[arg(long, value_parser = hours)]
        quiet: Option<(Time, Time)>,
        /// Nothing before this moment (RFC 3339), or `none`.
        #[arg(long, value_name = "TIME")]
        quiet_until: Option<String>,
        /// Minutes before a promise is due; 0 for no such reminder.
        #[arg(long, value_name = "MINUTES")]
        lead: Option<u32>,
        /// The evening note on days with promises: on or off.
        #[arg(long, value_parser = on_off)]
        evening: Option<bool>,
        /// The note for the check-in, `sunday 18:00`, or `none`.
        #[arg(long, value_name = "DAY TIME")]
        check_in: Option<String>,
        /// Whether milestones are told: on or off.
        #[arg(long, value_parser = on_off)]
        milestones: Option<bool>,
    },
}

/// Limits that both keep; the most protective of both votes holds.
#[derive(Debug, Subcommand)]
pub enum LimitsCommand {
    /// What holds.
    Show,
    /// Set your vote. What is left out is not limited by you.
    Set {
        /// Days for which the words of posts, check-ins and intentions are kept at
        /// most, on both phones.
        #[arg(long, value_name = "DAYS")]
        retention: Option<u16>,
        /// What is switched off for both: promises, openness or check-ins.
        #[arg(long = "off", value_name = "FEATURE", value_parser = feature)]
        off: Vec<Feature>,
    },
}

/// Talks.
#[derive(Debug, Subcommand)]
pub enum TalkCommand {
    /// Propose a talk: what about, and when.
    Propose {
        /// What about.
        topic: String,
        /// When it begins (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Moment,
    },
    /// Propose another time; the other must say yes to it.
    Move {
        /// The talk.
        id: Reference,
        /// When it begins (RFC 3339).
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Moment,
    },
    /// Say yes to the time that stands.
    Accept {
        /// The talk.
        id: Reference,
    },
    /// Say no. No reason is asked.
    Decline {
        /// The talk.
        id: Reference,
    },
    /// End it.
    End {
        /// The talk.
        id: Reference,
    },
    /// The talks.
    List,
}

/// Accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Tell what happened, in your own words; or tell an account of yours anew.
    Tell {
        /// The words.
        text: String,
        /// The account that is told anew.
        #[arg(long)]
        id: Option<Reference>,
    },
    /// Ask about your partner's account.
    Ask {
        /// The account.
        id: Reference,
        /// The words.
        text: String,
    },
    /// Answer a question about yours. None is owed.
    Answer {
        /// The account.
        id: Reference,
        /// The question.
        question: Reference,
        /// The words.
        text: String,
    },
    /// Take back words of yours: a telling, a question or an answer. They go on both
    /// phones.
    TakeBack {
        /// The account.
        id: Reference,
        /// The words, by the id beside them.
        words: Reference,
    },
    /// The accounts, every telling and every question.
    List,
}

/// Space.
#[derive(Debug, Subcommand)]
pub enum SpaceCommand {
    /// The space that one of you has, if any.
    Show,
    /// Take space, at once. Nobody is asked.
    Begin {
        /// Until when (RFC 3339); until you end it otherwise.
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Option<Moment>,
        /// What contact is fine: none, logistics or gentle.
        #[arg(long, value_parser = contact, default_value = "logistics")]
        contact: Contact,
    },
    /// End your own space early.
    End,
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "expected a day such as 2026-03-02".to_owned())
}

fn local(text: &str) -> Result<DateTime, String> {
    let read = DateTime::strptime("%Y-%m-%dT%H:%M", text);
    read.map_err(|_| "expected a local time such as 2026-03-02T18:30".to_owned())
}

fn time(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| "expected a time of day such as 18:30".to_owned())
}

fn hours(text: &str) -> Result<(Time, Time), String> {
    let (from, to) = text.split_once('-').ok_or("expected hours such as 22:00-07:00")?;
    Ok((time(from)?, time(to)?))
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off".to_owned()),
    }
}

/// Reads `sunday 18:00`.
///
/// # Errors
/// What was expected.
pub fn weekly(text: &str) -> Result<(i8, Time), String> {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let (day, at) = text.split_once(' ').ok_or("expected a day and a time, sunday 18:00")?;
    let day = names.iter().position(|name| *name == day.to_lowercase());
    Ok((day.ok_or("expected a day of the week")? as i8 + 1, time(at)?))
}

fn one_of<T>(all: impl Iterator<Item = &'static str>, found: Option<T>) -> Result<T, String> {
    found.ok_or_else(|| format!("expected one of: {}", all.collect::<Vec<_>>().join(", ")))
}

fn kind(text: &str) -> Result<Kind, String> {
    one_of(Kind::ALL.iter().map(|kind| kind.code()), Kind::from_code(text))
}

fn want(text: &str) -> Result<Want, String> {
    one_of(["listen", "talk", "counsellor"].into_iter(), Want::from_code(text))
}

fn cadence(text: &str) -> Result<Cadence, String> {
    one_of(["daily", "weekly", "monthly"].into_iter(), Cadence::from_code(text))
}

fn feature(text: &str) -> Result<Feature, String> {
    one_of(Feature::ALL.into_iter().map(Feature::code), Feature::from_code(text))
}

fn contact(text: &str) -> Result<Contact, String> {
    one_of(["none", "logistics", "gentle"].into_iter(), Contact::from_code(text))
}

fn felt(text: &str) -> Result<Felt, String> {
    let found = match text {
        "confirmed" => Some(Felt::Confirmed),
        "felt-like-kept" => Some(Felt::FeltLikeKept),
        "differently" => Some(Felt::SawItDifferently),
        _ => None,
    };
    one_of(["confirmed", "felt-like-kept", "differently"].into_iter(), found)
}

fn period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|()| "expected a period such as 2026-W10 or 2026-03-02".to_owned())
}
