//! Openness posts, on one phone.

use super::Space;
use super::subscription::Subscription;
use crate::domain::ledger::{Month, ledger};
use crate::domain::openness::{Command, NewPost, PostView, decide, fold, project};
use crate::domain::pacing::Feature;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::id::{DocId, ItemId};
use crate::limits;
use crate::time::{DAY, Moment};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Engine {
    /// The ledgers of both that views look at: those of the months around now,
    /// and every other one that still holds something that lives.
    pub(crate) fn live_ledgers(&mut self, home: &Home) -> Result<Vec<DocId>, Error> {
        let now = self.now();
        let mut docs: BTreeSet<DocId> = self.ledgers_between(home, now, now);
        let others = ["openness", "checkin", "intention", "words"];
        docs.extend(self.live_documents(&others)?);
        Ok(docs.into_iter().collect())
    }

    /// The ledgers of both for the months from 13 weeks before `from` to a month
    /// after `to`.
    pub(crate) fn ledgers_between(&self, home: &Home, from: Moment, to: Moment) -> BTreeSet<DocId> {
        let mut docs = BTreeSet::new();
        // Nobody's life is longer than this; stated times can be anything.
        let mut at = from.max(to.plus(-limits::LIFE)).plus(-limits::RECENT);
        while at <= to.plus(31 * DAY) {
            for person in home.pair.members() {
                docs.insert(ledger(home.pair.id, person, Month::of(at)));
            }
            at = at.plus(27 * DAY);
        }
        docs
    }

    /// The posts of one ledger as they are now.
    pub(crate) fn posts_of(&mut self, home: &Home, doc: DocId) -> Result<Vec<PostView>, Error> {
        let basis = self.touched(home, doc)?;
        if basis.0.is_empty() {
            return Ok(Vec::new());
        }
        let folded = match self.posts.get(&doc) {
            Some((known, folded)) if *known == basis => folded.clone(),
            _ => {
                let read = self.records(home, doc)?;
                let folded = Arc::new(fold(&home.pair, doc, &read.held));
                if self.posts.len() >= limits::LIVE_DOCUMENTS {
                    self.posts.clear();
                }
                self.posts.insert(doc, (read.basis, folded.clone()));
                folded
            }
        };
        let now = self.now();
        let live = folded.posts.iter().filter(|post| now < post.until);
        let words = live.flat_map(|post| {
            std::iter::once(post.id).chain(post.corrections.iter().map(|(position, _)| *position))
        });
        let bodies = self.bodies(home, words)?;
        let read = |position| bodies.get(&position).cloned();
        Ok(project(&folded, doc, &home.pair, home.me, now, &read))
    }

    /// Every post that lives, and the stubs of those taken back, oldest first.
    pub(crate) fn posts(&mut self) -> Result<Vec<PostView>, Error> {
        let home = self.home()?;
        let mut posts = Vec::new();
        for doc in self.live_ledgers(&home)? {
            // One that is damaged must not hide the others, nor keep them from
            // being stopped.
            let of = self.posts_of(&home, doc);
            posts.extend(self.unless_damaged(doc, of)?.unwrap_or_default());
        }
        posts.sort_by_key(|post| (post.at, post.id));
        Ok(posts)
    }

    /// The posts that are still shared: none once the pair has ended.
    pub(crate) fn shared_posts(&mut self) -> Result<Vec<PostView>, Error> {
        let home = self.home()?;
        match self.pair_state(&home)?.left_at {
            Some(_) => Ok(Vec::new()),
            None => self.posts(),
        }
    }

    fn post_with(&mut self, id: ItemId) -> Result<PostView, Error> {
        let found = self.posts()?.into_iter().find(|post| post.id == id);
        Ok(found.ok_or(RefusalCode::NoLongerThere)?)
    }

    /// A post just after it was written or changed: the newest ledger holds it
    /// most likely.
    fn written_post(&mut self, id: ItemId) -> Result<PostView, Error> {
        let home = self.home()?;
        let newest = ledger(home.pair.id, home.me, Month::of(self.now()));
        let found = self.posts_of(&home, newest)?.into_iter().find(|post| post.id == id);
        found.map_or_else(|| self.post_with(id), Ok)
    }

    fn act_on_post(&mut self, id: Option<ItemId>, command: Command) -> Result<ItemId, Error> {
        let written = self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            let post = match id {
                Some(id) => Some(engine.post_with(id)?),
                None => None,
            };
            let mut under = None;
            if let Command::Post(new) = &command {
                if engine.pacing(&home)?.limits().off.contains(&Feature::Openness) {
                    return Err(RefusalCode::FeatureOff.into());
                }
                let doc = ledger(home.pair.id, home.me, Month::of(engine.now()));
                engine.posts_of(&home, doc)?;
                let told = engine.posts.get(&doc).map_or(0, |(_, folded)| folded.posts.len());
                if told >= limits::POSTS_PER_MONTH {
                    return Err(RefusalCode::CapReached.into());
                }
                if let Some(doc) = new.under {
                    under = Some(engine.show_agreement(doc)?);
                }
            }
            let drafts = engine.deciding(&home, |context| {
                decide(post.as_ref(), under.as_ref(), &command, context)
            })?;
            let own = home.own()?.follower.checkpoint();
            let next = crate::id::Position { log: own.log, index: own.length, place: 0 };
            engine.append(&mut home, drafts)?;
            Ok(next.item())
        })?;
        self.changed();
        Ok(id.unwrap_or(written))
    }
}

/// What both tell of themselves, see [`crate::domain::openness`].
#[derive(Clone, Copy)]
pub struct Openness<'a>(pub(super) &'a Space);

impl Openness<'_> {
    async fn act(&self, id: Option<ItemId>, command: Command) -> Result<PostView, Error> {
        self.0
            .ask(move |engine| {
                let id = engine.act_on_post(id, command)?;
                engine.written_post(id)
            })
            .await
    }

    /// Begins to hear of the posts.
    pub fn subscribe(&self) -> Subscription<Vec<PostView>> {
        Subscription::new(self.0, Engine::posts)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Openness<'_> {
    /// The posts of both that live, and stubs of those taken back this week.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`.
    pub async fn list(&self) -> Result<Vec<PostView>, Error> {
        self.0.ask(Engine::posts).await
    }

    /// Tells something, for a while.
    ///
    /// # Errors
    /// `LivesTooLong` (over 90 days, or past), `NotInForce` for the agreement
    /// that it names, `FeatureOff`, those of a text.
    pub async fn post(&self, new: NewPost) -> Result<PostView, Error> {
        self.act(None, Command::Post(new)).await
    }

    /// Adds a later truth beside a post of mine (F22, F64).
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`, those of a text.
    pub async fn correct(&self, id: ItemId, text: &str) -> Result<PostView, Error> {
        self.act(Some(id), Command::Correct { text: text.to_owned() }).await
    }

    /// Takes a post of mine back: its words go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: ItemId) -> Result<PostView, Error> {
        self.act(Some(id), Command::Withdraw).await
    }

    /// Says thank you for a post of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: ItemId) -> Result<PostView, Error> {
        self.act(Some(id), Command::Thank).await
    }
}
