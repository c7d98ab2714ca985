//! The partner's phone, with an app that obeys no rule. It holds the link's real
//! keys (taken from an honest phone's disk), shakes hands, and then says
//! whatever a test wants.

use crate::phones::Phone;
use amends::ExchangeOptions;
use amends::host::{SecretStore, SystemEntropy};
use amends::id::{DocId, Head, LogId, PairId, PersonId};
use amends::internals::cbor::Value;
use amends::internals::log::{Checkpoint, Entry, Follower, log_id};
use amends::internals::net::{Channel, Connection, Handshake, Noise, open};
use amends::internals::store::{KeyFile, Keys, PairDb, PairFile};
use amends::internals::sync::{Frame, Run};
use std::sync::Arc;
use std::time::Duration;

/// What an honest phone's disk holds of its link.
pub struct Liar {
    pub pair: PairId,
    pub me: PersonId,
    pub partner: PersonId,
    partner_key: [u8; 32],
    secret: [u8; 32],
    private: [u8; 32],
    /// The honest phone's log as the liar's holds it: bytes, own tag, head.
    pub theirs: Vec<(Vec<u8>, [u8; 16], Head)>,
}

impl Liar {
    /// Takes over the link of a phone that was shut down.
    pub fn of(phone: &Phone) -> Self {
        let folder = phone.folder.path();
        let path = folder.join("pair.db");
        let store = PairFile::store_id(&path).unwrap();
        let secrets = KeyFile::new(folder.join("keys"));
        let keys = Keys::load(&secrets as &dyn SecretStore, &store).unwrap();
        let db = PairDb::open(&path, keys.pair.clone(), store, Arc::new(SystemEntropy)).unwrap();
        let link = db.setting(amends::internals::store::Setting::Link).unwrap().unwrap();
        let mut theirs = Vec::new();
        while let Ok(row) = db.entry(PairDb::number(false, 0), theirs.len() as u64) {
            theirs.push((row.bytes, row.tag, row.head));
        }
        let bytes = |key: &str| link.get(key).unwrap().bytes().unwrap().to_vec();
        Self {
            pair: PairId::from_slice(&bytes("pair")).unwrap(),
            me: PersonId::from_slice(&bytes("me")).unwrap(),
            partner: PersonId::from_slice(&bytes("partner")).unwrap(),
            partner_key: bytes("key").try_into().unwrap(),
            secret: bytes("secret").try_into().unwrap(),
            private: keys.link,
            theirs,
        }
    }

    /// The document of the pair.
    pub fn pair_document(&self) -> DocId {
        DocId(self.pair.0)
    }

    pub fn own_log(&self) -> LogId {
        log_id(self.pair, self.me, 0)
    }

    pub fn their_log(&self) -> LogId {
        log_id(self.pair, self.partner, 0)
    }

    /// An empty log of one's own, to write lies in.
    pub fn follower(&self) -> Follower {
        Follower::new(self.pair, self.me, 0)
    }

    /// Shakes hands with the honest phone.
    pub async fn connect(&self, address: &str) -> Channel {
        let connection = Connection::open(address).await.unwrap();
        let handshake = Handshake::Link {
            partner_key: &self.partner_key,
            secret: &self.secret,
            pair: self.pair,
            epoch: 0,
        };
        let noise = Noise::new(&handshake, &self.private, true, Arc::new(SystemEntropy)).unwrap();
        open(connection, vec![noise]).await.unwrap()
    }

    /// Says these bytes after a hello with `logs`, and gives back what the
    /// honest phone says until it falls silent or hangs up.
    pub async fn say(
        &self,
        honest: &Phone,
        logs: Vec<Checkpoint>,
        said: Vec<Vec<u8>>,
    ) -> Vec<Frame> {
        let options = ExchangeOptions {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            peers: vec![],
            once: None,
            ..Default::default()
        };
        let mut exchange = honest.space.exchange(options).await.unwrap();
        let mut channel = self.connect(&exchange.address().unwrap().to_string()).await;
        let logs = logs.into_iter().map(Into::into).collect();
        let hello = Frame::Hello { epoch: [1; 8], logs };
        channel.send(&hello.encode()).await.unwrap();
        for bytes in said {
            // The honest phone may have hung up already.
            if channel.send(&bytes).await.is_err() {
                break;
            }
        }
        let mut heard = Vec::new();
        while let Ok(Ok(bytes)) =
            tokio::time::timeout(Duration::from_millis(400), channel.next()).await
        {
            heard.push(Frame::decode(&bytes).unwrap());
        }
        drop(channel);
        exchange.stop();
        exchange.finished().await.unwrap();
        heard
    }

    /// A frame that brings these entries as this person's log from `first` on.
    pub fn entries(&self, first: u64, entries: &[Entry], head: Head) -> Vec<u8> {
        let run = Run {
            log: self.own_log(),
            first,
            entries: entries.iter().map(Entry::encode).collect(),
            tags: vec![[0; 16]; entries.len()],
            bodies: vec![],
            head,
        };
        Frame::Entries(run).encode()
    }
}

/// An entry that pins nothing.
pub fn entry(index: u64, records: Vec<Value>) -> Entry {
    let records = records.iter().map(Value::encode).collect();
    Entry { index, seen: vec![], records, continues: None }
}
