//! What the two agree on: exact words, in force only when both said yes to them.

use crate::error::AmendsError;
use crate::runtime::Running;
use amends::AgreementView;
use amends::AgreementsNow;
use amends::HistoryItem;
use amends::PrivateDraft;
use amends::Terms;
use amends::id::DocId;
use amends::id::RevisionHash;
use amends::time::Moment;
use std::sync::Arc;

/// What the two agree on: exact words, in force only when both said yes to them.
#[derive(uniffi::Object)]
pub struct Agreements(pub(crate) Arc<Running>);

#[uniffi::export]
impl Agreements {
    /// The agreements that are not long over (13 weeks), in the order in which
    /// they were begun.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<AgreementView>, AmendsError> {
        self.0.run(|space| async move { space.agreements().list().await }).await
    }

    /// Every agreement that ever was, however long ago: it takes longer with the
    /// years.
    ///
    /// # Errors
    /// As `Agreements::list`.
    pub async fn all(&self) -> Result<Vec<AgreementView>, AmendsError> {
        self.0.run(|space| async move { space.agreements().all().await }).await
    }

    /// The agreements, sorted by what they ask of me.
    ///
    /// # Errors
    /// As `Agreements::list`.
    pub async fn now(&self) -> Result<AgreementsNow, AmendsError> {
        self.0.run(|space| async move { space.agreements().now().await }).await
    }

    /// One agreement.
    ///
    /// # Errors
    /// `NotFound`, or as `Agreements::list`.
    pub async fn show(&self, id: DocId) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().show(id).await }).await
    }

    /// Everything that was ever done with an agreement (R36).
    ///
    /// # Errors
    /// As `Agreements::show`.
    pub async fn history(&self, id: DocId) -> Result<Vec<HistoryItem>, AmendsError> {
        self.0.run(|space| async move { space.agreements().history(id).await }).await
    }

    /// Proposes terms in a new agreement.
    ///
    /// # Errors
    /// A refusal for the terms, or as `Agreements::list`; so for all that follow.
    pub async fn propose(&self, terms: Terms) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().propose(terms).await }).await
    }

    /// Offers something that binds only me; it needs no answer.
    ///
    /// # Errors
    /// As `Agreements::propose`.
    pub async fn offer(&self, terms: Terms) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().offer(terms).await }).await
    }

    /// Proposes other terms: a counter to what is on the table, or an amendment
    /// of what holds. `shown` is the view that this answers.
    ///
    /// # Errors
    /// `StaleView` if something came in since `shown`; as `Agreements::propose`.
    pub async fn counter(
        &self,
        shown: AgreementView,
        terms: Terms,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().counter(&shown, terms).await }).await
    }

    /// Says yes to exactly this text, as it was shown (R4).
    ///
    /// # Errors
    /// `StaleView`, `StaleRevision`, `AlreadyAgreed`, `RunsTooLong`.
    pub async fn consent(
        &self,
        shown: AgreementView,
        revision: RevisionHash,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().consent(&shown, revision).await }).await
    }

    /// Proposes the same once more, until later.
    ///
    /// # Errors
    /// `OutsideRenewal`, `NotInForce`, `StaleView`.
    #[uniffi::method(default(expires_at = None))]
    pub async fn renew(
        &self,
        shown: AgreementView,
        expires_at: Option<Moment>,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().renew(&shown, expires_at).await }).await
    }

    /// Takes back my proposal or my yes, as long as it is not ratified, and
    /// while it cools off.
    ///
    /// # Errors
    /// `NothingToWithdraw`, `AlreadyRatified`.
    #[uniffi::method(default(revision = None))]
    pub async fn withdraw(
        &self,
        id: DocId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().withdraw(id, revision).await }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `OwnProposal`, `StaleRevision`.
    #[uniffi::method(default(revision = None))]
    pub async fn decline(
        &self,
        id: DocId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().decline(id, revision).await }).await
    }

    /// Pauses my part.
    ///
    /// # Errors
    /// `NotInForce`, `AlreadySuspended`.
    pub async fn suspend(&self, id: DocId) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().suspend(id).await }).await
    }

    /// Lifts my pause.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub async fn resume(&self, id: DocId) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().resume(id).await }).await
    }

    /// Ends it, at once and for good. Nobody is asked (R1, R2).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end(&self, id: DocId) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().end(id).await }).await
    }

    /// Keeps a private draft; the partner learns nothing of it (R9).
    ///
    /// # Errors
    /// `TextTooLong`, `TextForbidden`, `NotFound` for an unknown `id`.
    #[uniffi::method(default(id = None))]
    pub async fn keep_draft(
        &self,
        text: String,
        id: Option<DocId>,
    ) -> Result<PrivateDraft, AmendsError> {
        self.0.run(|space| async move { space.agreements().keep_draft(id, &text).await }).await
    }

    /// Every private draft.
    ///
    /// # Errors
    /// Storage, `Closed`.
    pub async fn drafts(&self) -> Result<Vec<PrivateDraft>, AmendsError> {
        self.0.run(|space| async move { space.agreements().drafts().await }).await
    }

    /// Throws a private draft away.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn discard_draft(&self, id: DocId) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.agreements().discard_draft(id).await }).await
    }

    /// Opens a private draft to the partner as a working draft that both may
    /// type in. What is typed there stays in the history: say so before the tap.
    ///
    /// # Errors
    /// `DraftOpen`, `AlreadyEnded`, `NotFound`.
    #[uniffi::method(default(agreement = None))]
    pub async fn open_draft(
        &self,
        draft: DocId,
        agreement: Option<DocId>,
    ) -> Result<AgreementView, AmendsError> {
        self.0
            .run(|space| async move { space.agreements().open_draft(draft, agreement).await })
            .await
    }

    /// Leaves the working draft's editor: `text` is all of it now. What the
    /// partner typed since `shown` stays, merged by the CRDT.
    ///
    /// # Errors
    /// `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn type_text(
        &self,
        shown: AgreementView,
        text: String,
    ) -> Result<AgreementView, AmendsError> {
        self.0.run(|space| async move { space.agreements().type_text(&shown, &text).await }).await
    }
}
