//! What is said of one kind of record, once: codecs, checks, tests and PROTOCOL.md follow it.

use super::action::Class;
use crate::limits;

/// Whether the words of a record stand apart from it, in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// It has none.
    Never,
    /// It may have some.
    Sometimes,
    /// It is nothing without them.
    Always,
}

/// Whether a record that came long after it was stated puts its document on the list
/// that views look at: a phone that catches up years must not fold them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It may matter however old it is.
    Always,
    /// It is over by its age alone.
    Never,
    /// It says itself, see [`Act::lasts`](super::capability::Act::lasts).
    AsItSays,
}

/// Who of the two may write a record: seen from who made its document, or whose ledger it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Who made it.
    Maker,
    /// The other one.
    Other,
    /// Each for themselves.
    Each,
}

impl By {
    /// Whether the maker may, or the other one.
    pub fn lets(self, maker: bool) -> bool {
        match self {
            By::Maker => maker,
            By::Other => !maker,
            By::Each => true,
        }
    }
}

/// How records of a kind that contradict each other come to one state, on every phone the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// M1: each person's own; the later one of theirs stands.
    Register,
    /// M2: revisions, consents bound to them, an end that is final.
    Consent,
    /// M3: they stand side by side; one that was taken back is gone, whatever else is said of it.
    Set,
    /// M4: two voices that are never merged into one value.
    TwoVoices,
    /// M5: a commitment first, and an opening that must match it.
    Sealed,
    /// M6: settings; what protects more holds.
    Settings,
    /// M7: a leave is absorbing.
    Lifecycle,
    /// A text that both may type in at once, as Automerge merges it: a working draft.
    Text,
}

impl Merge {
    /// Its number in the list of merge policies, or what it is.
    #[cfg_attr(not(feature = "sim"), allow(dead_code))]
    pub fn code(self) -> &'static str {
        match self {
            Merge::Register => "M1",
            Merge::Consent => "M2",
            Merge::Set => "M3",
            Merge::TwoVoices => "M4",
            Merge::Sealed => "M5",
            Merge::Settings => "M6",
            Merge::Lifecycle => "M7",
            Merge::Text => "text",
        }
    }
}

/// How many records of a kind count, and in what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// So many of each author, the first ones of their log.
    pub count: usize,
    /// In what: a document, a post, an occurrence.
    pub per: &'static str,
}

/// In what most limits hold.
pub const DOCUMENT: &str = "document";
/// Check-ins and daily intentions are counted as one.
pub const DAYS: &str = "month, with all of check-ins and intentions";

/// All that is said of one kind of record.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The kind as it stands in a record.
    pub name: &'static str,
    /// What a document is that begins with it.
    pub class: Class,
    /// Who may write it; one by anybody else changes nothing. Folds decide that, each in its own
    /// terms; this is what they are tried against, and what PROTOCOL says.
    #[cfg_attr(not(any(test, feature = "sim")), allow(dead_code))]
    pub by: By,
    /// Its keys, apart from those that every record has; one with a `?` at its end may be left
    /// out. Codecs are tried against it.
    #[cfg_attr(not(any(test, feature = "sim")), allow(dead_code))]
    pub fields: &'static [&'static str],
    /// How records of it come to one state.
    #[cfg_attr(not(feature = "sim"), allow(dead_code))]
    pub merge: Merge,
    /// How many of them count, where a phone that writes more must not slow the other down;
    /// `None` where each counts, because what takes back always does, or where one more
    /// changes nothing.
    #[cfg_attr(not(any(test, feature = "sim")), allow(dead_code))]
    pub most: Option<Most>,
    /// Whether its words stand apart, in a body.
    pub words: Words,
    /// For how many seconds from the stated time its words may be kept at most, where
    /// they end.
    pub keeps: i64,
    /// It only takes something back: nothing ever stands in its way (log invariant 8).
    pub takes_back: bool,
    /// It can be said again as it was, after a loss. A yes needs the text before one's
    /// eyes, as does a pause that is lifted; what names a position may name something
    /// else by then.
    pub repeatable: bool,
    /// What is said instead where the partner's log is listed, if its kind is not told: whether
    /// the other has sealed is nobody's business before both have (sealed check-ins), nor is
    /// who ended or took a yes back (R33).
    pub veiled: Option<&'static str>,
    /// See [`Lasting`].
    pub lasting: Lasting,
    /// A field, or a word of a list, that is not known here voids only itself, not the record:
    /// what its author asks to be protected from must not be lost with it.
    pub open: bool,
}

impl Kind {
    /// A kind without words that lasts, and takes nothing back.
    pub const fn of(name: &'static str, class: Class, merge: Merge) -> Self {
        Self {
            name,
            class,
            by: By::Each,
            fields: &[],
            merge,
            most: None,
            words: Words::Never,
            keeps: limits::CHECK_IN_RETENTION,
            takes_back: false,
            repeatable: false,
            veiled: None,
            lasting: Lasting::Always,
            open: false,
        }
    }

