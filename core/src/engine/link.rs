//! What links this phone to the other one: kept, proved, held, retired.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::Pair;
use crate::domain::pair::{Leave, Lifecycle};
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::id::{PairId, PersonId};
use crate::limits::{LEAVE_DELIVERY, LOG_GENERATIONS, PAIRING_SECONDS};
use crate::log::body::BodyState;
use crate::log::{Checkpoint, log_id};
use crate::pairing::{Material, Replacement};
use crate::store::{Keys, PairDb, Setting, StorageError};
use crate::text;
use crate::time::Moment;

/// The link as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The pair.
    pub pair: Pair,
    /// This phone's person.
    pub me: PersonId,
    /// The other phone's static key.
    pub partner_key: [u8; 32],
    /// The pair's secret.
    pub secret: [u8; 32],
    /// Raised whenever a phone is replaced.
    pub epoch: u64,
    /// Not yet proved by a session.
    pub pending: bool,
    /// When both had confirmed; what nobody proves expires.
    pub since: Moment,
    /// The name that the partner chose when pairing.
    pub partner_name: String,
    /// While it is pending on a phone that replaces another: the pair's logs.
    pub logs: Vec<Checkpoint>,
    /// This phone was made of a backup and is not paired again yet: there is a pair, and
    /// nothing to speak with.
    pub restored: bool,
}

/// How to leave (R14; RULES.md, leaving and stopping).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Leaving {
    /// The partner's phone will say "left". The link lives on only to deliver
    /// that, for 7 days at most. A phone that was made of a backup, and is not paired again, has
    /// none: there it is the same as `Silent`.
    Announced,
    /// Nothing more is sent, from now on. The partner sees what they see when
    /// this phone is offline.
    Silent,
}

/// What a session needs of the link.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct LinkKeys {
    /// The pair.
    #[zeroize(skip)]
    pub pair: PairId,
    /// This phone's person.
    #[zeroize(skip)]
    pub me: PersonId,
    /// The other one.
    #[zeroize(skip)]
    pub partner: PersonId,
    /// This phone's private static key.
    pub private: [u8; 32],
    /// The other phone's public one.
    #[zeroize(skip)]
    pub partner_key: [u8; 32],
    /// The pair's secret.
    pub secret: [u8; 32],
    /// The key epoch.
    #[zeroize(skip)]
    pub epoch: u64,
    /// Whether anything is taken in: not after leaving.
    #[zeroize(skip)]
    pub receive: bool,
}

impl Drop for Link {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.secret);
    }
}

impl Link {
    fn new(material: &Material, since: Moment) -> Result<Self, StorageError> {
        let pair = Pair::new(material.pair, material.me, material.partner)
            .ok_or_else(|| StorageError::Io("a pairing gave one person twice".to_owned()))?;
        Ok(Self {
            pair,
            me: material.me,
            partner_key: material.partner_key,
            secret: material.secret,
            epoch: material.epoch,
            pending: true,
            since,
            partner_name: material.partner_name.clone(),
            logs: material.logs.clone(),
            restored: false,
        })
    }

    /// What a backup tells of a link.
    #[cfg(feature = "backup")]
    pub(super) fn restored(
        pair: Pair,
        me: PersonId,
        epoch: u64,
        partner_name: &str,
        since: Moment,
    ) -> Self {
        Self {
            pair,
            me,
            partner_key: [0; 32],
            secret: [0; 32],
            epoch,
            pending: false,
            since,
            partner_name: partner_name.to_owned(),
            logs: Vec::new(),
            restored: true,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let logs = || Value::Array(self.logs.iter().map(|at| at.to_value()).collect());
        Value::map([
            ("pair", Some(self.pair.id.as_bytes().into())),
            ("me", Some(self.me.as_bytes().into())),
            ("partner", Some(self.pair.other(self.me).as_bytes().into())),
            ("key", Some(self.partner_key.as_slice().into())),
            ("secret", Some(self.secret.as_slice().into())),
            ("epoch", Some(self.epoch.into())),
            ("pending", Some(Value::Bool(self.pending))),
            ("since", Some(self.since.0.into())),
            ("name", Some(self.partner_name.as_str().into())),
            ("logs", (!self.logs.is_empty()).then(logs)),
            ("restored", self.restored.then_some(Value::Bool(true))),
        ])
    }

    fn from_value(value: &Value) -> Option<Self> {
        let person = |key| PersonId::from_slice(value.get(key)?.bytes()?);
        let me = person("me")?;
        let pair = PairId::from_slice(value.get("pair")?.bytes()?)?;
        Some(Self {
            pair: Pair::new(pair, me, person("partner")?)?,
            me,
            partner_key: value.get("key")?.bytes()?.try_into().ok()?,
            secret: value.get("secret")?.bytes()?.try_into().ok()?,
            epoch: value.get("epoch")?.uint()?,
            pending: *value.get("pending")? == Value::Bool(true),
            since: Moment(value.get("since")?.int()?),
            partner_name: value.get("name")?.text()?.to_owned(),
            logs: match value.get("logs") {
                Some(logs) => {
                    logs.array()?.iter().map(Checkpoint::from_value).collect::<Option<_>>()?
                }
                None => Vec::new(),
            },
            restored: value.get("restored").is_some(),
        })
    }
}

impl Engine {
    /// The link, if there is one.
    pub fn link(&mut self) -> Result<Option<Link>, Error> {
        let revision = self.db()?.settings_revision();
        if let Some((read, link)) = &self.rows.link
            && *read == revision
            // What is pending may expire.
            && link.as_ref().is_none_or(|link| !link.pending)
        {
            return Ok(link.clone());
        }
        let link = self.read_link(Setting::Link)?;
        self.rows.link = Some((self.db()?.settings_revision(), link.clone()));
        Ok(link)
    }

