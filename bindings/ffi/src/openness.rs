//! What one tells of oneself, by hand and for a while.

use crate::error::AmendsError;
use crate::runtime::Running;
use amends::NewPost;
use amends::PostView;
use amends::id::ItemId;
use std::sync::Arc;

/// What one tells of oneself, by hand and for a while.
#[derive(uniffi::Object)]
pub struct Openness(pub(crate) Arc<Running>);

#[uniffi::export]
impl Openness {
    /// The posts of both that live, and stubs of those taken back this week.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`.
    pub async fn list(&self) -> Result<Vec<PostView>, AmendsError> {
        self.0.run(|space| async move { space.openness().list().await }).await
    }

    /// Tells something, for a while.
    ///
    /// # Errors
    /// `LivesTooLong` (over 90 days, or past), `NotInForce` for the agreement
    /// that it names, `FeatureOff`, those of a text.
    pub async fn post(&self, new: NewPost) -> Result<PostView, AmendsError> {
        self.0.run(|space| async move { space.openness().post(new).await }).await
    }

    /// Adds a later truth beside a post of mine (F22, F64).
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`, those of a text.
    pub async fn correct(&self, id: ItemId, text: String) -> Result<PostView, AmendsError> {
        self.0.run(|space| async move { space.openness().correct(id, &text).await }).await
    }

    /// Takes a post of mine back: its words go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: ItemId) -> Result<PostView, AmendsError> {
        self.0.run(|space| async move { space.openness().withdraw(id).await }).await
    }

    /// Says thank you for a post of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: ItemId) -> Result<PostView, AmendsError> {
        self.0.run(|space| async move { space.openness().thank(id).await }).await
    }
}
