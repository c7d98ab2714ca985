//! Agreements and one-sided offers, and the drafts that come before them.

use super::Space;
use crate::cbor::Value;
use crate::domain::agreement::history::history;
use crate::domain::agreement::view::agreements_now;
use crate::domain::agreement::{
    Adoption, AgreementDocs, AgreementView, AgreementsNow, Command, Folded, HistoryItem, Terms,
};
use crate::domain::capability::Records;
use crate::domain::overview::share::{Mine, SharedItem, stop_all, what_i_share};
use crate::domain::record::Draft;
use crate::domain::{agreement, refusal::RefusalCode};
use crate::engine::{Engine, Home, Listed};
use crate::error::Error;
use crate::host::random;
use crate::id::{AgreementDraftId, AgreementId, DocId, Past, RevisionHash};
use crate::store::VaultItem;
use crate::text::{self, Splice};
use crate::time::Moment;
use serde::Serialize;
use std::sync::Arc;

/// A draft that nobody else sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PrivateDraft {
    /// Its id in the vault.
    pub id: AgreementDraftId,
    /// Its text.
    pub text: String,
}

const PRIVATE_DRAFT: &str = "agreement-draft";

/// The agreements that are not long over, in the order in which they were begun.
pub(super) fn agreements(engine: &mut Engine) -> Result<Vec<AgreementView>, Error> {
    let home = engine.home()?;
    Ok(in_order(engine.listed(&home)?))
}

fn in_order(listed: Listed<AgreementDocs>) -> Vec<AgreementView> {
    let mut all = shown(listed).0;
    all.sort_by_key(|(folded, _)| (folded.begun, folded.doc));
    all.into_iter().map(|(_, view)| view).collect()
}

type Shown = (Vec<(Arc<Folded>, AgreementView)>, Vec<DocId>);

/// Those in which something can be seen, and those that cannot be read.
fn shown(listed: Listed<AgreementDocs>) -> Shown {
    let mut all = listed.all;
    all.retain(|(folded, _)| folded.listed());
    (all, listed.damaged)
}

/// The agreements, sorted by what they ask.
fn now(engine: &mut Engine) -> Result<AgreementsNow, Error> {
    let now = engine.now();
    Ok(agreements_now(&agreements(engine)?, now))
}

/// What this phone's person shares.
pub(super) fn shared(engine: &mut Engine) -> Result<Vec<SharedItem>, Error> {
    let (views, posts) = (agreements(engine)?, super::openness::shared(engine)?);
    let promises = super::promises::promises(engine)?;
    Ok(what_i_share(Mine { agreements: &views, promises: &promises, posts: &posts }))
}

/// Stops all sharing at once. Gives back what was shared.
pub(super) fn stop_sharing(engine: &mut Engine) -> Result<Vec<SharedItem>, Error> {
    engine.write(|engine, home| {
        if engine.pair_state(home)?.left_at.is_some() {
            return Ok(Vec::new());
        }
        let (all, damaged) = shown(engine.listed(home)?);
        let views: Vec<AgreementView> = all.iter().map(|(_, view)| view.clone()).collect();
        let posts = super::openness::shared(engine)?;
        let promises = super::promises::promises(engine)?;
        let mine = Mine { agreements: &views, promises: &promises, posts: &posts };
        let mut drafts = stop_all(&all, &promises, &posts, engine.now());
        // What cannot be read may share: it is paused, and ended by nothing but its person.
        let pause = |target| Draft { target, action: agreement::Act::Suspend.into(), body: None };
        drafts.extend(damaged.into_iter().map(pause));
        engine.decide_within(home, |_| Ok(drafts))?;
        Ok(what_i_share(mine))
    })
}

/// Begins a new agreement with a command.
fn begin(engine: &mut Engine, command: &Command) -> Result<AgreementView, Error> {
    let doc = DocId(random(engine.entropy())?);
    engine.done::<AgreementDocs>(doc, command)
}

