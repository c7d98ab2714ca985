//! The one list of what a record can do. A capability is made known to the whole library
//! by its line here.

use super::capability::{Act, Kind, Words};
use super::{agreement, checkin, intention, openness, pacing, pair, promise, shared, talk, words};
use crate::cbor::Value;
use crate::id::DocId;
use crate::time::Moment;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident($act:path),)*) => {
        /// What a record does.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $name($act),)* }

        /// Every kind of record that is known here.
        pub fn kinds() -> impl Iterator<Item = &'static Kind> {
            [$(<$act as Act>::KINDS,)*].into_iter().flatten()
        }

        impl Action {
            /// The kind as it stands in the record.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name(act) => act.kind(),)* }
            }

            /// Its fields, as CBOR.
            pub(super) fn fields(&self) -> Vec<(&'static str, Value)> {
                match self { $(Self::$name(act) => act.fields(),)* }
            }

            /// From the kind and the record; `None` where it is not understood.
            pub(super) fn read(kind: &str, value: &Value) -> Option<Self> {
                if !knows(kind) {
                    return None;
                }
                None$(.or_else(|| <$act as Act>::read(kind, value).map(Self::$name)))*
            }

            /// Some of every kind.
            #[cfg(test)]
            pub fn examples() -> Vec<Self> {
                let mut all = Vec::new();
                $(all.extend(<$act as Act>::examples().into_iter().map(Self::$name));)*
                all
            }

            /// Until when its body is kept, if it ends.
            pub fn until(&self) -> Option<Moment> {
                match self { $(Self::$name(act) => act.until(),)* }
            }

            /// Words that stand in the record itself.
            pub fn texts(&self) -> Vec<String> {
                match self { $(Self::$name(act) => act.texts(),)* }
            }

            /// Whether it reaches beyond `before`, where its kind says that it says so.
            pub fn lasts(&self, doc: DocId, before: Moment) -> bool {
                match self { $(Self::$name(act) => act.lasts(doc, before),)* }
            }

            /// Whether something counts from when this phone first held it.
            pub fn counts_from_receipt(&self) -> bool {
                match self { $(Self::$name(act) => act.counts_from_receipt(),)* }
            }
        }

        $(impl From<$act> for Action {
            fn from(act: $act) -> Self {
                Self::$name(act)
            }
        })*
    };
}

actions! {
    /// Opens a log, or leaves the pair.
    Pair(pair::Act),
    /// Does something with an agreement, an offer or a draft.
    Agreement(agreement::Act),
    /// Does something with a promise.
    Promise(promise::Act),
    /// Does something with an openness post.
    Openness(openness::Act),
    /// Does something with a check-in.
    CheckIn(checkin::Act),
    /// Says what one intends today.
    Intention(intention::Act),
    /// Sets limits, or takes space.
    Pacing(pacing::Act),
    /// Does something with a talk.
    Talk(talk::Act),
    /// Tells something that the other may answer, or answers it.
    Item(shared::Act),
    /// Takes words back, or says thank you for them.
    Words(words::Act),
}

/// What is said of a kind; `None` for one that this version does not know.
pub fn kind(name: &str) -> Option<&'static Kind> {
    static KINDS: OnceLock<HashMap<&'static str, &'static Kind>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| kinds().map(|kind| (kind.name, kind)).collect());
    kinds.get(name).copied().filter(|kind| knows(kind.name))
}

#[cfg(not(feature = "sim"))]
fn knows(_kind: &str) -> bool {
    true
}

/// Whether this version knows a kind that it has: a simulation may play one from before it.
#[cfg(feature = "sim")]
fn knows(kind: &str) -> bool {
    !family(kind).is_some_and(|family| FORGOTTEN.get().contains(&family))
}

#[cfg(feature = "sim")]
thread_local! {
    static FORGOTTEN: std::cell::Cell<&'static [&'static str]> = const { std::cell::Cell::new(&[]) };
}

/// In a simulation: from here on phones without a thread of their own know nothing of these
/// families of kinds, as a version from before them.
#[cfg(feature = "sim")]
pub fn forget_kinds(families: &'static [&'static str]) {
    FORGOTTEN.set(families);
}

/// What a document is about that begins with a kind. A kind is `family.verb`: one that is
/// not known here belongs where its family does, so that what a newer version begins is
/// listed, and said to need an update, rather than hidden.
pub fn class(name: &str) -> Option<Class> {
    let known = kind(name).map(|kind| kind.class);
    known.or_else(|| {
        let mut classes = BTreeMap::<Class, usize>::new();
        relatives(name).for_each(|kind| *classes.entry(kind.class).or_default() += 1);
        classes.into_iter().max_by_key(|(_, kinds)| *kinds).map(|(class, _)| class)
    })
}