    /// With these keys.
    pub const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// Of which so many count of each author in a document, or in what else it is `per`.
    pub const fn most(self, count: usize, per: &'static str) -> Self {
        Self { most: Some(Most { count, per }), ..self }
    }

    /// Which only one of the two may write.
    pub const fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    /// With words, which stand apart.
    pub const fn words(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// Whose words are kept for this long at most.
    pub const fn keeps(self, seconds: i64) -> Self {
        Self { keeps: seconds, ..self }
    }

    /// That only takes something back, and can be said again.
    pub const fn takes_back(self) -> Self {
        Self { takes_back: true, repeatable: true, ..self }
    }

    /// That can be said again.
    pub const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// That cannot be said again: it names a position.
    pub const fn once(self) -> Self {
        Self { repeatable: false, ..self }
    }

    /// Which is listed to the other by this word only.
    pub const fn veiled(self, word: &'static str) -> Self {
        Self { veiled: Some(word), ..self }
    }

    /// Of which what is not known voids only itself.
    pub const fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// See [`Lasting`].
    pub const fn lasting(self, lasting: Lasting) -> Self {
        Self { lasting, ..self }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::{Merge, Words};
    use crate::cbor::Value;
    use crate::domain::action::{Action, kinds};
    use crate::domain::record::Record;
    use crate::domain::testing::{BEGIN, PAIR};
    use crate::id::{Commitment, DocId};
    use crate::time::Stated;

    fn has(action: &Action, key: &str) -> bool {
        action.fields().iter().any(|(name, _)| *name == key)
    }

    fn value(action: Action) -> Value {
        let at = Stated { moment: BEGIN, zone: "UTC".into() };
        let body = (action.words() == Words::Always).then_some(Commitment([3; 32]));
        Record { target: DocId(PAIR.0), at, action, body }.to_value()
    }

    fn without(value: &Value, key: &str) -> Value {
        let Value::Map(fields) = value else { panic!("a record is a map") };
        Value::Map(fields.iter().filter(|(name, _)| name != key).cloned().collect())
    }

    #[test]
    fn merge_policies_go_by_their_numbers() {
        use Merge::*;
        let all = [Register, Consent, Set, TwoVoices, Sealed, Settings, Lifecycle, Text];
        assert_eq!(all.map(Merge::code), ["M1", "M2", "M3", "M4", "M5", "M6", "M7", "text"]);
    }

    #[test]
    fn what_is_over_by_its_own_dates_or_with_its_words_is_no_reason_to_look_at_years() {
        use super::Lasting;
        let of = |lasting| {
            let names = kinds().filter(|kind| kind.lasting == lasting).map(|kind| kind.name);
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let says = ["promise.make", "promise.renegotiate"];
        assert_eq!(of(Lasting::AsItSays).into_iter().collect::<Vec<_>>(), says);
        for name in
            ["openness.post", "checkin.seal", "intention.say", "words.thank", "promise.report"]
        {
            assert!(of(Lasting::Never).contains(name), "{name}");
        }
        for name in ["agreement.agree", "pair.leave", "breach.tell", "pacing.limits"] {
            assert!(!of(Lasting::Never).contains(name), "{name}");
        }
    }

    #[test]
    fn what_is_told_day_by_day_is_kept_for_a_span_of_openness_at_most() {
        let kept = |name| kinds().find(|kind| kind.name == name).unwrap().keeps;
        for name in ["openness.post", "openness.correct"] {
            assert_eq!(kept(name), crate::limits::OPENNESS_SPAN);
        }
    }

    /// What a kind says of its keys is what its codec writes and reads: no other one, none
    /// missing, and none needed that may be left out.
    #[test]
    fn every_kind_is_written_and_read_with_the_keys_that_it_says() {
        let examples = Action::examples();
        for kind in kinds() {
            let of_kind: Vec<&Action> =
                examples.iter().filter(|action| action.kind() == kind.name).collect();
            assert!(!of_kind.is_empty(), "{}", kind.name);
            let said =
                |key: &str| kind.fields.iter().any(|field| field.trim_end_matches('?') == key);
            for action in &of_kind {
                let written = value((*action).clone());
                assert!(Record::from_value(&written).is_some(), "{action:?}");
                assert!(action.fields().iter().all(|(key, _)| said(key)), "{action:?}");
                for key in kind.fields.iter().filter(|field| !field.ends_with('?')) {
                    assert!(has(action, key), "{action:?} without {key}");
                    assert_eq!(Record::from_value(&without(&written, key)), None, "{key}");
                }
                let more = written.with(vec![("another".to_owned(), 1_u64.into())]);
                assert_eq!(Record::from_value(&more).is_some(), kind.open, "{action:?}");
            }
            for key in kind.fields.iter().filter_map(|field| field.strip_suffix('?')) {
                let with = of_kind.iter().filter(|action| has(action, key)).count();
                assert!(0 < with && with < of_kind.len(), "{}: {key}", kind.name);
            }
        }
    }
}