/// The agreement as it is before something is typed into its working draft.
fn before_typing(engine: &mut Engine, home: &Home, doc: DocId) -> Result<AgreementView, Error> {
    engine.of_class::<AgreementDocs>(home, doc)?;
    Ok(engine.view::<AgreementDocs>(home, &[doc])?.ok_or(RefusalCode::NotFound)?)
}

/// Leaves the working draft's editor: `typed` is its whole text now, `basis` what it was
/// shown from. What the partner typed meanwhile stays.
fn type_text(
    engine: &mut Engine,
    doc: DocId,
    basis: &Past,
    typed: &str,
) -> Result<AgreementView, Error> {
    let typed = text::fragment(typed)?;
    engine.write(|engine, home| {
        let view = before_typing(engine, home, doc)?;
        let draft = view.draft.ok_or(RefusalCode::DraftClosed)?;
        let document = engine.document(home, doc)?;
        let splices = document.retype(draft.id, basis, &typed)?.ok_or(RefusalCode::StaleView)?;
        if splices.is_empty() {
            return Ok(());
        }
        let length = draft.text.chars().count();
        engine.act_within::<AgreementDocs>(home, &[doc], &Command::Type { splices, length })
    })?;
    engine.show::<AgreementDocs>(doc)
}

/// One change of the working draft's current text.
fn splice_in(engine: &mut Engine, doc: DocId, splice: Splice) -> Result<AgreementView, Error> {
    engine.write(|engine, home| {
        let view = before_typing(engine, home, doc)?;
        let length = view.draft.map_or(0, |draft| draft.text.chars().count());
        let command = Command::Type { splices: vec![splice], length };
        engine.act_within::<AgreementDocs>(home, &[doc], &command)
    })?;
    engine.show::<AgreementDocs>(doc)
}

/// Everything that was ever done with an agreement, oldest first (R36).
fn history_of(engine: &mut Engine, doc: DocId) -> Result<Vec<HistoryItem>, Error> {
    let home = engine.home()?;
    engine.of_class::<AgreementDocs>(&home, doc)?;
    let read = engine.records(&home, doc)?;
    let (held, newer, basis) = (read.held.as_slice(), &read.newer[..], &read.basis);
    let records = Records { doc, held, newer, waiting: &[], basis };
    Ok(history(&home.pair, home.side, &records))
}

/// Keeps a private draft in the vault: a new one, or the one with this id.
fn keep_draft(
    engine: &mut Engine,
    id: Option<AgreementDraftId>,
    words: &str,
) -> Result<PrivateDraft, Error> {
    let words = text::fragment(words)?;
    let id = match id {
        Some(id) => private_draft(engine, id)?.id,
        None => engine.vault()?.new_id()?.into(),
    };
    let value = Value::map([("text", Some(words.as_str().into()))]);
    engine.vault()?.put(&VaultItem { id: id.into(), kind: PRIVATE_DRAFT.to_owned(), value })?;
    Ok(PrivateDraft { id, text: words })
}

/// A private draft.
fn private_draft(engine: &mut Engine, id: AgreementDraftId) -> Result<PrivateDraft, Error> {
    let drafts = private_drafts(engine)?;
    Ok(drafts.into_iter().find(|draft| draft.id == id).ok_or(RefusalCode::NotFound)?)
}

/// Every private draft.
fn private_drafts(engine: &mut Engine) -> Result<Vec<PrivateDraft>, Error> {
    let items = engine.vault()?.items_of(PRIVATE_DRAFT)?;
    let read = |item: VaultItem| {
        let text = item.value.get("text")?.text()?.to_owned();
        Some(PrivateDraft { id: item.id.into(), text })
    };
    Ok(items.into_iter().filter_map(read).collect())
}

/// Throws a private draft away.
fn discard_draft(engine: &mut Engine, id: AgreementDraftId) -> Result<(), Error> {
    private_draft(engine, id)?;
    Ok(engine.vault()?.remove(id.into())?)
}

