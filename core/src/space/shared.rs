//! What one tells and the other may answer: breaches and accounts, acknowledgements,
//! questions, pain and needs.

use super::settings::{silence, space_now, wishes};
use super::{Space, Subscription, kept};
use crate::domain::agreement::AgreementDocs;
use crate::domain::capability::Class;
use crate::domain::ledger::own_document;
use crate::domain::overview::held_back;
use crate::domain::refusal::RefusalCode;
use crate::domain::shared::{
    BreachView, Command, Form, ItemDraft, ItemView, Items, NewItem, Reply, Subject, beside,
    beside_without, breaches, single_salt, written,
};
use crate::engine::{Engine, Watched};
use crate::error::Error;
use crate::host::random;
use crate::id::{ItemDraftId, ItemId, Position, WordsId};
use crate::store::{StorageError, VaultItem};
use crate::time::Moment;
use std::collections::BTreeMap;

const DRAFT: &str = "item-draft";

/// Every item that views look at, beside each other.
pub(super) fn items(engine: &mut Engine) -> Result<Vec<ItemView>, Error> {
    Ok(beside(engine.views::<Items>()?))
}

/// Those that this phone's person is shown: while they want quiet or have space for themselves,
/// in their quiet hours and until their digest, what the other asks and still waits is held
/// back, which to the other looks like being offline (R31). One that is asked for by its id is
/// among them.
fn shown(engine: &mut Engine, asked_for: Option<ItemId>) -> Result<Vec<ItemView>, Error> {
    let (now, zone, wishes) = (engine.now(), engine.local_zone(), wishes(engine)?);
    let apart = space_now(engine)?.is_some_and(|space| space.mine.is_some());
    let home = engine.home()?;
    let (states, views): (Vec<_>, Vec<_>) = engine.listed::<Items>(&home)?.all.into_iter().unzip();
    let came = states.iter().filter_map(|of| Some((ItemId(of.id), of.item.as_ref()?.came())));
    let came: BTreeMap<ItemId, Moment> = came.collect();
    let held = |item: &ItemView| {
        apart || came.get(&item.id).is_some_and(|came| held_back(*came, &wishes, &zone, now))
    };
    let held = |item: &ItemView| item.waits_for_me && asked_for != Some(item.id) && held(item);
    Ok(beside_without(views, held))
}

/// Those that this phone's person is shown, in the order of lists.
fn listed(engine: &mut Engine) -> Result<Vec<ItemView>, Error> {
    let mut all = shown(engine, None)?;
    all.sort_by_key(ItemView::order);
    Ok(all)
}

/// One item, beside what it is about; one that asks, beside all others that are shown.
fn item(engine: &mut Engine, id: ItemId) -> Result<ItemView, Error> {
    let item = engine.show::<Items>(id.into())?;
    let around = match (item.form.described().open, item.about) {
        (Some(_), _) => shown(engine, Some(id))?,
        (None, Some(about)) => {
            // What it is about may be gone, or may not have come yet.
            beside(
                engine.show::<Items>(about.into()).ok().into_iter().chain([item.clone()]).collect(),
            )
        }
        (None, None) => return Ok(item),
    };
    // One that no list holds any more is shown by itself.
    Ok(around.into_iter().find(|one| one.id == id).unwrap_or(item))
}

/// The telling of what a new item is about, as it stands here; a refusal where it cannot be
/// about that.
fn subject(engine: &mut Engine, new: &NewItem) -> Result<Option<Position>, Error> {
    let Some(about) = new.about else { return Ok(None) };
    let subject = Subject::of(&item(engine, about)?);
    subject.takes(new.form)?;
    Ok(Some(subject.position))
}

fn offer(engine: &mut Engine, new: &NewItem, salt: [u8; 16]) -> Result<ItemView, Error> {
    let on = subject(engine, new)?;
    let salt = salt_of(new, salt);
    let command = Command::Offer { new: new.clone(), on };
    let id = engine.begin_from::<Items>(salt, &command)?.id;
    item(engine, id)
}

/// What the document of a new item is made from: one's own of a form about one thing is one.
fn salt_of(new: &NewItem, salt: [u8; 16]) -> [u8; 16] {
    match new.about {
        Some(about) if new.form.described().single => single_salt(new.form, about.into()),
        _ => salt,
    }
}

