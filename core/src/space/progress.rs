//! How it goes, what is next, and when to be reminded, on one phone.

use super::Space;
use super::subscription::Subscription;
use crate::domain::agreement::view::agreements_now;
use crate::domain::agreement::{AgreementView, view::AgreementsNow};
use crate::domain::checkin::TemplateId;
use crate::domain::next::{NextDue, Shown, next_due};
use crate::domain::openness::Kind;
use crate::domain::pacing::SpaceView;
use crate::domain::pair::Who;
use crate::domain::progress::{
    Milestone, MilestoneInput, PatternPoint, Trend, WeekCounts, follow_through, milestones,
    pattern_line, trends,
};
use crate::domain::promise::PromiseView;
use crate::domain::record::Action;
use crate::domain::recurrence::IsoWeek;
use crate::domain::reminder::{Reminder, ReminderInput, reminders};
use crate::domain::share::{SharedItem, what_i_share};
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::time::{DAY, Moment};
use serde::Serialize;

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

impl Engine {
    /// What is next for this phone's person.
    pub(crate) fn next_due(&mut self) -> Result<Vec<NextDue>, Error> {
        let (agreements, promises) = (self.agreements()?, self.promises()?);
        let (check_ins, talks) = (self.check_ins()?, self.talks()?);
        let shown = Shown {
            agreements: &agreements,
            promises: &promises,
            check_ins: &check_ins,
            talks: &talks,
        };
        Ok(next_due(shown, &self.local_zone(), self.now()))
    }

    fn today_view(&mut self) -> Result<Today, Error> {
        let now = self.now();
        let views: Vec<AgreementView> = self.agreements()?;
        let promises = self.promises()?;
        let check_ins = self.check_ins()?;
        let (posts, talks) = (self.shared_posts()?, self.talks()?);
        let shown =
            Shown { agreements: &views, promises: &promises, check_ins: &check_ins, talks: &talks };
        Ok(Today {
            next: next_due(shown, &self.local_zone(), now),
            shared: what_i_share(&views, &posts),
            agreements: agreements_now(&views, now),
            space: self.space_now()?,
            promises,
        })
    }

    fn follow_through(&mut self, by: Who, weeks: u8) -> Result<Vec<WeekCounts>, Error> {
        let last = IsoWeek::of(self.today());
        // The last 13 weeks and the month before them are at hand; older ones are read.
        let promises = if weeks > 9 { self.all_promises()? } else { self.promises()? };
        Ok(follow_through(&promises, by, last, weeks))
    }

    fn pattern_line(&mut self, by: Who, weeks: u8) -> Result<Vec<PatternPoint>, Error> {
        let last = IsoWeek::of(self.today());
        let promises = if weeks > 6 { self.all_promises()? } else { self.promises()? };
        Ok(pattern_line(&promises, by, last, weeks))
    }

    fn trends(&mut self, template: TemplateId) -> Result<Vec<Trend>, Error> {
        let from = self.now().plus(-26 * 7 * DAY);
        let views = self.answered(template, from)?;
        let home = self.home()?;
        let asked = self.template(&home, template)?;
        let last = IsoWeek::of(self.today());
        let mut all = trends(&asked, &views, Who::Me, last);
        all.extend(trends(&asked, &views, Who::Partner, last));
        Ok(all)
    }

    fn milestones(&mut self) -> Result<Vec<Milestone>, Error> {
        if !self.wishes()?.milestones {
            return Ok(Vec::new());
        }
        let (agreements, promises) = (self.all_agreements()?, self.all_promises()?);
        let home = self.home()?;
        let begun = self.paired_at(&home)?.unwrap_or(self.now());
        let check_ins = self.answered(TemplateId::Week, begun)?;
        let hard = self.posts()?.into_iter().filter(|post| post.kind == Kind::Disclosure);
        let mut silent: Vec<(Moment, Option<Moment>)> =
            hard.map(|post| (post.at, Some(post.at.plus(2 * DAY)))).collect();
        silent.extend(self.pacing(&home)?.spaces());
        let input = MilestoneInput {
            agreements: &agreements,
            promises: &promises,
            check_ins: &check_ins,
            silent: &silent,
        };
        Ok(milestones(input, self.now()))
    }

    /// When this phone's own log began. What the other states of itself must not
    /// move what is computed here (R12).
    fn paired_at(&mut self, home: &Home) -> Result<Option<Moment>, Error> {
        let read = self.records(home, home.pair.document())?;
        let mine = read.held.iter().filter(|held| held.author == home.me);
        let opened = mine.filter(|held| held.record.action == Action::PairOpen);
        Ok(opened.map(|held| held.record.at.moment).min())
    }

    fn reminders(&mut self) -> Result<Vec<Reminder>, Error> {
        let home = self.home()?;
        let wishes = self.wishes()?;
        let (promises, check_ins) = (self.promises()?, self.check_ins()?);
        let sharing = !self.what_i_share()?.is_empty();
        // Only one's own space holds one's own reminders back (I9).
        let now = self.now();
        let space = self.pacing(&home)?.own_space(&home.pair, home.me, now);
        let left = self.pair_state(&home)?.left_at.is_some();
        let paired_at = self.paired_at(&home)?.filter(|_| !left);
        let input = ReminderInput {
            promises: if left { &[] } else { &promises },
            check_ins: &check_ins,
            paired_at,
            sharing,
            space,
        };
        Ok(reminders(input, &wishes, &self.local_zone(), self.now()))
    }
}

/// How it goes, see [`crate::domain::progress`]: counts in words, per person. No
/// score, no streak, no rank.
#[derive(Clone, Copy)]
pub struct Progress<'a>(pub(super) &'a Space);

impl Progress<'_> {
    /// Begins to hear of what an app shows first.
    pub fn subscribe(&self) -> Subscription<Today> {
        Subscription::new(self.0, Engine::today_view)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Progress<'_> {
    /// What an app shows first.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all methods here.
    pub async fn today(&self) -> Result<Today, Error> {
        self.0.ask(Engine::today_view).await
    }

    /// One person's follow-through, week by week, for so many weeks up to this
    /// one. More than nine weeks take longer with the years.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn follow_through(&self, by: Who, weeks: u8) -> Result<Vec<WeekCounts>, Error> {
        self.0.ask(move |engine| engine.follow_through(by, weeks)).await
    }

    /// One person's pattern line: moving counts over four weeks.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn pattern_line(&self, by: Who, weeks: u8) -> Result<Vec<PatternPoint>, Error> {
        self.0.ask(move |engine| engine.pattern_line(by, weeks)).await
    }

    /// The check-in trends of the last 12 weeks: mine, and the partner's where
    /// their answers are open. Each question apart.
    ///
    /// # Errors
    /// `TemplateUnknown`, or as [`Progress::today`].
    pub async fn trends(&self, template: TemplateId) -> Result<Vec<Trend>, Error> {
        self.0.ask(move |engine| engine.trends(template)).await
    }

    /// The good things so far, oldest first; none where this person does not want
    /// them told.
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn milestones(&self) -> Result<Vec<Milestone>, Error> {
        self.0.ask(Engine::milestones).await
    }

    /// The reminders of the next two weeks, for the system's scheduler: computed
    /// anew whenever something changes, with neutral texts (R20).
    ///
    /// # Errors
    /// As [`Progress::today`].
    pub async fn reminders(&self) -> Result<Vec<Reminder>, Error> {
        self.0.ask(Engine::reminders).await
    }
}
