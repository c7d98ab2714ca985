//! What can be done with a shared item, as records: the same two for every form, so that a
//! form needs no codec of its own.

use super::form::{Form, Reply};
use crate::cbor::Value;
use crate::domain::capability::{self, By, Class, DOCUMENT, Kind, Merge, Words};
use crate::domain::record::{moment, salt};
use crate::id::{DocId, Position};
use crate::limits;
use crate::time::Moment;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Tells an item, or tells it anew beside what was told. The parts are in the body.
    Tell {
        /// What it is.
        form: Form,
        /// What its document's id is made from; the same for every telling.
        salt: [u8; 16],
        /// The item that it is about.
        about: Option<DocId>,
        /// The telling of that which its author had before their eyes (K9).
        on: Option<Position>,
        /// Until when its words are kept, where the form says that they end.
        until: Option<Moment>,
    },
    /// Answers a telling.
    Answer {
        /// What it is that is answered.
        form: Form,
        /// The telling.
        of: Position,
        /// The answer.
        reply: Reply,
        /// Until when, for one that says so.
        until: Option<Moment>,
    },
}

/// Two kinds for each form.
const KINDS: [Kind; 2 * Form::ALL.len()] = {
    let mut kinds = [kind(""); 2 * Form::ALL.len()];
    let mut at = 0;
    while at < Form::ALL.len() {
        let described = Form::ALL[at].described();
        let tell = kind(described.tell)
            .by(By::Maker)
            .fields(&["salt", "about?", "on?", "until?"])
            .words(Words::Always);
        kinds[2 * at] = match described.keeps {
            Some(keeps) => tell.keeps(keeps),
            None => tell,
        };
        kinds[2 * at + 1] =
            kind(described.answer).fields(&["of", "reply", "to?"]).words(Words::Sometimes);
        at += 1;
    }
    kinds
};

const fn kind(name: &'static str) -> Kind {
    Kind::of(name, Class::Item, Merge::Register).most(limits::TALK_RECORDS, DOCUMENT)
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &KINDS;

    fn kind(&self) -> &'static str {
        match self {
            Act::Tell { form, .. } => form.described().tell,
            Act::Answer { form, .. } => form.described().answer,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Vec::new();
        match self {
            Act::Tell { salt, about, on, until, .. } => {
                fields.push(("salt", salt.as_slice().into()));
                fields.extend(about.map(|about| ("about", about.as_bytes().into())));
                fields.extend(on.map(|on| ("on", on.to_value())));
                fields.extend(until.map(|until| ("until", Value::Int(until.0))));
            }
            Act::Answer { of, reply, until, .. } => {
                fields.push(("of", of.to_value()));
                fields.push(("reply", reply.code().into()));
                fields.extend(until.map(|until| ("to", Value::Int(until.0))));
            }
        }
        fields
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let form = *Form::ALL.iter().find(|form| {
            let described = form.described();
            [described.tell, described.answer].contains(&kind)
        })?;
        let time = |key: &str| value.get(key).map(|_| moment(value, key));
        if kind == form.described().answer {
            return Some(Act::Answer {
                form,
                of: Position::from_value(value.get("of")?)?,
                reply: Reply::from_code(value.get("reply")?.text()?)?,
                until: whole(time("to"))?,
            });
        }
        Some(Act::Tell {
            form,
            salt: salt(value)?,
            about: whole(value.get("about").map(|about| DocId::from_slice(about.bytes()?)))?,
            on: whole(value.get("on").map(Position::from_value))?,
            until: whole(time("until"))?,
        })
    }

    /// An answer's words end only when they are taken back: what it says of a time is no end.
    fn until(&self) -> Option<Moment> {
        match self {
            Act::Tell { until, .. } => *until,
            Act::Answer { .. } => None,
        }
    }

    /// Quiet hours hold back what came in them, whenever it was written (F33).
    fn counts_from_receipt(&self) -> bool {
        match self {
            Act::Tell { form, .. } => form.described().open.is_some(),
            Act::Answer { reply, .. } => *reply == Reply::Again,
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let time = Moment(1_800_000_000);
        let each = |form: &Form| {
            let form = *form;
            let tell = |about, on, until| Act::Tell { form, salt: [8; 16], about, on, until };
            let answer =
                |(reply, until)| Act::Answer { form, of: capability::EXAMPLE, reply, until };
            let replies = form.described().replies.iter().map(|reply| (*reply, None));
            let all =
                replies.chain([(Reply::NotNow, Some(time)), (Reply::NotNow, None)]).map(answer);
            let tells = [
                tell(None, None, None),
                tell(Some(DocId([4; 16])), Some(capability::EXAMPLE), Some(time)),
            ];
            tells.into_iter().chain(all).collect::<Vec<_>>()
        };
        Form::ALL.iter().flat_map(each).collect()
    }
}

/// What may be left out, but not be anything else: `None` for that.
#[expect(clippy::option_option, reason = "left out, or not understood")]
fn whole<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
        None => Some(None),
    }
}
