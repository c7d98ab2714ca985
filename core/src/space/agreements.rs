//! What the engine does with agreements.

use super::Space;
use crate::cbor::Value;
use crate::domain::agreement::decide::Splice;
use crate::domain::agreement::view::{AgreementsNow, agreements_now};
use crate::domain::agreement::{AgreementView, Command, Folded, Terms, decide, project};
use crate::domain::record::{Action, Draft};
use crate::domain::refusal::RefusalCode;
use crate::domain::share::{SharedItem, stop_all, what_i_share};
use crate::domain::text;
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, Past, RevisionHash};
use crate::limits;
use crate::store::{LiveRow, StorageError, VaultItem};
use crate::time::Moment;
use serde::Serialize;
use std::sync::Arc;

/// An entry of a log, as its readable records say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct LogItem {
    /// Whether it stands in one's own log.
    pub own: bool,
    /// Its index.
    pub index: u64,
    /// The head after it.
    pub head: crate::id::Head,
    /// The kinds of its records, in place order; `?` for one that cannot be read.
    pub kinds: Vec<String>,
    /// The documents that they are about.
    pub documents: Vec<DocId>,
}

/// A document for other tools. Its words stand in bodies, apart from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedDocument {
    /// As Automerge saves it.
    pub bytes: Vec<u8>,
    /// Its heads: equal on both phones when both hold the same.
    pub heads: Vec<String>,
    /// Its records by position, as JSON; byte strings as hexadecimal text.
    pub records: std::collections::BTreeMap<String, serde_json::Value>,
}

/// A draft that nobody else sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PrivateDraft {
    /// Its id in the vault.
    pub id: DocId,
    /// Its text.
    pub text: String,
}

/// One revision of an agreement that was proposed at some time (R36).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct HistoryItem {
    /// When it was written, as its author states.
    pub at: Moment,
    /// Who wrote it; left out for an end, which is nobody's to be blamed for.
    pub by: Option<crate::domain::pair::Who>,
    /// What was done.
    pub what: String,
    /// The revision concerned, as its hash.
    pub revision: Option<crate::id::RevisionHash>,
    /// The words of a proposal.
    pub texts: Vec<String>,
}

const PRIVATE_DRAFT: &str = "agreement-draft";

impl Engine {
    fn view(&mut self, home: &Home, folded: &Folded) -> Result<AgreementView, Error> {
        let state = self.pair_state(home)?;
        let mut view = project(folded, &home.pair, &state, home.me, self.now());
        if self.reconfirming()? {
            view = view.until_reconfirmed();
        }
        if let Some(draft) = &mut view.draft {
            let document = self.document(home, folded.doc)?;
            draft.text = document.text(draft.id).unwrap_or_default();
        }
        Ok(view)
    }

    /// One agreement as this phone's person sees it now.
    pub fn show_agreement(&mut self, doc: DocId) -> Result<AgreementView, Error> {
        let home = self.home()?;
        let folded = self.agreement(&home, doc)?;
        if folded.begun.is_none() && folded.not_understood.is_empty() {
            return Err(RefusalCode::NotFound.into());
        }
        self.view(&home, &folded)
    }

    /// The agreements that are not long over.
    fn live_agreements(&mut self, home: &Home) -> Result<Vec<(Arc<Folded>, AgreementView)>, Error> {
        let docs = self.live_documents(&["agreement", "draft"])?;
        self.read_agreements(home, docs)
    }

