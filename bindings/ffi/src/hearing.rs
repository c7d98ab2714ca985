//! Talks at a time that suits both, and accounts of what happened.

use crate::error::AmendsError;
use crate::runtime::Running;
use amends::AccountView;
use amends::TalkView;
use amends::id::DocId;
use amends::id::ItemId;
use amends::time::Moment;
use std::sync::Arc;

/// Talks at a time that suits both, and accounts of what happened.
#[derive(uniffi::Object)]
pub struct Hearing(pub(crate) Arc<Running>);

#[uniffi::export]
impl Hearing {
    /// The talks.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn talks(&self) -> Result<Vec<TalkView>, AmendsError> {
        self.0.run(|space| async move { space.hearing().talks().await }).await
    }

    /// Proposes a talk (F23).
    ///
    /// # Errors
    /// `TimeInvalid`, those of a text, `PairLeft`.
    pub async fn propose_talk(
        &self,
        topic: String,
        begins: Moment,
    ) -> Result<TalkView, AmendsError> {
        self.0.run(|space| async move { space.hearing().propose_talk(&topic, begins).await }).await
    }

    /// Proposes another window; the other must say yes to it.
    ///
    /// # Errors
    /// `TimeInvalid`, `AlreadyEnded`, `NotFound`.
    pub async fn move_talk(&self, id: DocId, begins: Moment) -> Result<TalkView, AmendsError> {
        self.0.run(|space| async move { space.hearing().move_talk(id, begins).await }).await
    }

    /// Says yes to the window that was shown.
    ///
    /// # Errors
    /// `StaleView` if another window stands by now; `NothingToAnswer`,
    /// `AlreadyEnded`, `NotFound`.
    pub async fn accept_talk(&self, shown: TalkView) -> Result<TalkView, AmendsError> {
        self.0.run(|space| async move { space.hearing().accept_talk(&shown).await }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn decline_talk(&self, id: DocId) -> Result<TalkView, AmendsError> {
        self.0.run(|space| async move { space.hearing().decline_talk(id).await }).await
    }

    /// Ends it; nobody is asked.
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end_talk(&self, id: DocId) -> Result<TalkView, AmendsError> {
        self.0.run(|space| async move { space.hearing().end_talk(id).await }).await
    }

    /// The accounts.
    ///
    /// # Errors
    /// As `Hearing::talks`.
    pub async fn accounts(&self) -> Result<Vec<AccountView>, AmendsError> {
        self.0.run(|space| async move { space.hearing().accounts().await }).await
    }

    /// Tells an account, a new one or one of mine anew; what was told before stays
    /// beside it (F22).
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    #[uniffi::method(default(id = None))]
    pub async fn tell(&self, text: String, id: Option<DocId>) -> Result<AccountView, AmendsError> {
        self.0.run(|space| async move { space.hearing().tell(id, &text).await }).await
    }

    /// Takes back words of mine in an account: a telling, a question, an answer.
    /// They go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, `NoLongerThere`, `PairLeft`.
    pub async fn withdraw_words(
        &self,
        id: DocId,
        words: ItemId,
    ) -> Result<AccountView, AmendsError> {
        self.0.run(|space| async move { space.hearing().withdraw_words(id, words).await }).await
    }

    /// Asks about the other's account, as it stands here (F30). At most three
    /// questions wait for an answer: a fourth takes the place of the oldest (R31).
    ///
    /// # Errors
    /// `OwnWords`, `NotFound`, those of a text.
    pub async fn ask(&self, id: DocId, text: String) -> Result<AccountView, AmendsError> {
        self.0.run(|space| async move { space.hearing().ask(id, &text).await }).await
    }

    /// Answers a question about my account. None is owed.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    pub async fn answer(
        &self,
        id: DocId,
        question: ItemId,
        text: String,
    ) -> Result<AccountView, AmendsError> {
        self.0.run(|space| async move { space.hearing().answer(id, question, &text).await }).await
    }
}