fn revise(engine: &mut Engine, id: ItemId, new: &NewItem) -> Result<ItemView, Error> {
    // What it is about may be gone by now: one's own words can be put right all the same (F22).
    let known = new.about.and_then(|about| item(engine, about).ok());
    let on = known.map(|known| known.position);
    done(engine, id, &Command::Revise { new: new.clone(), on })
}

fn done(engine: &mut Engine, id: ItemId, command: &Command) -> Result<ItemView, Error> {
    engine.done::<Items>(id.into(), command)?;
    item(engine, id)
}

fn draft(item: &VaultItem) -> Result<ItemDraft, StorageError> {
    let damaged = || StorageError::Damaged(format!("vault.db: draft {}", item.id));
    Ok(ItemDraft { id: item.id.into(), item: kept::read(item, "item").ok_or_else(damaged)? })
}

fn drafts(engine: &mut Engine) -> Result<Vec<ItemDraft>, Error> {
    let items = engine.vault()?.items_of(DRAFT)?;
    // One that a newer version kept must not hide the others; it can be thrown away.
    let unread = |error: &StorageError| tracing::warn!(%error, "a draft could not be read");
    Ok(items.iter().filter_map(|item| draft(item).inspect_err(unread).ok()).collect())
}

fn kept_item(engine: &mut Engine, id: ItemDraftId) -> Result<VaultItem, Error> {
    let item = engine.vault()?.get(id.into())?.filter(|item| item.kind == DRAFT);
    Ok(item.ok_or(RefusalCode::NotFound)?)
}

fn kept_draft(engine: &mut Engine, id: ItemDraftId) -> Result<ItemDraft, Error> {
    Ok(draft(&kept_item(engine, id)?)?)
}

fn keep(engine: &mut Engine, id: Option<ItemDraftId>, new: &NewItem) -> Result<ItemDraft, Error> {
    let item = written(new)?;
    let id = match id {
        Some(id) => kept_draft(engine, id)?.id,
        None => engine.vault()?.new_id()?.into(),
    };
    kept::put(engine, id.into(), (DRAFT, "item"), &item)?;
    Ok(ItemDraft { id, item })
}

fn discard(engine: &mut Engine, id: ItemDraftId) -> Result<(), Error> {
    kept_item(engine, id)?;
    engine.vault()?.remove(id.into())?;
    // What was thrown away must not linger in the WAL.
    engine.vault()?.checkpoint()?;
    Ok(())
}

/// Two steps, the shared one first, so that no word is lost between. Its document is made from
/// the draft's id: who is interrupted there and offers it again tells nothing twice.
fn offer_kept(engine: &mut Engine, id: ItemDraftId) -> Result<ItemView, Error> {
    let draft = kept_draft(engine, id)?;
    let salt = salt_of(&draft.item, id.0.0);
    let home = engine.home()?;
    let offered = own_document(home.pair.id, home.me, &salt);
    let view = match offer(engine, &draft.item, id.0.0) {
        Err(Error::Refusal(refusal))
            if refusal.code == RefusalCode::AlreadyTold && salt == id.0.0 =>
        {
            item(engine, offered.into())?
        }
        offered => offered?,
    };
    discard(engine, id)?;
    Ok(view)
}

/// What one tells and the other may answer, see [`crate::domain::shared`]: each in a
/// document of its own.
///
/// Whether anybody has looked at something is nowhere (R11), and no answer is ever owed.
#[derive(Clone, Copy)]
pub struct Shared<'a>(pub(super) &'a Space);