    fn read_agreements(
        &mut self,
        home: &Home,
        docs: Vec<DocId>,
    ) -> Result<Vec<(Arc<Folded>, AgreementView)>, Error> {
        let mut all = Vec::new();
        for doc in docs {
            match self.read_agreement(home, doc) {
                Ok((folded, view)) => {
                    let something = !folded.revisions.is_empty()
                        || !folded.drafts.is_empty()
                        || folded.offer.is_some()
                        || folded.ended_at.is_some()
                        || !folded.not_understood.is_empty();
                    if something {
                        all.push((folded, view));
                    }
                }
                // One that cannot be read does not take the others with it.
                Err(Error::Storage(StorageError::Damaged(what))) => {
                    tracing::warn!(what, "an agreement cannot be read");
                    self.unreadable.insert(doc);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    fn read_agreement(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<(Arc<Folded>, AgreementView), Error> {
        let folded = self.agreement(home, doc)?;
        let view = self.view(home, &folded)?;
        Ok((folded, view))
    }

    /// The agreements that are not long over, in the order in which they were begun.
    pub fn agreements(&mut self) -> Result<Vec<AgreementView>, Error> {
        let home = self.home()?;
        let all = self.live_agreements(&home)?;
        Ok(in_order_of_beginning(all))
    }

    /// Every agreement that ever was.
    pub fn all_agreements(&mut self) -> Result<Vec<AgreementView>, Error> {
        let home = self.home()?;
        let docs = self.agreement_ids()?;
        let all = self.read_agreements(&home, docs)?;
        Ok(in_order_of_beginning(all))
    }

    /// The agreements, sorted by what they ask.
    pub fn agreements_now(&mut self) -> Result<AgreementsNow, Error> {
        let now = self.now();
        Ok(agreements_now(&self.agreements()?, now))
    }

    /// What this phone's person shares.
    pub fn what_i_share(&mut self) -> Result<Vec<SharedItem>, Error> {
        let (views, posts) = (self.agreements()?, self.shared_posts()?);
        Ok(what_i_share(&views, &posts))
    }

    /// Stops all sharing at once. Gives back what was shared.
    pub fn stop_all(&mut self) -> Result<Vec<SharedItem>, Error> {
        let stopped = self.transact(|engine| {
            let mut home = engine.home()?;
            if engine.pair_state(&home)?.left_at.is_some() {
                return Ok(Vec::new());
            }
            engine.look_at_clock()?;
            home = engine.home()?;
            let all = engine.live_agreements(&home)?;
            let views: Vec<AgreementView> = all.iter().map(|(_, view)| view.clone()).collect();
            let posts = engine.shared_posts()?;
            let mut drafts = stop_all(&all, &posts, engine.now());
            // What cannot be read may share: it is ended.
            let unreadable = std::mem::take(&mut engine.unreadable).into_iter();
            let end = |target| Draft { target, action: Action::End, body: None };
            drafts.extend(unreadable.map(end));
            engine.append_all(&mut home, drafts)?;
            Ok(what_i_share(&views, &posts))
        })?;
        self.changed();
        Ok(stopped)
    }

    /// Decides and writes; gives back what there is to see then.
    pub fn act(&mut self, doc: DocId, command: Command) -> Result<AgreementView, Error> {
        self.transact(|engine| {
            let mut home = engine.home()?;
            engine.act_within(&mut home, doc, &command)
        })?;
        self.changed();
        self.show_agreement(doc)
    }

    fn act_within(&mut self, home: &mut Home, doc: DocId, command: &Command) -> Result<(), Error> {
        self.look_at_clock()?;
        *home = self.home()?;
        let folded = self.agreement(home, doc)?;
        let actions = self.deciding(home, |context| decide(&folded, command, context))?;
        if folded.begun.is_none() {
            let mine = home.own()?.number;
            let mine_of = |row: &&LiveRow| {
                let class = row.first_kind.split_once('.').map(|(class, _)| class);
                row.log == mine && matches!(class, Some("agreement" | "draft"))
            };
            let live = self.live_rows()?.iter().filter(mine_of).count();
            let begun = self.db()?.begun()?.of(mine, "agreement");
            if begun >= limits::AGREEMENTS || live >= limits::LIVE_DOCUMENTS {
                return Err(RefusalCode::TooManyAgreements.into());
            }
        }
        let drafts: Vec<Draft> =
            actions.into_iter().map(|action| Draft { target: doc, action, body: None }).collect();
        if drafts.is_empty() {
            return Ok(());
        }
        if drafts.len() > limits::ENTRY_RECORDS {
            return Err(RefusalCode::CapReached.into());
        }
        self.append(home, drafts)
    }

    /// Begins a new agreement with a command.
    pub fn begin(&mut self, command: Command) -> Result<AgreementView, Error> {
        let doc = DocId(random(self.entropy()).map_err(StorageError::from)?);
        self.act(doc, command)
    }

    /// Leaves the working draft's editor: `typed` is its whole text now, `basis`
    /// what it was shown from. What the partner typed meanwhile stays.
    pub fn type_text(
        &mut self,
        doc: DocId,
        basis: Past,
        typed: String,
    ) -> Result<AgreementView, Error> {
        let typed = text::fragment(&typed)?;
        self.transact(|engine| {
            let mut home = engine.home()?;
            let folded = engine.agreement(&home, doc)?;
            let view = engine.view(&home, &folded)?;
            let draft = view.draft.ok_or(RefusalCode::DraftClosed)?;
            let document = engine.document(&home, doc)?;
            let splices =
                document.retype(draft.id, &basis, &typed)?.ok_or(RefusalCode::StaleView)?;
            if splices.is_empty() {
                return Ok(());
            }
            let length = draft.text.chars().count();
            engine.act_within(&mut home, doc, &Command::Type { splices, length })
        })?;
        self.changed();
        self.show_agreement(doc)
    }

    /// One change of the working draft's current text.
    pub fn splice(&mut self, doc: DocId, splice: Splice) -> Result<AgreementView, Error> {
        self.transact(|engine| {
            let mut home = engine.home()?;
            let folded = engine.agreement(&home, doc)?;
            let view = engine.view(&home, &folded)?;
            let length = view.draft.map_or(0, |draft| draft.text.chars().count());
            engine.act_within(&mut home, doc, &Command::Type { splices: vec![splice], length })
        })?;
        self.changed();
        self.show_agreement(doc)
    }

    /// Everything that was ever done with an agreement, oldest first (R36).
    pub fn history(&mut self, doc: DocId) -> Result<Vec<HistoryItem>, Error> {
        use crate::domain::pair::Who;
        let home = self.home()?;
        let mut held = self.records(&home, doc)?.held.to_vec();
        if held.is_empty() {
            return Err(RefusalCode::NotFound.into());
        }
        held.sort_by_key(|held| (held.past.0.values().sum::<u64>(), held.id));
        let item = |held: crate::domain::Held| {
            let by = if held.author == home.me { Who::Me } else { Who::Partner };
            let revision = match &held.record.action {
                Action::Propose { revision } | Action::Offer { revision } => {
                    Some(revision.hash(doc))
                }
                Action::Consent { revision }
                | Action::WithdrawConsent { revision, .. }
                | Action::WithdrawProposal { revision }
                | Action::Decline { revision } => Some(*revision),
                _ => None,
            };
            let texts: Vec<String> = match &held.record.action {
                Action::Propose { revision } | Action::Offer { revision } => {
                    revision.clauses.iter().map(|clause| clause.text.clone()).collect()
                }
                Action::OpenDraft { text } => vec![text.clone()],
                Action::Splice { insert, .. } => vec![insert.clone()],
                _ => Vec::new(),
            };
            HistoryItem {
                at: held.record.at.moment,
                by: (held.record.action != Action::End).then_some(by),
                what: held.record.action.kind().to_owned(),
                revision,
                // Received words that do not count are not shown as if they did.
                texts: texts.into_iter().filter(|words| text::fragment_counts(words)).collect(),
            }
        };
        Ok(held.into_iter().map(item).collect())
    }

    /// How long the logs are: one's own, the partner's.
    pub fn log_lengths(&mut self) -> Result<(u64, u64), Error> {
        let home = self.home()?;
        let length = |mine: bool| {
            let of = home.logs.iter().filter(|log| (log.follower.owner() == home.me) == mine);
            of.map(|log| log.follower.checkpoint().length).sum()
        };
        Ok((length(true), length(false)))
    }

    /// Every entry of both logs.
    pub fn log_items(&mut self) -> Result<Vec<LogItem>, Error> {
        let home = self.home()?;
        let mut items = Vec::new();
        for log in &home.logs {
            for index in 0..log.follower.checkpoint().length {
                let row = self.db()?.entry(log.number, index)?;
                let records = crate::log::Entry::decode(&row.bytes).map(|entry| entry.records);
                let headers: Vec<_> = records
                    .unwrap_or_default()
                    .iter()
                    .map(|bytes| crate::domain::record::header(&Value::decode(bytes).ok()?))
                    .collect();
                let theirs = log.follower.owner() != home.me;
                let kind = |header: &Option<crate::domain::record::Header>| {
                    let plain = |kind: &&String| {
                        kind.len() <= 64 && kind.bytes().all(|b| b.is_ascii_graphic())
                    };
                    let kind = header.as_ref().map(|header| &header.kind).filter(plain);
                    match kind.and_then(|kind| kind.split_once('.')) {
                        // Whether the other has sealed, or taken it back, is nobody's
                        // business until both have (§5.6.5).
                        Some(("checkin" | "intention", _)) if theirs => "day".to_owned(),
                        _ => kind.cloned().unwrap_or_else(|| "?".to_owned()),
                    }
                };
                items.push(LogItem {
                    own: log.follower.owner() == home.me,
                    index,
                    head: row.head,
                    kinds: headers.iter().map(kind).collect(),
                    documents: headers.into_iter().flatten().map(|header| header.target).collect(),
                });
            }
        }
        Ok(items)
    }

    /// Keeps a private draft in the vault: a new one, or the one with this id.
    pub fn keep_draft(&mut self, id: Option<DocId>, words: &str) -> Result<PrivateDraft, Error> {
        let words = text::fragment(words)?;
        let id = match id {
            Some(id) => self.private_draft(id)?.id,
            None => self.vault()?.new_id()?,
        };
        let value = Value::map([("text", Some(words.as_str().into()))]);
        self.vault()?.put(&VaultItem { id, kind: PRIVATE_DRAFT.to_owned(), value })?;
        Ok(PrivateDraft { id, text: words })
    }

    /// A private draft.
    pub fn private_draft(&mut self, id: DocId) -> Result<PrivateDraft, Error> {
        let drafts = self.private_drafts()?;
        Ok(drafts.into_iter().find(|draft| draft.id == id).ok_or(RefusalCode::NotFound)?)
    }

    /// Every private draft.
    pub fn private_drafts(&mut self) -> Result<Vec<PrivateDraft>, Error> {
        let items = self.vault()?.items()?;
        let read = |item: VaultItem| {
            let text = item.value.get("text")?.text()?.to_owned();
            (item.kind == PRIVATE_DRAFT).then_some(PrivateDraft { id: item.id, text })
        };
        Ok(items.into_iter().filter_map(read).collect())
    }

    /// Throws a private draft away.
    pub fn discard_draft(&mut self, id: DocId) -> Result<(), Error> {
        self.private_draft(id)?;
        Ok(self.vault()?.remove(id)?)
    }

    /// Opens a private draft to the partner as the working draft of an agreement,
    /// a new one where `doc` is left out. The private one is then removed: two
    /// idempotent steps, the shared one first, so that no word is lost between.
    pub fn open_draft(&mut self, id: DocId, doc: Option<DocId>) -> Result<AgreementView, Error> {
        let draft = self.private_draft(id)?;
        let command = Command::OpenDraft { text: draft.text };
        let view = match doc {
            Some(doc) => self.act(doc, command)?,
            None => self.begin(command)?,
        };
        self.vault()?.remove(id)?;
        Ok(view)
    }

    /// A document as Automerge saves it, with its heads and records.
    pub fn export_document(&mut self, doc: DocId) -> Result<ExportedDocument, Error> {
        let home = self.home()?;
        if self.touched(&home, doc)?.0.is_empty() {
            return Err(RefusalCode::NotFound.into());
        }
        let document = self.document(&home, doc)?;
        let stored = document.records()?;
        let records = stored.iter().map(|one| (one.id.to_string(), one.value.to_json()));
        Ok(ExportedDocument {
            heads: document.heads(),
            records: records.collect(),
            bytes: document.save(),
        })
    }

    /// The document's heads, for comparing two phones and for `doctor`.
    pub fn document_heads(&mut self, doc: DocId) -> Result<Vec<String>, Error> {
        let home = self.home()?;
        Ok(self.document(&home, doc)?.heads())
    }
}

fn in_order_of_beginning(mut all: Vec<(Arc<Folded>, AgreementView)>) -> Vec<AgreementView> {
    all.sort_by_key(|(folded, _)| (folded.begun, folded.doc));
    all.into_iter().map(|(_, view)| view).collect()
}

/// Agreements and one-sided offers, see [`crate::domain::agreement`].
#[derive(Clone, Copy)]
pub struct Agreements<'a>(pub(super) &'a Space);

impl Agreements<'_> {
    async fn act(&self, doc: DocId, command: Command) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.act(doc, command)).await
    }

    /// One change of the working draft, at a position in Unicode scalar values.
    ///
    /// # Errors
    /// `OutsideText`, `DraftClosed`, `TextTooLong`, `CapReached`.
    pub async fn splice(&self, id: DocId, splice: Splice) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.splice(id, splice)).await
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
        self.0.ask(Engine::agreements).await
    }

    /// Every agreement that ever was, however long ago: it takes longer with the
    /// years.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn all(&self) -> Result<Vec<AgreementView>, Error> {
        self.0.ask(Engine::all_agreements).await
    }

    /// The agreements, sorted by what they ask of me.
    ///
    /// # Errors
    /// As [`Agreements::list`].
    pub async fn now(&self) -> Result<AgreementsNow, Error> {
        self.0.ask(Engine::agreements_now).await
    }

    /// One agreement.
    ///
    /// # Errors
    /// `NotFound`, or as [`Agreements::list`].
    pub async fn show(&self, id: DocId) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.show_agreement(id)).await
    }

    /// Everything that was ever done with an agreement (R36).
    ///
    /// # Errors
    /// As [`Agreements::show`].
    pub async fn history(&self, id: DocId) -> Result<Vec<HistoryItem>, Error> {
        self.0.ask(move |engine| engine.history(id)).await
    }

    /// Proposes terms in a new agreement.
    ///
    /// # Errors
    /// A refusal for the terms, or as [`Agreements::list`]; so for all that follow.
    pub async fn propose(&self, terms: Terms) -> Result<AgreementView, Error> {
        let command = Command::Propose { terms, basis: Past::default() };
        self.0.ask(move |engine| engine.begin(command)).await
    }

    /// Offers something that binds only me; it needs no answer.
    ///
    /// # Errors
    /// As [`Agreements::propose`].
    pub async fn offer(&self, terms: Terms) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.begin(Command::Offer { terms })).await
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
    ) -> Result<AgreementView, Error> {
        self.act(shown.id, Command::Consent { revision, basis: shown.basis.clone() }).await
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
        id: DocId,
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
        id: DocId,
        revision: Option<RevisionHash>,
    ) -> Result<AgreementView, Error> {
        self.act(id, Command::Decline { revision }).await
    }

    /// Pauses my part.
    ///
    /// # Errors
    /// `NotInForce`, `AlreadySuspended`.
    pub async fn suspend(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::Suspend).await
    }

    /// Lifts my pause.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub async fn resume(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::Resume).await
    }

    /// Ends it, at once and for good. Nobody is asked (R1, R2).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end(&self, id: DocId) -> Result<AgreementView, Error> {
        self.act(id, Command::End).await
    }

    /// Keeps a private draft; the partner learns nothing of it (R9).
    ///
    /// # Errors
    /// `TextTooLong`, `TextForbidden`, `NotFound` for an unknown `id`.
    pub async fn keep_draft(&self, id: Option<DocId>, text: &str) -> Result<PrivateDraft, Error> {
        let text = text.to_owned();
        self.0.ask(move |engine| engine.keep_draft(id, &text)).await
    }

    /// Every private draft.
    ///
    /// # Errors
    /// Storage, `Closed`.
    pub async fn drafts(&self) -> Result<Vec<PrivateDraft>, Error> {
        self.0.ask(Engine::private_drafts).await
    }

    /// Throws a private draft away.
    ///
    /// # Errors
    /// `NotFound`, storage, `Closed`.
    pub async fn discard_draft(&self, id: DocId) -> Result<(), Error> {
        self.0.ask(move |engine| engine.discard_draft(id)).await
    }

    /// Opens a private draft to the partner as a working draft that both may
    /// type in. What is typed there stays in the history: say so before the tap.
    ///
    /// # Errors
    /// `DraftOpen`, `AlreadyEnded`, `NotFound`.
    pub async fn open_draft(
        &self,
        draft: DocId,
        agreement: Option<DocId>,
    ) -> Result<AgreementView, Error> {
        self.0.ask(move |engine| engine.open_draft(draft, agreement)).await
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
        self.0.ask(move |engine| engine.type_text(id, basis, text)).await
    }
}
