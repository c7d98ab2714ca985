//! How it goes, what is next, and when to be reminded, on one phone.

use super::agreements::agreements;
use super::checkins::{answered, shown_check_ins, templates};
use super::hearing::talks;
use super::promises::{promises, shown_promises};
use super::settings::{silence, space_now, wishes};
use super::subscription::Subscription;
use super::{Space, kept, openness};
use crate::domain::action::Action;
use crate::domain::agreement::view::agreements_now;
use crate::domain::agreement::{AgreementDocs, AgreementView, AgreementsNow};
use crate::domain::checkin::TemplateId;
use crate::domain::openness::Kind;
use crate::domain::overview::next::{NextDue, Shown, next_due};
use crate::domain::overview::progress::{
    Milestone, MilestoneInput, MilestoneKind, PatternPoint, Trend, WeekCounts, follow_through,
    milestones, pattern_line, trends, weeks_of_both,
};
use crate::domain::overview::reminder::{Reminder, ReminderInput, reminders};
use crate::domain::overview::share::{Mine, SharedItem, Sharing, what_i_share};
use crate::domain::pacing::Pace;
use crate::domain::pacing::SpaceView;
use crate::domain::pair::Act;
use crate::domain::pair::Who;
use crate::domain::promise::{PromiseDocs, PromiseView, tally};
use crate::domain::recurrence::IsoWeek;
use crate::domain::shared::{Form, breaches};
use crate::domain::tally::Tally;
use crate::engine::{Engine, Home, Watched};
use crate::error::Error;
use crate::limits;
use crate::time::{DAY, Moment};
use serde::{Deserialize, Serialize};

/// What an app shows first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Today {
    /// What is next for me: three things at most.
    pub next: Vec<NextDue>,
    /// Everything that I share (R8).
    pub shared: Vec<SharedItem>,
    /// The agreements, sorted by what they ask of me.
    pub agreements: AgreementsNow,
    /// The promises that are not long over.
    pub promises: Vec<PromiseView>,
    /// The space that somebody has.
    pub space: Option<SpaceView>,
}

/// What is next for this phone's person.
pub(super) fn next(engine: &mut Engine) -> Result<Vec<NextDue>, Error> {
    let (agreements, promises) = (agreements(engine)?, shown_promises(engine)?);
    next_among(engine, &agreements, &promises)
}

fn next_among(
    engine: &mut Engine,
    agreements: &[AgreementView],
    promises: &[PromiseView],
) -> Result<Vec<NextDue>, Error> {
    let (check_ins, talks) = (shown_check_ins(engine)?, talks(engine)?);
    let templates = templates(engine)?;
    let shown = Shown {
        agreements,
        promises,
        check_ins: &check_ins,
        templates: &templates,
        talks: &talks,
        silence: silence(engine)?,
    };
    Ok(next_due(shown, &engine.local_zone(), engine.now()))
}

fn today_view(engine: &mut Engine) -> Result<Today, Error> {
    let (views, promises) = (agreements(engine)?, shown_promises(engine)?);
    let (posts, all) = (openness::shared(engine)?, self::promises(engine)?);
    Ok(Today {
        next: next_among(engine, &views, &promises)?,
        shared: what_i_share(Mine { agreements: &views, promises: &all, posts: &posts }),
        agreements: agreements_now(&views, engine.now()),
        space: space_now(engine)?,
        promises,
    })
}

fn follow_through_of(engine: &mut Engine, by: Who, weeks: u8) -> Result<Vec<WeekCounts>, Error> {
    let last = IsoWeek::of(engine.today());
    Ok(follow_through(&counted(engine, weeks > 9)?, by, last, weeks))
}

fn pattern_line_of(engine: &mut Engine, by: Who, weeks: u8) -> Result<Vec<PatternPoint>, Error> {
    let last = IsoWeek::of(engine.today());
    Ok(pattern_line(&counted(engine, weeks > 6)?, by, last, weeks))
}

/// What became of the promises: of those of the last 13 weeks and the month before them, which
/// are at hand, or of all that ever were.
fn counted(engine: &mut Engine, ever: bool) -> Result<Tally, Error> {
    if !ever {
        return Ok(tally(&promises(engine)?));
    }
    engine.over_years::<PromiseDocs>()
}