    fn read_link(&mut self, name: Setting) -> Result<Option<Link>, Error> {
        let Some(value) = self.db()?.read_setting(name)? else { return Ok(None) };
        let damaged = || StorageError::Damaged(format!("pair.db: setting {}", name.name()));
        let link = Link::from_value(&value).ok_or_else(damaged)?;
        // Ten minutes leave no trace of a pairing that nobody proved.
        if link.pending && self.now().since(link.since) > PAIRING_SECONDS {
            self.db()?.unset(name)?;
            return Ok(None);
        }
        Ok(Some(link))
    }

    /// Refused where a pairing may not begin (R37). `joins` where this phone goes to the other
    /// one: a phone that was made of a backup can do no more.
    pub fn may_pair(&mut self, joins: bool) -> Result<(), Error> {
        match self.link()? {
            Some(link) if link.restored => match self.left()? {
                true => Err(RefusalCode::AlreadyPaired.into()),
                false if joins => Ok(()),
                false => Err(RefusalCode::Restored.into()),
            },
            Some(link) if !link.pending => Err(RefusalCode::AlreadyPaired.into()),
            _ => Ok(()),
        }
    }

    fn left(&mut self) -> Result<bool, Error> {
        let home = self.home()?;
        Ok(self.pair_state(&home)?.left_at.is_some())
    }

    /// Whether this phone was made of a backup and is not paired again yet.
    pub(super) fn is_restored(&mut self) -> Result<bool, Error> {
        Ok(self.link()?.is_some_and(|link| link.restored))
    }

    /// Refused to a phone that was made of a backup, until it is paired again.
    pub(super) fn may_speak(&mut self) -> Result<(), Error> {
        match self.is_restored()? {
            true => Err(RefusalCode::Restored.into()),
            false => Ok(()),
        }
    }

    /// What this phone, which stays in its pair, tells the one that takes the place
    /// of the partner's, and who this phone's person is; refused after a leave.
    pub fn replacement(&mut self) -> Result<(PersonId, Replacement), Error> {
        let home = self.home()?;
        if self.pair_state(&home)?.left_at.is_some() {
            return Err(RefusalCode::PairLeft.into());
        }
        self.may_speak()?;
        if self.returning()? {
            // What is not here yet would be lost with the other phone.
            return Err(RefusalCode::NotYetWhole.into());
        }
        let theirs = home.logs.iter().filter(|log| log.follower.owner() != home.me).count();
        let link = self.link()?.filter(|_| theirs < usize::from(LOG_GENERATIONS));
        let link = link.ok_or(StorageError::TooMuch)?;
        let replacement = Replacement {
            pair: home.pair.id,
            person: home.pair.other(home.me),
            epoch: link.epoch + 1,
            logs: home.logs.iter().map(|log| log.follower.checkpoint()).collect(),
        };
        Ok((home.me, replacement))
    }