/// Opens a private draft to the partner as the working draft of an agreement,
/// a new one where `doc` is left out. The private one is then removed: two
/// idempotent steps, the shared one first, so that no word is lost between.
fn open_draft(
    engine: &mut Engine,
    id: AgreementDraftId,
    doc: Option<DocId>,
) -> Result<AgreementView, Error> {
    let draft = private_draft(engine, id)?;
    let command = Command::OpenDraft { text: draft.text };
    let view = match doc {
        Some(doc) => {
            let home = engine.home()?;
            engine.of_class::<AgreementDocs>(&home, doc)?;
            engine.done::<AgreementDocs>(doc, &command)?
        }
        None => begin(engine, &command)?,
    };
    engine.vault()?.remove(id.into())?;
    Ok(view)
}

/// Agreements and one-sided offers, see [`crate::domain::agreement`].
#[derive(Clone, Copy)]
pub struct Agreements<'a>(pub(super) &'a Space);

impl Agreements<'_> {
    async fn act(&self, doc: AgreementId, command: Command) -> Result<AgreementView, Error> {
        self.0.write(move |engine| engine.done::<AgreementDocs>(doc.into(), &command)).await
    }

    /// One change of the working draft, at a position in Unicode scalar values.
    ///
    /// # Errors
    /// `OutsideText`, `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn splice(&self, id: AgreementId, splice: Splice) -> Result<AgreementView, Error> {
        self.0.write(move |engine| splice_in(engine, id.into(), splice)).await
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Agreements<'_> {
    /// The agreements that are not long over (13 weeks), in the order in which
    /// they were begun.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<AgreementView>, Error> {
        self.0.ask(agreements).await
    }

    /// A page of every agreement that ever was, newest first: the next `limit` that were begun
    /// before the one named, or the last of all. Of the others only the index is read.
    ///
    /// # Errors
    /// `NotFound` where `before` is no agreement, or as [`Agreements::list`].
    pub async fn page(
        &self,
        limit: u32,
        before: Option<AgreementId>,
    ) -> Result<Vec<AgreementView>, Error> {
        let page = move |engine: &mut Engine| {
            let home = engine.home()?;
            engine.page::<AgreementDocs>(
                &home,
                before.map(DocId::from),
                limit as usize,
                Folded::listed,
            )
        };
        self.0.ask(page).await
    }

    /// The agreements, sorted by what they ask of me.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn now(&self) -> Result<AgreementsNow, Error> {
        self.0.ask(now).await
    }

    /// One agreement.
    ///
    /// # Errors
    /// `NotFound`, or as [`Agreements::list`].
    pub async fn show(&self, id: AgreementId) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.show::<AgreementDocs>(id.into())).await
    }

    /// Everything that was ever done with an agreement (R36).
    ///
    /// # Errors
    /// As [`Agreements::show`].
    pub async fn history(&self, id: AgreementId) -> Result<Vec<HistoryItem>, Error> {
        self.0.ask(move |engine| history_of(engine, id.into())).await
    }

    /// Proposes terms in a new agreement.
    ///
    /// # Errors
    /// A refusal for the terms, or as [`Agreements::list`]; so for all that follow.
    pub async fn propose(&self, terms: Terms) -> Result<AgreementView, Error> {
        let command = Command::Propose { terms, basis: Past::default() };
        self.0.write(move |engine| begin(engine, &command)).await
    }

    /// Offers something that binds only me; it needs no answer.
    ///
    /// # Errors
    /// As [`Agreements::propose`].
    pub async fn offer(&self, terms: Terms) -> Result<AgreementView, Error> {
        self.0.write(move |engine| begin(engine, &Command::Offer { terms })).await
    }

    /// Proposes other terms: a counter to what is on the table, or an amendment
    /// of what holds. `shown` is the view that this answers.
    ///
    /// # Errors
    /// `StaleView` if something came in since `shown`; as [`Agreements::propose`].
    pub async fn counter(
        &self,
        shown: &AgreementView,
        terms: Terms,
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Propose { terms, basis: shown.basis.clone() }).await
    }

    /// Says yes to exactly this text, as it was shown (R4).
    ///
    /// # Errors
    /// `StaleView`, `StaleRevision`, `AlreadyAgreed`, `RunsTooLong`.
    pub async fn consent(
        &self,
        shown: &AgreementView,
        revision: RevisionHash,
        adopts: Option<Vec<Adoption>>,
    ) -> Result<AgreementView, Error> {
        let (adopts, basis) = (adopts.unwrap_or_default(), shown.basis.clone());
        self.act(shown.id, Command::Consent { revision, adopts, basis }).await
    }

    /// Proposes the same once more, until later.
    ///
    /// # Errors
    /// `OutsideRenewal`, `NotInForce`, `StaleView`.
    pub async fn renew(
        &self,
        shown: &AgreementView,
        expires_at: Option<Moment>,
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Renew { expires_at, basis: shown.basis.clone() }).await
    }

    /// Takes back my proposal or my yes, as long as it is not ratified, and
    /// while it cools off.
    ///
    /// # Errors
    /// `NothingToWithdraw`, `AlreadyRatified`.
    pub async fn withdraw(
        &self,
        id: AgreementId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, Error> {
        self.act(id, Command::Withdraw { revision }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `OwnProposal`, `StaleRevision`.
    pub async fn decline(
        &self,
        id: AgreementId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, Error> {
        self.act(id, Command::Decline { revision }).await
    }

    /// Pauses my part.
    ///
    /// # Errors
    /// `NotInForce`, `AlreadySuspended`.
    pub async fn suspend(&self, id: AgreementId) -> Result<AgreementView, Error> {
        self.act(id, Command::Suspend).await
    }

    /// Lifts my pause.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub async fn resume(&self, id: AgreementId) -> Result<AgreementView, Error> {
        self.act(id, Command::Resume).await
    }

    /// Ends it, at once and for good. Nobody is asked (R1, R2).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end(&self, id: AgreementId) -> Result<AgreementView, Error> {
        self.act(id, Command::End).await
    }

    /// Keeps a private draft; the partner learns nothing of it (R9).
    ///
    /// # Errors
    /// `TextTooLong`, `TextForbidden`, `NotFound` for an unknown `id`.
    pub async fn keep_draft(
        &self,
        id: Option<AgreementDraftId>,
        text: &str,
    ) -> Result<PrivateDraft, Error> {
        let text = text.to_owned();
        self.0.engine.call(move |engine| keep_draft(engine, id, &text)).await
    }

    /// What the two have written together about something: the statement of a breach, amends,
    /// the summary of a talk; in force, on the table or over.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn about(&self, id: DocId) -> Result<Vec<AgreementView>, Error> {
        self.0
            .ask(move |engine| {
                let mut all = agreements(engine)?;
                all.retain(|view| view.about() == Some(id));
                Ok(all)
            })
            .await
    }

    /// Every private draft.
    ///
    /// # Errors
    /// Storage, `Closed`.
    pub async fn drafts(&self) -> Result<Vec<PrivateDraft>, Error> {
        self.0.engine.call(private_drafts).await
    }

    /// Throws a private draft away.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn discard_draft(&self, id: AgreementDraftId) -> Result<(), Error> {
        self.0.engine.call(move |engine| discard_draft(engine, id)).await
    }

    /// Opens a private draft to the partner as a working draft that both may
    /// type in. What is typed there stays in the history: say so before the tap.
    ///
    /// # Errors
    /// `DraftOpen`, `AlreadyEnded`, `NotFound`.
    pub async fn open_draft(
        &self,
        draft: AgreementDraftId,
        agreement: Option<AgreementId>,
    ) -> Result<AgreementView, Error> {
        self.0.write(move |engine| open_draft(engine, draft, agreement.map(DocId::from))).await
    }

    /// Leaves the working draft's editor: `text` is all of it now. What the
    /// partner typed since `shown` stays, merged by the CRDT.
    ///
    /// # Errors
    /// `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn type_text(
        &self,
        shown: &AgreementView,
        text: &str,
    ) -> Result<AgreementView, Error> {
        let (id, basis, text) = (shown.id, shown.basis.clone(), text.to_owned());
        self.0.write(move |engine| type_text(engine, id.into(), &basis, &text)).await
    }
}
