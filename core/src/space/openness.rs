//! What both tell of themselves, by their own hand and for a while.

use super::Space;
use super::settings::shown;
use super::subscription::Subscription;
use crate::domain::agreement::AgreementDocs;
use crate::domain::capability::Class;
use crate::domain::ledger::{Month, ledger};
use crate::domain::openness::{Command, Kind, NewPost, PostState, PostView, Posts, Told};
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::engine::{Engine, Home, Watched};
use crate::error::Error;
use crate::id::{DocId, Position, PostId};
use crate::limits;
use std::collections::BTreeSet;

/// The ledgers of both that views look at: those of the months around now,
/// and every other one that still holds something that lives.
fn live_ledgers(engine: &mut Engine, home: &Home) -> Result<Vec<DocId>, Error> {
    let now = engine.now();
    let mut docs: BTreeSet<DocId> = home.ledgers_between(now, now).into_iter().flatten().collect();
    docs.extend(engine.live_documents(&[Class::Ledger], limits::LIVE_DOCUMENTS)?);
    Ok(docs.into_iter().collect())
}

/// Every post that lives, and the stubs of those taken back, oldest first.
pub(super) fn posts(engine: &mut Engine) -> Result<Vec<PostView>, Error> {
    let home = engine.home()?;
    let docs = live_ledgers(engine, &home)?;
    let mut all = posts_in(engine, &home, docs)?;
    // The stub of a disclosure lasts, but not among what is told today.
    let now = engine.now();
    all.retain(|post| post.state == PostState::Live || post.gone_lately(now));
    Ok(all)
}

/// Every disclosure that was ever told: it grows with history.
fn disclosures(engine: &mut Engine) -> Result<Vec<PostView>, Error> {
    let home = engine.home()?;
    let docs = engine.all_documents(Class::Ledger, u64::MAX)?;
    let mut all = posts_in(engine, &home, docs)?;
    all.retain(|post| post.kind == Kind::Disclosure);
    Ok(all)
}

fn posts_in(engine: &mut Engine, home: &Home, docs: Vec<DocId>) -> Result<Vec<PostView>, Error> {
    let (keeping, now) = (engine.keeping(home)?, engine.now());
    let mut all = Vec::new();
    for doc in docs {
        // One that is damaged must not hide the others, nor keep them from
        // being stopped.
        let of = engine.view::<Posts>(home, &[doc]);
        let of = engine.unless_damaged(doc, of)?.flatten().unwrap_or_default();
        let kept = |post: PostView| {
            let days = keeping.of(post.by == Who::Me);
            post.kept(days, now)
        };
        all.extend(of.into_iter().filter_map(kept));
    }
    all.sort_by_key(|post| (post.at, post.id));
    Ok(all)
}

/// Those that this phone's person is shown.
fn shown_posts(engine: &mut Engine) -> Result<Vec<PostView>, Error> {
    shown(engine, Feature::Openness, posts)
}

/// The posts that are still shared: none once the pair has ended.
pub(super) fn shared(engine: &mut Engine) -> Result<Vec<PostView>, Error> {
    let home = engine.home()?;
    match engine.pair_state(&home)?.left_at {
        Some(_) => Ok(Vec::new()),
        None => posts(engine),
    }
}

fn found(engine: &mut Engine, id: PostId) -> Result<PostView, Error> {
    let found = posts(engine)?.into_iter().find(|post| post.id == id);
    Ok(found.ok_or(RefusalCode::NoLongerThere)?)
}

fn act(engine: &mut Engine, post: Option<PostId>, command: Command) -> Result<PostView, Error> {
    let (doc, id) = engine.write(|engine, home| {
        let doc = match post {
            Some(id) => found(engine, id)?.ledger,
            None => ledger(home.pair.id, home.me, Month::of(engine.now())),
        };
        let under = match &command {
            Command::Post(NewPost { under: Some(under), .. }) => {
                Some(engine.show::<AgreementDocs>((*under).into())?)
            }
            _ => None,
        };
        let own = home.own()?.follower.checkpoint();
        let next = Position { log: own.log, index: own.length, place: 0 };
        engine.act_within::<Posts>(home, &[doc], &Told { post, command, under })?;
        Ok((doc, post.unwrap_or(next.item().into())))
    })?;
    let home = engine.home()?;
    let seen = engine.view::<Posts>(&home, &[doc])?.unwrap_or_default();
    Ok(seen.into_iter().find(|post| post.id == id).ok_or(RefusalCode::NoLongerThere)?)
}

/// What both tell of themselves, see [`crate::domain::openness`].
#[derive(Clone, Copy)]
pub struct Openness<'a>(pub(super) &'a Space);

impl Openness<'_> {
    async fn act(&self, id: Option<PostId>, command: Command) -> Result<PostView, Error> {
        self.0.write(move |engine| act(engine, id, command)).await
    }

    /// Begins to hear of the posts.
    pub fn subscribe(&self) -> Subscription<Vec<PostView>> {
        Subscription::new(self.0, Watched::Of(&[Class::Ledger]), shown_posts)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl Openness<'_> {
    /// The posts of both that live, and stubs of those taken back this week.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`.
    pub async fn list(&self) -> Result<Vec<PostView>, Error> {
        self.0.ask(shown_posts).await
    }

    /// Tells something, for a while.
    ///
    /// # Errors
    /// `LivesTooLong` (over 90 days, or past), `NotInForce` for the agreement
    /// that it names, `FeatureOff`, those of a text.
    pub async fn post(&self, new: NewPost) -> Result<PostView, Error> {
        self.act(None, Command::Post(new)).await
    }

    /// Every disclosure that was ever told, with its words while it lives, and afterwards that
    /// it was told and when, and when it was taken back: nobody can make a confession unsaid.
    /// It reads every month that there was.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`.
    pub async fn disclosures(&self) -> Result<Vec<PostView>, Error> {
        self.0.ask(disclosures).await
    }

    /// Adds a later truth beside a post of mine (F22, F64).
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`, those of a text.
    pub async fn correct(&self, id: PostId, text: &str) -> Result<PostView, Error> {
        self.act(Some(id), Command::Correct { text: text.to_owned() }).await
    }

    /// Takes a post of mine back: its words go on both phones.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: PostId) -> Result<PostView, Error> {
        self.act(Some(id), Command::Withdraw).await
    }

    /// Says thank you for a post of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: PostId) -> Result<PostView, Error> {
        self.act(Some(id), Command::Thank).await
    }
}
