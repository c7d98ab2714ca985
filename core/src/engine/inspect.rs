//! The logs and documents as they are, for whoever wants to look: nothing here is needed to
//! use them.

use super::Engine;
use crate::cbor::Value;
use crate::domain::refusal::RefusalCode;
use crate::domain::{action, record};
use crate::error::Error;
use crate::id::DocId;
use serde::Serialize;

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

impl Engine {
    /// How long the logs are: one's own, the partner's.
    pub(crate) fn log_lengths(&mut self) -> Result<(u64, u64), Error> {
        let home = self.home()?;
        let length = |mine: bool| {
            let of = home.logs.iter().filter(|log| (log.follower.owner() == home.me) == mine);
            of.map(|log| log.follower.checkpoint().length).sum()
        };
        Ok((length(true), length(false)))
    }

    /// Every entry of both logs.
    pub(crate) fn log_items(&mut self) -> Result<Vec<LogItem>, Error> {
        let home = self.home()?;
        let mut items = Vec::new();
        for log in &home.logs {
            for index in 0..log.follower.checkpoint().length {
                let row = self.db()?.entry(log.number, index)?;
                let records = crate::log::Entry::decode(&row.bytes).map(|entry| entry.records);
                let headers: Vec<_> = records
                    .unwrap_or_default()
                    .iter()
                    .map(|bytes| record::header(&Value::decode(bytes).ok()?))
                    .collect();
                let theirs = log.follower.owner() != home.me;
                let kind = |header: &Option<record::Header>| {
                    let plain = |kind: &&String| {
                        kind.len() <= 64 && kind.bytes().all(|b| b.is_ascii_graphic())
                    };
                    let kind = header.as_ref().map(|header| &header.kind).filter(plain);
                    match kind {
                        Some(kind) => match action::veiled(kind).filter(|_| theirs) {
                            Some(word) => word.to_owned(),
                            None => kind.clone(),
                        },
                        None => "?".to_owned(),
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

    /// A document as Automerge saves it, with its heads and records.
    pub(crate) fn export_document(&mut self, doc: DocId) -> Result<ExportedDocument, Error> {
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
    pub(crate) fn document_heads(&mut self, doc: DocId) -> Result<Vec<String>, Error> {
        let home = self.home()?;
        Ok(self.document(&home, doc)?.heads())
    }
}
