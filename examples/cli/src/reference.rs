//! How a command line names one thing: by its id, or by the first characters of it.

use crate::terminal::Failure;
use amends::RefusalCode;
use std::fmt::Display;

/// What stands on the command line for one thing.
///
/// Nothing but [`Reference::among`] reads it: a command that looks things up in a way
/// of its own could take "" for the only thing there is, and end it for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

/// Things that have ids.
#[derive(Debug, Clone, Copy)]
pub struct Things {
    /// The command that shows them with their ids.
    pub shown_by: &'static str,
    /// What is refused where there is no such thing.
    pub missing: RefusalCode,
}

impl From<String> for Reference {
    fn from(given: String) -> Self {
        Self(given)
    }
}

impl Reference {
    /// The one id that is meant: this whole one, or the only one that begins so.
    ///
    /// # Errors
    /// `ReferenceEmpty` and `ReferenceAmbiguous`, of kind `usage`; what is missing, as a
    /// refusal.
    pub fn among<T>(&self, ids: impl IntoIterator<Item = T>, things: Things) -> Result<T, Failure>
    where
        T: Copy + Eq + Display,
    {
        let list = things.shown_by;
        if self.0.trim().is_empty() {
            let text = format!(
                "nothing is named: give the first characters of an id, as `amends {list}` shows them"
            );
            return Err(Failure { kind: "usage", code: "ReferenceEmpty".to_owned(), text });
        }
        let wanted = self.0.to_ascii_lowercase();
        let mut found = Vec::new();
        for id in ids {
            let text = id.to_string();
            if text == wanted {
                return Ok(id);
            }
            // A text that stands in two places of a view is still one text.
            if text.starts_with(&wanted) && !found.contains(&id) {
                found.push(id);
            }
        }
        match found[..] {
            [only] => Ok(only),
            [] => Err(amends::Error::from(things.missing).into()),
            _ => {
                let text = format!(
                    "{:?} is ambiguous, {} ids begin so: give more of one, as `amends {list}` shows it",
                    self.0,
                    found.len()
                );
                Err(Failure { kind: "usage", code: "ReferenceAmbiguous".to_owned(), text })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use amends::id::DocId;
    use proptest::prelude::*;

    const THINGS: Things =
        Things { shown_by: "agreement list", missing: RefusalCode::NoLongerThere };

    fn resolve(given: &str, ids: &[DocId]) -> Result<DocId, Failure> {
        Reference::from(given.to_owned()).among(ids.iter().copied(), THINGS)
    }

    fn code(given: &str, ids: &[DocId]) -> String {
        resolve(given, ids).unwrap_err().code
    }

    #[test]
    fn nothing_selects_nothing_and_says_what_to_do() {
        for given in ["", " ", "\t\n", "\u{a0}\u{3000}"] {
            for ids in [&[][..], &[DocId([7; 16])], &[DocId([7; 16]), DocId([8; 16])]] {
                let failure = resolve(given, ids).unwrap_err();
                assert_eq!((failure.status(), failure.code.as_str()), (2, "ReferenceEmpty"));
                assert!(
                    failure.text.contains("first characters of an id, as `amends agreement list`")
                );
            }
        }
    }

    #[test]
    fn what_fits_several_says_how_many() {
        let ids = [DocId([0xab; 16]), DocId([0xac; 16]), DocId([0xad; 16]), DocId([0xbb; 16])];
        let failure = resolve("a", &ids).unwrap_err();
        assert_eq!((failure.status(), failure.code.as_str()), (2, "ReferenceAmbiguous"));
        assert!(failure.text.contains("3 ids"), "{}", failure.text);
        assert_eq!(code("ff", &ids), "NoLongerThere");
        assert_eq!(resolve("AC", &ids).unwrap(), ids[1]);
    }

    #[test]
    fn the_same_thing_twice_is_one_and_a_whole_id_wins_over_longer_ones() {
        let id = DocId([0xab; 16]);
        assert_eq!(resolve("ab", &[id, id]).unwrap(), id);
        let whole = Reference::from("1".to_owned()).among([12, 1], THINGS);
        assert_eq!(whole.unwrap(), 1);
    }

    proptest! {
        #[test]
        fn whatever_is_selected_is_the_only_one_that_it_names(
            first in prop::collection::vec(0..4_u8, 0..12),
            given in "[0-3]{0,3}|[ -~]{0,4}|\\PC{0,4}",
        ) {
            // Few first bytes, so that many ids begin alike.
            let ids: Vec<DocId> = first
                .iter()
                .enumerate()
                .map(|(at, byte)| {
                    let mut id = [at as u8; 16];
                    id[0] = byte << 4 | byte;
                    DocId(id)
                })
                .collect();
            let given_low = given.to_lowercase();
            let fits = |id: &&DocId| id.to_string().starts_with(&given_low);
            let fitting: Vec<&DocId> = ids.iter().filter(fits).collect();
            let expected = match (given.trim().is_empty(), &fitting[..]) {
                (true, _) => Err("ReferenceEmpty".to_owned()),
                (false, [only]) => Ok(**only),
                (false, []) => Err("NoLongerThere".to_owned()),
                (false, _) => Err("ReferenceAmbiguous".to_owned()),
            };
            prop_assert_eq!(resolve(&given, &ids).map_err(|failure| failure.code), expected);
        }

        #[test]
        fn a_whole_id_selects_its_own_thing(bytes in prop::collection::vec(any::<[u8; 16]>(), 1..12)) {
            let ids: Vec<DocId> = bytes.into_iter().map(DocId).collect();
            for id in &ids {
                prop_assert_eq!(resolve(&id.to_string(), &ids).unwrap(), *id);
            }
        }
    }
}
