//! What was done, in words and without a score (R16, R22).

use crate::error::AmendsError;
use crate::runtime::Running;
use crate::views::{Reminder, all};
use amends::Milestone;
use amends::PatternPoint;
use amends::TemplateId;
use amends::Today;
use amends::Trend;
use amends::WeekCounts;
use amends::Who;
use std::sync::Arc;

/// What was done, in words and without a score (R16, R22).
#[derive(uniffi::Object)]
pub struct Progress(pub(crate) Arc<Running>);

#[uniffi::export]
impl Progress {
    /// What an app shows first.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all methods here.
    pub async fn today(&self) -> Result<Today, AmendsError> {
        self.0.run(|space| async move { space.progress().today().await }).await
    }

    /// One person's follow-through, week by week, for so many weeks up to this
    /// one. More than nine weeks take longer with the years.
    ///
    /// # Errors
    /// As `Progress::today`.
    pub async fn follow_through(&self, by: Who, weeks: u8) -> Result<Vec<WeekCounts>, AmendsError> {
        self.0.run(|space| async move { space.progress().follow_through(by, weeks).await }).await
    }

    /// One person's pattern line: moving counts over four weeks.
    ///
    /// # Errors
    /// As `Progress::today`.
    pub async fn pattern_line(&self, by: Who, weeks: u8) -> Result<Vec<PatternPoint>, AmendsError> {
        self.0.run(|space| async move { space.progress().pattern_line(by, weeks).await }).await
    }

    /// The check-in trends of the last 12 weeks: mine, and the partner's where
    /// their answers are open. Each question apart.
    ///
    /// # Errors
    /// `TemplateUnknown`, or as `Progress::today`.
    pub async fn trends(&self, template: TemplateId) -> Result<Vec<Trend>, AmendsError> {
        self.0.run(|space| async move { space.progress().trends(template).await }).await
    }

    /// The good things so far, oldest first; none where this person does not want
    /// them told.
    ///
    /// # Errors
    /// As `Progress::today`.
    pub async fn milestones(&self) -> Result<Vec<Milestone>, AmendsError> {
        self.0.run(|space| async move { space.progress().milestones().await }).await
    }

    /// The reminders of the next two weeks, for the system's scheduler: computed
    /// anew whenever something changes, with neutral texts (R20).
    ///
    /// # Errors
    /// As `Progress::today`.
    pub async fn reminders(&self) -> Result<Vec<Reminder>, AmendsError> {
        self.0.run(|space| async move { space.progress().reminders().await.map(all) }).await
    }
}
