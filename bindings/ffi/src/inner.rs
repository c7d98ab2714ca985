//! Notes that only their writer sees (R9, R10).

use crate::error::AmendsError;
use crate::runtime::Running;
use amends::NewNote;
use amends::Note;
use amends::PostKind as Kind;
use amends::PostView;
use amends::id::DocId;
use amends::time::Moment;
use std::sync::Arc;

/// Notes that only their writer sees (R9, R10).
#[derive(uniffi::Object)]
pub struct Inner(pub(crate) Arc<Running>);

#[uniffi::export]
impl Inner {
    /// Writes a note.
    ///
    /// # Errors
    /// Those of a text, storage, `Closed`.
    pub async fn write(&self, note: NewNote) -> Result<Note, AmendsError> {
        self.0.run(|space| async move { space.inner().write(note).await }).await
    }

    /// Changes a note.
    ///
    /// # Errors
    /// `NotFound`, or as `Inner::write`.
    pub async fn change(&self, id: DocId, note: NewNote) -> Result<Note, AmendsError> {
        self.0.run(|space| async move { space.inner().change(id, note).await }).await
    }

    /// One note.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn show(&self, id: DocId) -> Result<Note, AmendsError> {
        self.0.run(|space| async move { space.inner().show(id).await }).await
    }

    /// The notes in which every word of `query` stands, newest first; all of them
    /// for an empty one.
    ///
    /// # Errors
    /// Storage, `Closed`.
    pub async fn search(&self, query: String) -> Result<Vec<Note>, AmendsError> {
        self.0.run(|space| async move { space.inner().search(&query).await }).await
    }

    /// Removes a note, for good.
    ///
    /// # Errors
    /// As `Inner::show`.
    pub async fn remove(&self, id: DocId) -> Result<(), AmendsError> {
        self.0.run(|space| async move { space.inner().remove(id).await }).await
    }

    /// Copies exactly these words of a note out into a post that the other sees.
    /// The note stays as it is, and nothing in the post leads back to it.
    ///
    /// # Errors
    /// `NotFound` where the words do not stand in the note; as
    /// `Openness::post`.
    #[uniffi::method(default(until = None))]
    pub async fn copy_out(
        &self,
        id: DocId,
        words: String,
        kind: Kind,
        until: Option<Moment>,
    ) -> Result<PostView, AmendsError> {
        self.0
            .run(|space| async move { space.inner().copy_out(id, &words, kind, until).await })
            .await
    }
}

/// Feelings to choose from; every other word is as good.
#[uniffi::export]
pub fn feelings() -> Vec<String> {
    amends::FEELINGS.map(str::to_owned).to_vec()
}
