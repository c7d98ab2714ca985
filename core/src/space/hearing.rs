//! Talks and accounts, on one phone.

use super::Space;
use crate::domain::hearing::{AccountView, Command, TalkView, account, decide, talk};
use crate::domain::ledger::own_document;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, ItemId};
use crate::store::StorageError;
use crate::time::Moment;

type Both = (Option<TalkView>, Option<AccountView>);

impl Engine {
    fn hearing(&mut self, home: &Home, doc: DocId) -> Result<Both, Error> {
        let read = self.records(home, doc)?;
        let bodies = self.bodies(home, read.held.iter().map(|held| held.id))?;
        let words = |position| bodies.get(&position).cloned();
        let talk = talk(&home.pair, doc, &read.held, home.me, self.now(), &words);
        Ok((talk, account(&home.pair, doc, &read.held, home.me, &words)))
    }

    fn all_hearing(&mut self, class: &str) -> Result<Vec<Both>, Error> {
        let home = self.home()?;
        let mut all = Vec::new();
        for doc in self.live_documents(&[class])? {
            let read = self.hearing(&home, doc);
            all.extend(self.unless_damaged(doc, read)?);
        }
        Ok(all)
    }

    /// The talk in a document, if it holds one.
    pub(crate) fn talk_in(&mut self, home: &Home, doc: DocId) -> Result<Option<TalkView>, Error> {
        Ok(self.hearing(home, doc)?.0)
    }

    pub(crate) fn talks(&mut self) -> Result<Vec<TalkView>, Error> {
        Ok(self.all_hearing("talk")?.into_iter().filter_map(|(talk, _)| talk).collect())
    }

    fn accounts(&mut self) -> Result<Vec<AccountView>, Error> {
        Ok(self.all_hearing("account")?.into_iter().filter_map(|(_, account)| account).collect())
    }

    fn act_on_hearing(&mut self, doc: Option<DocId>, command: Command) -> Result<Both, Error> {
        let home = self.home()?;
        let salt = random(self.entropy()).map_err(StorageError::from)?;
        let (doc, new) = match doc {
            Some(doc) => (doc, false),
            None => (own_document(home.pair.id, home.me, &salt), true),
        };
        let (talk, account) = if new { (None, None) } else { self.hearing(&home, doc)? };
        if !new && talk.is_none() && account.is_none() {
            return Err(RefusalCode::NotFound.into());
        }
        let drafts = self.deciding(&home, |context| {
            decide(doc, salt, talk.as_ref(), account.as_ref(), &command, context)
        })?;
        self.append_own(drafts)?;
        let home = self.home()?;
        self.hearing(&home, doc)
    }
}

/// Talks and accounts, see [`crate::domain::hearing`].
#[derive(Clone, Copy)]
pub struct Hearing<'a>(pub(super) &'a Space);

impl Hearing<'_> {
    async fn talk(&self, id: Option<DocId>, command: Command) -> Result<TalkView, Error> {
        let (talk, _) = self.0.ask(move |engine| engine.act_on_hearing(id, command)).await?;
        Ok(talk.ok_or(RefusalCode::NotFound)?)
    }

    async fn account(&self, id: Option<DocId>, command: Command) -> Result<AccountView, Error> {
        let (_, account) = self.0.ask(move |engine| engine.act_on_hearing(id, command)).await?;
        Ok(account.ok_or(RefusalCode::NotFound)?)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Hearing<'_> {
    /// The talks.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn talks(&self) -> Result<Vec<TalkView>, Error> {
        self.0.ask(Engine::talks).await
    }

    /// Proposes a talk (F23).
    ///
    /// # Errors
    /// `TimeInvalid`, those of a text, `PairLeft`.
    pub async fn propose_talk(&self, topic: &str, begins: Moment) -> Result<TalkView, Error> {
        let topic = topic.to_owned();
        self.talk(None, Command::Propose { topic, begins }).await
    }

    /// Proposes another window; the other must say yes to it.
    ///
    /// # Errors
    /// `TimeInvalid`, `AlreadyEnded`, `NotFound`.
    pub async fn move_talk(&self, id: DocId, begins: Moment) -> Result<TalkView, Error> {
        self.talk(Some(id), Command::Move { begins }).await
    }

    /// Says yes to the window that was shown.
    ///
    /// # Errors
    /// `StaleView` if another window stands by now; `NothingToAnswer`,
    /// `AlreadyEnded`, `NotFound`.
    pub async fn accept_talk(&self, shown: &TalkView) -> Result<TalkView, Error> {
        self.talk(Some(shown.id), Command::Accept { window: shown.window }).await
    }

    /// Says no. No reason, no consequence (R19).
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn decline_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.talk(Some(id), Command::Decline).await
    }

    /// Ends it; nobody is asked.
    ///
    /// # Errors
    /// `AlreadyEnded`, `NotFound`.
    pub async fn end_talk(&self, id: DocId) -> Result<TalkView, Error> {
        self.talk(Some(id), Command::End).await
    }

    /// The accounts.
    ///
    /// # Errors
    /// As [`Hearing::talks`].
    pub async fn accounts(&self) -> Result<Vec<AccountView>, Error> {
        self.0.ask(Engine::accounts).await
    }

    /// Tells an account, a new one or one of mine anew; what was told before stays
    /// beside it (F22).
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    pub async fn tell(&self, id: Option<DocId>, text: &str) -> Result<AccountView, Error> {
        self.account(id, Command::Tell { text: text.to_owned() }).await
    }

    /// Takes back words of mine in an account: a telling, a question, an answer.
    /// They go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, `NoLongerThere`, `PairLeft`.
    pub async fn withdraw_words(&self, id: DocId, words: ItemId) -> Result<AccountView, Error> {
        let work = move |engine: &mut Engine| {
            engine.withdraw_words(id, words)?;
            let home = engine.home()?;
            engine.hearing(&home, id)
        };
        let (_, account) = self.0.ask(work).await?;
        Ok(account.ok_or(RefusalCode::NotFound)?)
    }

    /// Asks about the other's account, as it stands here (F30). At most three
    /// questions wait for an answer: a fourth takes the place of the oldest (R31).
    ///
    /// # Errors
    /// `OwnWords`, `NotFound`, those of a text.
    pub async fn ask(&self, id: DocId, text: &str) -> Result<AccountView, Error> {
        self.account(Some(id), Command::Ask { text: text.to_owned() }).await
    }

    /// Answers a question about my account. None is owed.
    ///
    /// # Errors
    /// `NotYourWords`, `NotFound`, those of a text.
    pub async fn answer(
        &self,
        id: DocId,
        question: ItemId,
        text: &str,
    ) -> Result<AccountView, Error> {
        self.account(Some(id), Command::Answer { question, text: text.to_owned() }).await
    }
}