    /// Keeps what a pairing gave, pending; beside the link that is, where the
    /// partner's phone is replaced.
    pub fn keep_pending(&mut self, material: &Material) -> Result<(), Error> {
        let link = Link::new(material, self.now())?;
        self.transact(|engine| {
            let stays = engine.link()?.filter(|now| !now.pending);
            let name = match stays {
                None => Setting::Link,
                Some(now) if now.restored => {
                    let same = (now.pair, now.me) == (link.pair, link.me);
                    // Who stays in the pair knows at least that there is this log.
                    let first = log_id(link.pair.id, link.me, 0);
                    if !same || !link.logs.iter().any(|at| at.log == first) {
                        return Err(RefusalCode::Restored.into());
                    }
                    Setting::NextLink
                }
                Some(now) if now.pair == link.pair && now.epoch < link.epoch => {
                    // What the new phone was told of must still be all there is.
                    let home = engine.home()?;
                    let held = |at: &Checkpoint| {
                        home.logs.iter().any(|log| log.follower.checkpoint() == *at)
                    };
                    let theirs = |at: &&Checkpoint| {
                        let log = PairDb::find(&home.logs, at.log);
                        log.is_none_or(|log| log.follower.owner() != home.me)
                    };
                    if !link.logs.iter().filter(theirs).all(held) {
                        return Err(RefusalCode::StaleView.into());
                    }
                    Setting::NextLink
                }
                Some(_) => return Err(RefusalCode::AlreadyPaired.into()),
            };
            Ok(engine.db()?.set(name, &link.to_value())?)
        })
    }

    /// The first session has proved that both phones hold the link: the pair
    /// exists, and each log begins.
    pub fn link_proved(&mut self) -> Result<(), Error> {
        // Most often it is long proved, and nothing has happened.
        let Some(link) = self.link()?.filter(|link| link.pending || link.restored) else {
            return Ok(());
        };
        #[cfg(feature = "backup")]
        if link.restored {
            self.transact(|engine| match engine.read_link(Setting::NextLink)? {
                Some(link) => engine.paired_again(link),
                None => Ok(()),
            })?;
            self.changed();
            return Ok(());
        }
        drop(link);
        // Before it is proved nothing can have come.
        self.transact_unread(|engine| {
            let Some(link) = engine.link()?.filter(|link| link.pending) else { return Ok(()) };
            let name = engine.own_name()?;
            engine.open_logs(link.pair, link.me, &name, &link.logs)?;
            let mut proved = link;
            proved.pending = false;
            proved.logs.clear();
            Ok(engine.db()?.set(Setting::Link, &proved.to_value())?)
        })?;
        self.changed();
        Ok(())
    }

    /// The same for the link to a phone that replaces the partner's: from now on
    /// the one before is a stranger.
    pub fn next_link_proved(&mut self) -> Result<(), Error> {
        if !self.replacing()? {
            return Ok(());
        }
        self.may_speak()?;
        #[cfg(feature = "net")]
        self.hush();
        self.transact_unread(|engine| {
            let Some(mut proved) = engine.read_link(Setting::NextLink)? else { return Ok(()) };
            proved.pending = false;
            proved.logs.clear();
            engine.follow_link(&proved)
        })?;
        self.changed();
        Ok(())
    }

    /// From now on this is the link, in place of the one before.
    pub(super) fn follow_link(&mut self, link: &Link) -> Result<(), Error> {
        let db = self.db()?;
        db.set(Setting::Link, &link.to_value())?;
        // Objects in a mailbox are named by the secret, and counted from 0. And what the other
        // phone holds is not known any more.
        let counters = [
            Setting::Mailed,
            Setting::MailboxRead,
            Setting::MailboxWritten,
            Setting::Delivered,
            Setting::PartnerHoldsMore,
            Setting::NextLink,
        ];
        counters.into_iter().try_for_each(|name| db.unset(name))?;
        // The secret of before goes from the disk and from memory too.
        self.scrub = true;
        self.rows.link = None;
        #[cfg(feature = "net")]
        {
            self.delivered = None;
        }
        Ok(())
    }

    /// Whether a phone that replaces the partner's is about to prove its link.
    pub fn replacing(&mut self) -> Result<bool, Error> {
        Ok(self.read_link(Setting::NextLink)?.is_some())
    }

    /// Refused while a phone that replaces the partner's has not proved its link.
    pub fn replaced(&mut self) -> Result<(), Error> {
        match self.replacing()? {
            true => Err(Error::nobody()),
            false => Ok(()),
        }
    }

    /// The keys for the session that proves a replacement of the partner's phone.
    pub fn next_link_keys(&mut self) -> Result<LinkKeys, Error> {
        let now = self.link_keys()?;
        let next = self.read_link(Setting::NextLink)?.ok_or(RefusalCode::NotPaired)?;
        Ok(LinkKeys {
            partner_key: next.partner_key,
            secret: next.secret,
            epoch: next.epoch,
            ..now.clone()
        })
    }

    /// The keys for a session, or why there may be none now.
    pub fn link_keys(&mut self) -> Result<LinkKeys, Error> {
        let link = self.link()?.ok_or(RefusalCode::NotPaired)?;
        if link.restored {
            return Err(RefusalCode::Restored.into());
        }
        self.keys_of(&link)
    }