/// By which word a kind of the partner's is listed, if not by its name: one that is not known
/// here, where any of its family is.
pub fn veiled(name: &str) -> Option<&'static str> {
    kind(name).map_or_else(|| relatives(name).find_map(|kind| kind.veiled), |kind| kind.veiled)
}

fn family(name: &str) -> Option<&str> {
    name.split_once('.').map(|(family, _)| family)
}

/// The kinds that are known of a kind's family.
fn relatives(name: &str) -> impl Iterator<Item = &'static Kind> {
    let of = family(name);
    kinds().filter(move |kind| of.is_some() && family(kind.name) == of && knows(kind.name))
}

macro_rules! classes {
    ($d:tt $($(#[$doc:meta])* $class:ident($name:literal): $capability:path,)*) => {
        /// What a document is about, by the kind of the first record of it that came here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[$doc])* $class,)* }

        impl Class {
            /// The name under which documents of this class are counted.
            pub fn name(self) -> &'static str {
                match self { $(Class::$class => $name,)* }
            }
        }

        /// Runs something for the [`Capability`](super::capability::Capability) that
        /// documents of a class hold.
        macro_rules! for_class {
            ($d of:expr, $d capability:ident => $d work:expr) => {
                match $d of {
                    $($crate::domain::action::Class::$class => {
                        type $d capability = $capability;
                        $d work
                    })*
                }
            };
        }
    };
}

classes! { $
    /// What concerns the pair itself: how it stands, limits, space.
    Pair("pair"): crate::domain::pair::Lifecycle,
    /// An agreement, an offer, a draft of one.
    Agreement("agreement"): crate::domain::agreement::AgreementDocs,
    /// A promise or practice.
    Promise("promise"): crate::domain::promise::PromiseDocs,
    /// One person's month of posts, check-ins and intentions.
    Ledger("ledger"): crate::domain::openness::Posts,
    /// Questions of a check-in.
    Template("template"): crate::domain::template::Templates,
    /// A talk that both plan.
    Talk("talk"): crate::domain::talk::Talks,
    /// What one tells and the other may answer.
    Item("item"): crate::domain::shared::Items,
}

impl Class {
    /// Whether the ids of these documents follow from the pair, and are not their
    /// beginner's to choose: what else came into one first says nothing about it.
    pub fn follows_from_pair(self) -> bool {
        matches!(self, Class::Pair | Class::Ledger)
    }
}

pub(crate) use for_class;

impl Action {
    fn described(&self) -> Option<&'static Kind> {
        kind(self.kind())
    }

    /// Whether its words stand apart, in a body.
    pub fn words(&self) -> Words {
        self.described().map_or(Words::Never, |kind| kind.words)
    }

    /// Whether it only takes something back: nothing ever stands in its way.
    pub fn takes_back(&self) -> bool {
        self.described().is_some_and(|kind| kind.takes_back)
    }

    /// Whether it can be said again as it was.
    pub fn repeatable(&self) -> bool {
        self.described().is_some_and(|kind| kind.repeatable)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Class, class, kinds, veiled};
    use std::collections::BTreeSet;

    /// The kinds of which an example says so.
    fn of(says: impl Fn(&Action) -> bool) -> BTreeSet<&'static str> {
        Action::examples().iter().filter(|action| says(action)).map(Action::kind).collect()
    }

    #[test]
    fn inv8_what_only_takes_something_back_can_be_said_again_and_a_yes_cannot() {
        let (back, again) = (of(Action::takes_back), of(Action::repeatable));
        for kind in ["agreement.end", "agreement.suspend", "pair.leave"] {
            assert!(back.contains(kind) && again.contains(kind), "{kind}");
        }
        for kind in ["agreement.propose", "agreement.consent", "agreement.resume", "pair.open"] {
            assert!(!back.contains(kind), "{kind}");
        }
        assert!(again.contains("openness.post") && !again.contains("agreement.consent"));
    }

    #[test]
    fn only_the_documents_of_the_pair_and_of_its_months_follow_from_the_pair() {
        let follow: BTreeSet<Class> =
            kinds().map(|kind| kind.class).filter(|class| class.follows_from_pair()).collect();
        assert_eq!(follow, [Class::Pair, Class::Ledger].into());
    }

    #[test]
    fn a_kind_that_is_not_known_belongs_where_its_family_does_and_is_veiled_as_it_is() {
        assert_eq!(class("checkin.newer"), Some(Class::Ledger));
        assert_eq!(class("talk.newer"), Some(Class::Talk));
        assert_eq!(["nothing", "none.such", ""].map(class), [None; 3]);
        assert_eq!([veiled("checkin.newer"), veiled("checkin.seal")], [Some("day"); 2]);
        assert_eq!([veiled("agreement.newer"), veiled("agreement.end")], [Some("agreement"); 2]);
        assert_eq!([veiled("talk.newer"), veiled("nothing"), veiled("none.such")], [None; 3]);
    }
}