fn trends_of(engine: &mut Engine, template: TemplateId) -> Result<Vec<Trend>, Error> {
    let from = engine.now().plus(-26 * 7 * DAY);
    let now = engine.now();
    let views = answered(engine, template, from..=now)?;
    let home = engine.home()?;
    let asked = super::checkins::template(engine, &home, template)?;
    let last = IsoWeek::of(engine.today());
    let mut all = trends(&asked, &views, Who::Me, last);
    all.extend(trends(&asked, &views, Who::Partner, last));
    Ok(all)
}

fn milestones_told(engine: &mut Engine) -> Result<Vec<Milestone>, Error> {
    if !wishes(engine)?.milestones {
        return Ok(Vec::new());
    }
    let before = told(engine)?;
    // What was told once stays told: it is not looked for again, through all the years.
    let untold = |kinds: &[MilestoneKind]| {
        kinds.iter().any(|kind| before.iter().all(|told| told.kind != *kind))
    };
    use MilestoneKind::{FirstReview, JointStatement, MonthOfCheckIns, OpennessTapered, TenthKept};
    let (agreed, agreements) = match untold(&[JointStatement, FirstReview, OpennessTapered]) {
        true => engine.counted_and_not::<AgreementDocs>()?,
        false => Default::default(),
    };
    let (long_over, promises) = match untold(&[TenthKept]) {
        true => engine.counted_and_not::<PromiseDocs>()?,
        false => Default::default(),
    };
    let check_ins = match untold(&[MonthOfCheckIns]) {
        true => weeks_looked_for(engine)?,
        false => Vec::new(),
    };
    let items = super::shared::items(engine)?;
    // Of a breach only the accounts are looked at, and no agreement.
    let breaches = breaches(&items, &[], silence(engine)?);
    let mut input = MilestoneInput {
        breaches: &breaches,
        told: &before,
        agreements: &agreements,
        agreed: &agreed,
        promises: &promises,
        long_over: &long_over,
        check_ins: &check_ins,
        silent: &[],
    };
    let now = engine.now();
    // Silence only holds back what is new, which there seldom is.
    if milestones(input, now) == before {
        return Ok(before);
    }
    let home = engine.home()?;
    let hard = openness::posts(engine)?.into_iter().filter(|post| post.kind == Kind::Disclosure);
    let mut silent: Vec<(Moment, Option<Moment>)> =
        hard.map(|post| (post.at, Some(post.at.plus(2 * DAY)))).collect();
    silent.extend(engine.state::<Pace>(&home, &[home.pair.document()])?.spaces());
    let hurt = items.iter().filter(|item| item.form == Form::Hurt);
    silent.extend(hurt.map(|item| (item.at, Some(item.at.plus(2 * DAY)))));
    input.silent = &silent;
    let told = milestones(input, now);
    if told != before {
        keep_told(engine, &told)?;
    }
    Ok(told)
}

/// Weeks for which both checked in, as far as they were looked for.
#[derive(Default, Serialize, Deserialize)]
struct Weeks {
    /// Those that ended until then were looked for.
    until: Option<Moment>,
    /// When those ended that there were.
    ends: Vec<Moment>,
}

const WEEKS: &str = "weeks-of-both";
/// What ended so long ago is looked for once.
const LOOKED_FOR: i64 = limits::RECENT;
/// How far that moves on at a time.
const A_MONTH: i64 = 28 * DAY;

/// When the weeks ended for which both checked in, from the first on. Through all the years they
/// are looked for once: as far as both logs have stated a time, which no clock of this phone moves,
/// and 13 weeks before that what is found is kept.
fn weeks_looked_for(engine: &mut Engine) -> Result<Vec<Moment>, Error> {
    let home = engine.home()?;
    let id = engine.vault()?.named(WEEKS, "");
    let kept_before = engine.vault()?.get(id)?;
    let mut looked: Weeks =
        kept_before.and_then(|item| kept::read(&item, WEEKS)).unwrap_or_default();
    let now = engine.now();
    let stated = |who| home.newest(who).map_or(Moment(i64::MIN), |log| log.stated);
    // Who has written nothing since has checked in no more.
    let to = home.pair.members().map(stated).into_iter().fold(now, Moment::min);
    let from = match looked.until {
        Some(until) => until,
        None => paired_at(engine, &home)?.unwrap_or(now),
    };
    if to < from {
        return Ok(looked.ends);
    }
    let mut new = weeks_of_both(&answered(engine, TemplateId::Week, from..=to)?);
    new.retain(|end| looked.until.is_none_or(|at| at < *end));
    let until = to.plus(-LOOKED_FOR);
    let ends = [looked.ends.as_slice(), &new].concat();
    // What is still to come back may be of long ago.
    let whole = !engine.returning()? && !engine.reconfirming()?;
    if whole && from.plus(A_MONTH) <= until {
        looked.ends.extend(new.into_iter().filter(|end| *end <= until));
        looked.until = Some(until);
        kept::put(engine, id, (WEEKS, WEEKS), &looked)?;
    }
    Ok(ends)
}