    /// The keys for a session over the network: the first of a phone that was made of a backup and
    /// is paired again makes its next link the link. Nothing else may be said under that.
    pub fn session_keys(&mut self) -> Result<LinkKeys, Error> {
        if !self.is_restored()? {
            return self.link_keys();
        }
        let link = self.read_link(Setting::NextLink)?.ok_or(RefusalCode::Restored)?;
        self.keys_of(&link)
    }

    fn keys_of(&mut self, link: &Link) -> Result<LinkKeys, Error> {
        if self.held()? {
            return Err(RefusalCode::SyncHeld.into());
        }
        let mut receive = true;
        if !link.pending {
            let home = self.home()?;
            if self.pair_state(&home)?.left_at.is_some() {
                let until = self.leaving_until()?.filter(|until| self.now() < *until);
                until.ok_or(RefusalCode::PairLeft)?;
                receive = false;
            }
        }
        if self.keys.link == [0; 32] {
            return Err(RefusalCode::PairLeft.into());
        }
        Ok(LinkKeys {
            pair: link.pair.id,
            me: link.me,
            partner: link.pair.other(link.me),
            private: self.keys.link,
            partner_key: link.partner_key,
            secret: link.secret,
            epoch: link.epoch,
            receive,
        })
    }

    /// The name that this phone's person chose.
    pub fn own_name(&mut self) -> Result<String, Error> {
        let name = self.db()?.setting(Setting::Name)?;
        Ok(name.and_then(|name| name.text().map(str::to_owned)).unwrap_or_default())
    }

    /// The partner's name: the one in their log, as long as they leave it there.
    pub fn partner_name(&mut self, home: &Home) -> Result<String, Error> {
        for log in home.logs.iter().rev().filter(|log| log.follower.owner() != home.me) {
            if let Some(body) = self.db()?.body(log.number, 0, 0)?
                && body.state == BodyState::Present
                && let Ok(value) = Value::decode(&body.bytes)
                && let Some(name) = value.get("name").and_then(Value::text)
                && text::name(name).is_ok_and(|counts| counts == name)
            {
                return Ok(name.to_owned());
            }
        }
        Ok(self.link()?.map(|link| link.partner_name.clone()).unwrap_or_default())
    }

    /// Whether all exchange is held.
    pub fn held(&mut self) -> Result<bool, Error> {
        Ok(self.db()?.setting(Setting::Held)? == Some(Value::Bool(true)))
    }

    /// Holds all exchange, or releases it. The partner sees what they see when
    /// this phone is offline.
    pub fn hold(&mut self, hold: bool) -> Result<(), Error> {
        #[cfg(feature = "net")]
        if hold {
            self.hush();
        }
        self.db()?.set(Setting::Held, &Value::Bool(hold))?;
        self.changed();
        Ok(())
    }

    fn leaving_until(&mut self) -> Result<Option<Moment>, Error> {
        Ok(self.db()?.setting(Setting::Leaving)?.and_then(|until| until.int()).map(Moment))
    }

    /// Leaves the pair, for good.
    pub(crate) fn leave(&mut self, how: Leaving) -> Result<(), Error> {
        // A phone that was made of a backup has nobody whom it could tell.
        let how = if self.is_restored()? { Leaving::Silent } else { how };
        #[cfg(feature = "net")]
        if how == Leaving::Silent {
            self.hush();
        }
        self.write(|engine, home| {
            let doc = home.pair.document();
            engine.act_within::<Lifecycle>(home, &[doc], &Leave)?;
            let until = engine.now().plus(LEAVE_DELIVERY);
            if how == Leaving::Announced {
                engine.db()?.set(Setting::Leaving, &Value::Int(until.0))?;
            }
            Ok(())
        })?;
        match how {
            Leaving::Silent => self.retire_link(),
            Leaving::Announced => Ok(()),
        }
    }

    /// The partner's phone holds one's own log up to here. After an announced leave
    /// that was all the link lived on for.
    pub fn acknowledged(&mut self, at: Checkpoint) -> Result<(), Error> {
        if self.leaving_until()?.is_none() {
            return Ok(());
        }
        let home = self.home()?;
        if at == home.own()?.follower.checkpoint() {
            self.retire_link()?;
        }
        Ok(())
    }

    /// From now on this phone cannot speak to the other one any more.
    fn retire_link(&mut self) -> Result<(), Error> {
        Keys::retire_link(self.host.secrets.as_ref(), &self.store)?;
        self.keys.link = [0; 32];
        if let Some(mut link) = self.link()? {
            link.secret = [0; 32];
            self.db()?.set(Setting::Link, &link.to_value())?;
        }
        self.db()?.unset(Setting::NextLink)?;
        self.scrub = true;
        self.rows.link = None;
        Ok(self.db()?.unset(Setting::Leaving)?)
    }
}
