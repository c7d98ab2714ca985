//! The journal and what else one writes for oneself, in the vault of one phone.

use super::{Space, Subscription, kept};
use crate::cbor::View;
use crate::domain::inner::{NewNote, Note, Query, written};
use crate::domain::openness::{Kind, NewPost, PostView};
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Watched};
use crate::error::Error;
use crate::id::{DocId, NoteId};
use crate::store::{StorageError, VaultItem};
use crate::time::Moment;

const NOTE: &str = "note";

fn read(item: &VaultItem) -> Result<Note, StorageError> {
    kept::read(item, NOTE).ok_or_else(|| damaged(item.id))
}

fn damaged(id: DocId) -> StorageError {
    StorageError::Damaged(format!("vault.db: note {id}"))
}

impl Engine {
    fn put_note(&mut self, note: &Note) -> Result<(), Error> {
        kept::put(self, note.id.into(), (NOTE, NOTE), note)?;
        self.vault_changed();
        Ok(())
    }

    fn write_note(&mut self, new: &NewNote) -> Result<Note, Error> {
        let note = written(new)?;
        let id = self.vault()?.new_id()?;
        let note = Note { id: id.into(), written: self.now(), changed: None, note };
        self.put_note(&note)?;
        Ok(note)
    }

    fn change_note(&mut self, id: DocId, new: &NewNote) -> Result<Note, Error> {
        let note = written(new)?;
        let known = self.note(id)?;
        let note = Note { changed: Some(self.now()), note, ..known };
        self.put_note(&note)?;
        Ok(note)
    }

    fn note(&mut self, id: DocId) -> Result<Note, Error> {
        let item = self.vault()?.get(id)?.filter(|item| item.kind == NOTE);
        Ok(read(&item.ok_or(RefusalCode::NotFound)?)?)
    }

    /// The notes that match, newest first.
    fn notes(&mut self, query: &str) -> Result<Vec<Note>, Error> {
        let mut notes = Vec::new();
        let query = Query::new(query);
        let until = self.until();
        // Of what does not match nothing is kept in memory.
        self.vault()?.visit(|item| {
            until.may_read()?;
            if item.kind == NOTE {
                let json = item.value.get(NOTE).and_then(View::text);
                let json = json.ok_or_else(|| damaged(item.id))?;
                if query.may_stand_in(json) {
                    let note: Note = kept::parse(json).ok_or_else(|| damaged(item.id))?;
                    notes.extend(Some(note).filter(|note| note.matches(&query)));
                }
            }
            Ok::<_, Error>(())
        })?;
        notes.sort_by_key(|note| std::cmp::Reverse((note.written, note.id)));
        Ok(notes)
    }

    fn remove_note(&mut self, id: DocId) -> Result<(), Error> {
        self.note(id)?;
        self.vault()?.remove(id)?;
        // What was removed must not linger in the WAL: where a search keeps it there, until it ends.
        self.scrub_vault = !self.vault()?.checkpoint()?;
        self.vault_changed();
        Ok(())
    }
}

/// What one writes for oneself, see [`crate::domain::inner`]. Nothing of it, not
/// its existence, number, size or time, reaches the partner (R9, R10). It works
/// before there is a pair, and after.
#[derive(Clone, Copy)]
pub struct Inner<'a>(pub(super) &'a Space);

impl Inner<'_> {
    /// Begins to hear of the notes, newest first.
    pub fn subscribe(&self) -> Subscription<Vec<Note>> {
        Subscription::new(self.0, Watched::Vault, |engine| engine.notes(""))
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Inner<'_> {
    /// Writes a note.
    ///
    /// # Errors
    /// Those of a text, storage, `Closed`.
    pub async fn write(&self, note: NewNote) -> Result<Note, Error> {
        self.0.engine.call(move |engine| engine.write_note(&note)).await
    }

    /// Changes a note.
    ///
    /// # Errors
    /// `NotFound`, or as [`Inner::write`].
    pub async fn change(&self, id: NoteId, note: NewNote) -> Result<Note, Error> {
        self.0.engine.call(move |engine| engine.change_note(id.into(), &note)).await
    }

    /// One note.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn show(&self, id: NoteId) -> Result<Note, Error> {
        self.0.engine.call(move |engine| engine.note(id.into())).await
    }

    /// The notes in which every word of `query` stands, newest first; all of them
    /// for an empty one.
    ///
    /// # Errors
    /// Storage, `Closed`; `Suspended` where the space is suspended, held back or left meanwhile.
    pub async fn search(&self, query: &str) -> Result<Vec<Note>, Error> {
        let query = query.to_owned();
        self.0.engine.ask_vault_apart(move |engine| engine.notes(&query)).await
    }

    /// Removes a note, for good.
    ///
    /// # Errors
    /// As [`Inner::show`].
    pub async fn remove(&self, id: NoteId) -> Result<(), Error> {
        self.0.engine.call(move |engine| engine.remove_note(id.into())).await
    }

    /// Copies exactly these words of a note out into a post that the other sees.
    /// The note stays as it is, and nothing in the post leads back to it.
    ///
    /// # Errors
    /// `NotFound` where the words do not stand in the note; as
    /// [`Openness::post`](super::Openness::post).
    pub async fn copy_out(
        &self,
        id: NoteId,
        words: &str,
        kind: Kind,
        until: Option<Moment>,
    ) -> Result<PostView, Error> {
        let text = self.show(id).await?.excerpt(words)?;
        let post =
            NewPost { kind, text, until, want: None, amount: None, happened: None, under: None };
        self.0.openness().post(post).await
    }
}
