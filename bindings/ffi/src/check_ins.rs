//! Check-ins that open for both at once, and daily intentions.

use crate::error::AmendsError;
use crate::runtime::Running;
use crate::views::{CheckInView, all};
use amends::Answer;
use amends::CheckInCadence as Cadence;
use amends::IntentionView;
use amends::Period;
use amends::Template;
use amends::TemplateId;
use amends::id::DocId;
use amends::id::ItemId;
use std::collections::HashMap;
use std::sync::Arc;

/// Check-ins that open for both at once, and daily intentions.
#[derive(uniffi::Object)]
pub struct CheckIns(pub(crate) Arc<Running>);

#[uniffi::export]
impl CheckIns {
    /// The check-ins that can be answered now and those of the last 13 weeks,
    /// newest first. Of the other's there is nothing before both have sealed.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<CheckInView>, AmendsError> {
        self.0.run(|space| async move { space.check_ins().list().await.map(all) }).await
    }

    /// The questions: the library's own, and those that the two made.
    ///
    /// # Errors
    /// As `CheckIns::list`.
    pub async fn templates(&self) -> Result<Vec<Template>, AmendsError> {
        self.0.run(|space| async move { space.check_ins().templates().await }).await
    }

    /// Makes questions of one's own, for both. Each is free to answer them.
    ///
    /// # Errors
    /// `AnswerInvalid` for more than 20 questions or none, those of a text.
    pub async fn make_template(
        &self,
        title: String,
        cadence: Cadence,
        items: Vec<String>,
    ) -> Result<Template, AmendsError> {
        self.0.run(|space| async move { space.check_ins().make_template(&title, cadence, items).await }).await
    }

    /// Takes questions of one's own back.
    ///
    /// # Errors
    /// `TemplateUnknown`, `NotYourWords`.
    pub async fn drop_template(&self, id: DocId) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.check_ins().drop_template(id).await }).await
    }

    /// Keeps answers to the current period as a draft that only this phone has.
    ///
    /// # Errors
    /// `AnswerInvalid`, `AlreadySealed`, `TemplateUnknown`, those of a text.
    pub async fn draft(
        &self,
        template: TemplateId,
        answers: HashMap<u8, Answer>,
    ) -> Result<CheckInView, AmendsError> {
        self.0
            .run(|space| async move {
                space
                    .check_ins()
                    .draft(template, answers.into_iter().collect())
                    .await
                    .map(CheckInView::from)
            })
            .await
    }

    /// Seals the drafted answers. They open by themselves once the other's seal
    /// is here, and can be taken back until then.
    ///
    /// # Errors
    /// `AnswerInvalid` where there is no draft, `AlreadySealed`, `FeatureOff`.
    pub async fn seal(&self, template: TemplateId) -> Result<CheckInView, AmendsError> {
        self.0.run(|space| async move { space.check_ins().seal(template).await.map(CheckInView::from) }).await
    }

    /// Takes a seal back, as long as it is not open.
    ///
    /// # Errors
    /// `NotSealed`.
    pub async fn cancel(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, AmendsError> {
        self.0
            .run(|space| async move {
                space.check_ins().cancel(template, period).await.map(CheckInView::from)
            })
            .await
    }

    /// Shares one's answers without the other's.
    ///
    /// # Errors
    /// `NotSealed` where there are none, `AlreadySealed` where they are shared.
    pub async fn share_alone(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, AmendsError> {
        self.0
            .run(|space| async move {
                space.check_ins().share_alone(template, period).await.map(CheckInView::from)
            })
            .await
    }

    /// Keeps one's answers private. The other learns nothing of it.
    ///
    /// # Errors
    /// `NotSealed` where there are none.
    pub async fn keep_private(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, AmendsError> {
        self.0
            .run(|space| async move {
                space.check_ins().keep_private(template, period).await.map(CheckInView::from)
            })
            .await
    }

    /// Skips the current period. The other learns nothing of it (R14).
    ///
    /// # Errors
    /// `AlreadySealed`.
    pub async fn skip(&self, template: TemplateId) -> Result<CheckInView, AmendsError> {
        self.0.run(|space| async move { space.check_ins().skip(template).await.map(CheckInView::from) }).await
    }

    /// The intentions of both of the last two weeks.
    ///
    /// # Errors
    /// As `CheckIns::list`.
    pub async fn intentions(&self) -> Result<Vec<IntentionView>, AmendsError> {
        self.0.run(|space| async move { space.check_ins().intentions().await }).await
    }

    /// Says what one intends today; saying it again replaces it (F82).
    ///
    /// # Errors
    /// `FeatureOff`, those of a text.
    pub async fn intend(&self, words: String) -> Result<IntentionView, AmendsError> {
        self.0.run(|space| async move { space.check_ins().intend(&words).await }).await
    }

    /// Says thank you for an intention of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: ItemId) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.check_ins().thank(id).await }).await
    }

    /// Takes an intention of mine back.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: ItemId) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.check_ins().withdraw(id).await }).await
    }
}