const TOLD: &str = "milestones-told";

/// The milestones that this person was told already.
fn told(engine: &mut Engine) -> Result<Vec<Milestone>, Error> {
    let id = engine.vault()?.named(TOLD, "");
    let Some(item) = engine.vault()?.get(id)? else { return Ok(Vec::new()) };
    // What a newer version told is told again rather than lost.
    Ok(kept::read(&item, "told").unwrap_or_default())
}

fn keep_told(engine: &mut Engine, told: &[Milestone]) -> Result<(), Error> {
    let id = engine.vault()?.named(TOLD, "");
    kept::put(engine, id, (TOLD, "told"), &told)
}

/// When this phone's own log began. What the other states of itself must not
/// move what is computed here (R12).
fn paired_at(engine: &mut Engine, home: &Home) -> Result<Option<Moment>, Error> {
    let read = engine.records(home, home.pair.document())?;
    let mine = read.held.iter().filter(|held| held.author == home.me);
    let opened = mine.filter(|held| held.record.action == Action::Pair(Act::Open));
    Ok(opened.map(|held| held.record.at.moment).min())
}

fn reminders_due(engine: &mut Engine) -> Result<Vec<Reminder>, Error> {
    let home = engine.home()?;
    let wishes = wishes(engine)?;
    let (promises, check_ins) = (shown_promises(engine)?, shown_check_ins(engine)?);
    // What is paused is not shared now.
    let paused = |item: &SharedItem| item.sharing == Sharing::Paused;
    let sharing = !super::agreements::shared(engine)?.iter().all(paused);
    // Only one's own space holds one's own reminders back (I9).
    let now = engine.now();
    let space = engine.state::<Pace>(&home, &[home.pair.document()])?.own_space(home.side, now);
    let left = engine.pair_state(&home)?.left_at.is_some();
    let paired_at = paired_at(engine, &home)?.filter(|_| !left);
    let input = ReminderInput {
        promises: if left { &[] } else { &promises },
        check_ins: &check_ins,
        paired_at,
        sharing,
        space,
    };
    Ok(reminders(input, &wishes, &engine.local_zone(), engine.now()))
}

/// How it goes: counts in words, per person. No
/// score, no streak, no rank.
#[derive(Clone, Copy)]
pub struct Progress<'a>(pub(super) &'a Space);

impl Progress<'_> {
    /// Begins to hear of what an app shows first.
    pub fn subscribe(&self) -> Subscription<Today> {
        Subscription::new(self.0, Watched::Any, today_view)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Progress<'_> {
    /// What an app shows first.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all methods here.
    pub async fn today(&self) -> Result<Today, Error> {
        self.0.ask(today_view).await
    }

    /// One person's follow-through, week by week, for so many weeks up to this
    /// one.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn follow_through(&self, by: Who, weeks: u8) -> Result<Vec<WeekCounts>, Error> {
        self.0.ask(move |engine| follow_through_of(engine, by, weeks)).await
    }

    /// One person's pattern line: moving counts over four weeks.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn pattern_line(&self, by: Who, weeks: u8) -> Result<Vec<PatternPoint>, Error> {
        self.0.ask(move |engine| pattern_line_of(engine, by, weeks)).await
    }

    /// The check-in trends of the last 12 weeks: mine, and the partner's where
    /// their answers are open. Each question apart.
    ///
    /// # Errors
    /// `TemplateUnknown`, or as [`Progress::today`].
    pub async fn trends(&self, template: TemplateId) -> Result<Vec<Trend>, Error> {
        self.0.ask(move |engine| trends_of(engine, template)).await
    }

    /// The good things so far, oldest first; none where this person does not want
    /// them told.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn milestones(&self) -> Result<Vec<Milestone>, Error> {
        self.0.ask(milestones_told).await
    }

    /// The reminders of the next two weeks, for the system's scheduler: computed
    /// anew whenever something changes, with neutral texts (R20).
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn reminders(&self) -> Result<Vec<Reminder>, Error> {
        self.0.ask(reminders_due).await
    }
}
