//! Commitment and opening.

use super::template::{Period, Template, TemplateId};
use crate::cbor::Value;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::id::{Commitment, LogId, PairId, PersonId};
use crate::limits;
use crate::text;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The answer to one question: a step from 0 (not at all) to 4 (very much),
/// words, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Answer {
    /// 0 to 4.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub scale: Option<u8>,
    /// Words.
    #[serde(default)]
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub words: Option<String>,
}

/// The answers that were given, by the number of their question, from 1. Every
/// question may be skipped.
pub type Answers = BTreeMap<u8, Answer>;

/// What opens a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// 32 random bytes.
    pub nonce: [u8; 32],
    /// The answers.
    pub answers: Answers,
}

/// What a seal is bound to, so that it can be neither copied nor replayed.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// The pair.
    pub pair: PairId,
    /// Who seals.
    pub person: PersonId,
    /// In which of their logs.
    pub log: LogId,
    /// Which questions.
    pub template: TemplateId,
    /// For which period.
    pub period: Period,
}

/// Answers as they are written down.
///
/// # Errors
/// `AnswerInvalid` for an unknown question, a step beyond 4, or nothing at all;
/// those of a text.
pub fn written(answers: &Answers, template: &Template) -> Result<Answers, Refusal> {
    let mut written = Answers::new();
    for (item, answer) in answers {
        let asked = (1..=template.items.len()).contains(&usize::from(*item));
        if !asked || answer.scale.is_some_and(|scale| scale > 4) {
            return Err(RefusalCode::AnswerInvalid.into());
        }
        let words = match &answer.words {
            Some(words) => Some(text::text(words)?),
            None => None,
        };
        if answer.scale.is_some() || words.is_some() {
            written.insert(*item, Answer { scale: answer.scale, words });
        }
    }
    if written.is_empty() {
        return Err(RefusalCode::AnswerInvalid.into());
    }
    // Together they must fit into one body.
    if answers_to_value(&written).encode().len() > limits::BODY_BYTES / 2 {
        return Err(RefusalCode::TextTooLong.into());
    }
    Ok(written)
}

/// Answers as CBOR: `{"01": {"scale": 3, "words": "…"}, …}`.
pub fn answers_to_value(answers: &Answers) -> Value {
    let one = |(item, answer): (&u8, &Answer)| {
        let fields = Value::map([
            ("scale", answer.scale.map(|scale| u64::from(scale).into())),
            ("words", answer.words.as_deref().map(Value::from)),
        ]);
        (format!("{item:02}"), fields)
    };
    Value::Map(Vec::new()).with(answers.iter().map(one).collect())
}

/// Answers from CBOR, as a partner's phone may send anything.
pub fn answers_from_value(value: &Value) -> Option<Answers> {
    let Value::Map(fields) = value else { return None };
    let mut answers = Answers::new();
    for (item, fields) in fields {
        let number: u8 = item.parse().ok()?;
        if usize::from(number) > limits::CHECK_IN_ITEMS || number == 0 {
            return None;
        }
        let scale = match fields.get("scale") {
            Some(scale) => Some(scale.uint()?.try_into().ok().filter(|scale: &u8| *scale <= 4)?),
            None => None,
        };
        let words = match fields.get("words") {
            Some(words) => Some(words.text().filter(|words| text::counts(words))?.to_owned()),
            None => None,
        };
        answers.insert(number, Answer { scale, words });
    }
    (answers_to_value(&answers) == *value && !answers.is_empty()).then_some(answers)
}

impl Opening {
    /// Its commitment: SHA-256 over what it is bound to, the nonce and the
    /// canonical answers.
    pub fn commitment(&self, bound: &Bound) -> Commitment {
        let template = bound.template.to_value().encode();
        let period = bound.period.to_string();
        let digest = Sha256::new()
            .chain_update(b"amends/check-in/v1")
            .chain_update(bound.pair.0)
            .chain_update(bound.person.0)
            .chain_update(bound.log.0)
            .chain_update(template)
            .chain_update(Value::from(period.as_str()).encode())
            .chain_update(self.nonce)
            .chain_update(answers_to_value(&self.answers).encode());
        Commitment(digest.finalize().into())
    }

    /// As the fields of a body.
    pub fn to_value(&self) -> Value {
        Value::map([
            ("nonce", Some(self.nonce.as_slice().into())),
            ("answers", Some(answers_to_value(&self.answers))),
        ])
    }

    /// From the fields of a body.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            nonce: value.get("nonce")?.bytes()?.try_into().ok()?,
            answers: answers_from_value(value.get("answers")?)?,
        })
    }
}