impl Shared<'_> {
    /// Begins to hear of what is told and answered, of every form.
    pub fn subscribe(&self) -> Subscription<Vec<ItemView>> {
        Subscription::new(self.0, Watched::Of(&[Class::Item, Class::Ledger]), listed)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Shared<'_> {
    /// What was told, of one form or of all, oldest first.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self, form: Option<Form>) -> Result<Vec<ItemView>, Error> {
        self.0
            .ask(move |engine| {
                let mut all = listed(engine)?;
                all.retain(|item| form.is_none_or(|form| item.form == form));
                Ok(all)
            })
            .await
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, or as [`Shared::list`].
    pub async fn show(&self, id: ItemId) -> Result<ItemView, Error> {
        self.0.ask(move |engine| item(engine, id)).await
    }

    /// What was named as a breach, newest first, each with both accounts and what was
    /// acknowledged (F01–F11).
    ///
    /// # Errors
    /// As [`Shared::list`].
    pub async fn breaches(&self) -> Result<Vec<BreachView>, Error> {
        self.0
            .ask(|engine| {
                let (items, agreements) = (items(engine)?, engine.views::<AgreementDocs>()?);
                Ok(breaches(&items, &agreements, silence(engine)?))
            })
            .await
    }

    /// Offers an item: from here on the other sees it, at the next exchange. Say so before
    /// the tap.
    ///
    /// # Errors
    /// `PartMissing`, `PartUnknown`, `AnswerInvalid`, those of a text; `SubjectInvalid`,
    /// `OwnWords`, `NoLongerThere`, `NotFound` for what it is about; `AlreadyTold` where there
    /// is one of it already; `PairLeft`.
    pub async fn offer(&self, new: NewItem) -> Result<ItemView, Error> {
        self.0
            .write(move |engine| {
                let salt = random(engine.entropy())?;
                offer(engine, &new, salt)
            })
            .await
    }

    /// Tells an item of one's own anew. What was told stays beside it, for both (F22, R36).
    ///
    /// # Errors
    /// `NotYourWords`, `SubjectInvalid` for another form or subject, or as [`Shared::offer`].
    pub async fn revise(&self, id: ItemId, new: NewItem) -> Result<ItemView, Error> {
        self.0.write(move |engine| revise(engine, id, &new)).await
    }

    /// Answers what was shown. Of each sort of answer one's latest stands, and earlier ones
    /// stay beside it.
    ///
    /// # Errors
    /// `ReplyUnknown` for an answer that its form does not have, or words where it takes none;
    /// `OwnWords`, `NotYourWords` for one that is the other's to give; `TextEmpty`,
    /// `NotAhead`, `TooFarAhead`, `AnswerHasNoEnd`, `NoLongerThere`, `StaleView`, `PairLeft`.
    pub async fn answer(
        &self,
        shown: &ItemView,
        reply: Reply,
        text: Option<String>,
        until: Option<Moment>,
    ) -> Result<ItemView, Error> {
        let (id, of) = (shown.id, shown.position);
        let command = Command::Answer { of, reply, text, until };
        self.0.write(move |engine| done(engine, id, &command)).await
    }

    /// Takes an item of one's own back: its words go on both phones. What its form says
    /// stays of it: for a week that something was there, or for as long as the pair lasts
    /// that it was told and taken back, and when.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`, `NotFound`, `PairLeft`.
    pub async fn take_back(&self, id: ItemId) -> Result<(), Error> {
        self.0.write(move |engine| engine.act::<Items>(&[id.into()], &Command::TakeBack)).await
    }

    /// Takes back the words of one telling, or of one answer, of mine.
    ///
    /// # Errors
    /// As [`Shared::take_back`].
    pub async fn withdraw_words(&self, id: ItemId, words: WordsId) -> Result<ItemView, Error> {
        self.0.write(move |engine| engine.withdrawn::<Items>(id.into(), words.into())).await
    }

    /// Keeps an item to oneself, in the vault: whole or not, a new one or one kept before.
    /// Nothing of it reaches the other (R9, R10).
    ///
    /// # Errors
    /// `PartUnknown`, `AnswerInvalid`, those of a text, `NotFound`, storage, `Closed`.
    pub async fn keep(&self, id: Option<ItemDraftId>, new: NewItem) -> Result<ItemDraft, Error> {
        self.0.engine.call(move |engine| keep(engine, id, &new)).await
    }

    /// What is kept so.
    ///
    /// # Errors
    /// Storage, `Closed`.
    pub async fn drafts(&self) -> Result<Vec<ItemDraft>, Error> {
        self.0.engine.call(drafts).await
    }

    /// Throws away what is kept so, for good.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn discard(&self, id: ItemDraftId) -> Result<(), Error> {
        self.0.engine.call(move |engine| discard(engine, id)).await
    }

    /// Offers what is kept so; it is then kept no more.
    ///
    /// # Errors
    /// `NotFound`, or as [`Shared::offer`].
    pub async fn offer_kept(&self, id: ItemDraftId) -> Result<ItemView, Error> {
        self.0.write(move |engine| offer_kept(engine, id)).await
    }
}
