//! Small promises and practices, and what became of them.

use crate::error::AmendsError;
use crate::runtime::Running;
use amends::domain::promise::Felt;
use amends::domain::promise::Hint;
use amends::domain::promise::NewPromise;
use amends::domain::promise::PromiseView;
use amends::domain::promise::Told;
use amends::domain::recurrence::Due;
use amends::id::DocId;
use amends::id::ItemId;
use amends::id::OccurrenceId;
use amends::time::Moment;
// As core's `foreign` has it: `DateTime` is another thing in other languages.
use jiff::civil::DateTime as LocalDateTime;
use std::sync::Arc;

/// Small promises and practices, and what became of them.
#[derive(uniffi::Object)]
pub struct Promises(pub(crate) Arc<Running>);

#[uniffi::export]
impl Promises {
    /// The promises of both that are not long over (13 weeks).
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<PromiseView>, AmendsError> {
        self.0.run(|space| async move { space.promises().list().await }).await
    }

    /// Every promise that ever was: it takes longer with the years.
    ///
    /// # Errors
    /// As `Promises::list`.
    pub async fn all(&self) -> Result<Vec<PromiseView>, AmendsError> {
        self.0.run(|space| async move { space.promises().all().await }).await
    }

    /// One promise.
    ///
    /// # Errors
    /// `NotFound`, or as `Promises::list`.
    pub async fn show(&self, id: DocId) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().show(id).await }).await
    }

    /// Hints before promising: advisory, silent and local (F71, R21).
    ///
    /// # Errors
    /// As `Promises::list`.
    pub async fn hints(&self, new: NewPromise) -> Result<Vec<Hint>, AmendsError> {
        self.0.run(|space| async move { space.promises().hints(&new).await }).await
    }

    /// Promises something. It takes effect at once, and the other may decline it.
    ///
    /// # Errors
    /// A refusal for the words, the zone or the rule; `TooManyPromises`;
    /// `FeatureOff`.
    pub async fn make(&self, new: NewPromise) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().make(new).await }).await
    }

    /// Pauses a promise of mine for a while.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`, `TimeInvalid`.
    pub async fn pause(
        &self,
        id: DocId,
        from: Moment,
        until: Moment,
    ) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().pause(id, from, until).await }).await
    }

    /// Pauses all open promises of mine, for a holiday say. Gives back how many.
    ///
    /// # Errors
    /// As `Promises::pause`.
    pub async fn pause_all(&self, from: Moment, until: Moment) -> Result<u64, AmendsError> {
        self.0.run(|space| async move { space.promises().pause_all(from, until).await }).await
    }

    /// Takes a promise of mine back. What was due before stays as it went.
    ///
    /// # Errors
    /// `NotYourPromise`, `PromiseOver`.
    pub async fn retract(&self, id: DocId) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().retract(id).await }).await
    }

    /// "Please do not promise me this."
    ///
    /// # Errors
    /// `NotPromisedToYou`, `PromiseOver`.
    pub async fn decline(&self, id: DocId) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().decline(id).await }).await
    }

    /// Says ahead that it will be later, or otherwise (F59).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `NoSuchOccurrence`.
    #[uniffi::method(default(occurrence = None, expected = None, words = None))]
    pub async fn heads_up(
        &self,
        id: DocId,
        occurrence: Option<OccurrenceId>,
        expected: Option<Moment>,
        words: Option<String>,
    ) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().heads_up(id, occurrence, expected, words).await }).await
    }

    /// Asks for another time, before it is due (F75).
    ///
    /// # Errors
    /// `NotYourPromise`, `AfterDue`, `TimeInvalid`.
    #[uniffi::method(default(occurrence = None))]
    pub async fn renegotiate(
        &self,
        id: DocId,
        due: Due,
        occurrence: Option<OccurrenceId>,
    ) -> Result<PromiseView, AmendsError> {
        self.0
            .run(|space| async move { space.promises().renegotiate(id, occurrence, due).await })
            .await
    }

    /// Says yes to the new time that was shown, or stays with the old one; of
    /// several, of the named occurrence's.
    ///
    /// # Errors
    /// `StaleView` if another new time was asked for since `shown`;
    /// `NotPromisedToYou`, `NothingToAnswer`.
    #[uniffi::method(default(occurrence = None))]
    pub async fn answer(
        &self,
        shown: PromiseView,
        accept: bool,
        occurrence: Option<OccurrenceId>,
    ) -> Result<PromiseView, AmendsError> {
        self.0
            .run(|space| async move { space.promises().answer(&shown, occurrence, accept).await })
            .await
    }

    /// Lets the other off.
    ///
    /// # Errors
    /// `NotPromisedToYou`, `NoSuchOccurrence`.
    #[uniffi::method(default(occurrence = None))]
    pub async fn release(
        &self,
        id: DocId,
        occurrence: Option<OccurrenceId>,
    ) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().release(id, occurrence).await }).await
    }

    /// Reports how it went (F74). Only the promisor can.
    ///
    /// # Errors
    /// `NotYourPromise`, `BeforeDue`, `NoSuchOccurrence`.
    #[uniffi::method(default(occurrence = None, words = None))]
    pub async fn report(
        &self,
        id: DocId,
        told: Told,
        occurrence: Option<OccurrenceId>,
        words: Option<String>,
    ) -> Result<PromiseView, AmendsError> {
        self.0
            .run(|space| async move { space.promises().report(id, occurrence, told, words).await })
            .await
    }

    /// Says how it felt. Only the promisee can.
    ///
    /// # Errors
    /// `NotPromisedToYou`, `BeforeDue`, `NoSuchOccurrence`.
    #[uniffi::method(default(occurrence = None, words = None))]
    pub async fn comment(
        &self,
        id: DocId,
        felt: Felt,
        occurrence: Option<OccurrenceId>,
        words: Option<String>,
    ) -> Result<PromiseView, AmendsError> {
        self.0
            .run(|space| async move { space.promises().comment(id, occurrence, felt, words).await })
            .await
    }

    /// Says after a miss what happened and what changes (F76).
    ///
    /// # Errors
    /// `NotYourPromise`, `BeforeDue`.
    #[uniffi::method(default(occurrence = None, promise = None))]
    pub async fn repair(
        &self,
        id: DocId,
        words: String,
        occurrence: Option<OccurrenceId>,
        promise: Option<DocId>,
    ) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().repair(id, occurrence, words, promise).await }).await
    }

    /// Takes back words of mine in a promise; the report or comment itself stays.
    ///
    /// # Errors
    /// `NotFound`, `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw_words(
        &self,
        id: DocId,
        note: ItemId,
    ) -> Result<PromiseView, AmendsError> {
        self.0.run(|space| async move { space.promises().withdraw_words(id, note).await }).await
    }
}

/// The one moment that a local time in `zone` names: when a promise `Due.at` a local time
/// is due.
///
/// # Errors
/// `ZoneUnknown`; `TimeNeverOccurs` and `TimeOccursTwice` on a day on which the clocks
/// change.
#[uniffi::export]
pub fn exactly(local: LocalDateTime, zone: String) -> Result<Moment, AmendsError> {
    let at = amends::domain::recurrence::exactly(local, &zone);
    Ok(at.map_err(amends::Error::from)?)
}
