//! Pace: limits that both keep, and space that either takes (F83).
//!
//! Limits are each person's own vote, and the most protective wins: the shorter
//! retention, and off over on. Space takes effect at once, needs nobody, and of
//! two that overlap the stricter holds while both last.

use super::pair::{Pair, Who};
use super::record::{Action, Held};
use super::words::{in_order, standing};
use crate::cbor::Value;
use crate::id::{ItemId, PersonId, Position};
use crate::limits;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that either person can switch off for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Feature {
    /// Promises.
    Promises,
    /// Openness posts.
    Openness,
    /// Check-ins and daily intentions.
    CheckIns,
}

impl Feature {
    /// Every feature.
    pub const ALL: [Feature; 3] = [Feature::Promises, Feature::Openness, Feature::CheckIns];

    /// The word in a record.
    pub fn code(self) -> &'static str {
        match self {
            Feature::Promises => "promises",
            Feature::Openness => "openness",
            Feature::CheckIns => "check-ins",
        }
    }

    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        Feature::ALL.into_iter().find(|feature| feature.code() == code)
    }
}

/// What contact is fine while somebody has space; the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Contact {
    /// None.
    None,
    /// Children, house, appointments.
    Logistics,
    /// Gentle contact.
    Gentle,
}

impl Contact {
    /// The word in a record.
    pub fn code(self) -> &'static str {
        match self {
            Contact::None => "none",
            Contact::Logistics => "logistics",
            Contact::Gentle => "gentle",
        }
    }

    /// From the word in a record.
    pub fn from_code(code: &str) -> Option<Self> {
        [Contact::None, Contact::Logistics, Contact::Gentle].into_iter().find(|c| c.code() == code)
    }
}

/// What is done, in the pair's own document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Sets one's own limits; the later record stands.
    SetLimits {
        /// Days for which the words of check-ins, intentions and posts are kept
        /// at most.
        retention: Option<u16>,
        /// What is switched off, in order.
        off: Vec<Feature>,
    },
    /// Takes space.
    BeginSpace {
        /// Until when; until its author ends it otherwise.
        until: Option<Moment>,
        /// What contact is fine.
        contact: Contact,
    },
    /// Ends one's own space early.
    EndSpace {
        /// Which.
        of: Position,
    },
}

impl Act {
    /// The kind as it stands in the record.
    pub fn kind(&self) -> &'static str {
        match self {
            Act::SetLimits { .. } => "limits.set",
            Act::BeginSpace { .. } => "space.begin",
            Act::EndSpace { .. } => "space.end",
        }
    }

    /// Its fields, as CBOR.
    pub fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Act::SetLimits { retention, off } => {
                let off = off.iter().map(|feature| Value::from(feature.code())).collect();
                let mut fields = vec![("off", Value::Array(off))];
                fields.extend(retention.map(|days| ("days", u64::from(days).into())));
                fields
            }
            Act::BeginSpace { until, contact } => {
                let mut fields = vec![("contact", contact.code().into())];
                fields.extend(until.map(|until| ("to", until.0.into())));
                fields
            }
            Act::EndSpace { of } => vec![("of", of.to_value())],
        }
    }

    /// From the kind and the record; `None` where it is not understood.
    pub fn read(kind: &str, value: &Value) -> Option<Self> {
        Some(match kind {
            "limits.set" => {
                let feature = |item: &Value| Feature::from_code(item.text()?);
                let off: Vec<Feature> =
                    value.get("off")?.array()?.iter().map(feature).collect::<Option<_>>()?;
                if !off.is_sorted_by(|a, b| a < b) {
                    return None;
                }
                let retention = match value.get("days") {
                    Some(days) => Some(days.uint()?.try_into().ok().filter(|days| *days > 0)?),
                    None => None,
                };
                Act::SetLimits { retention, off }
            }
            "space.begin" => Act::BeginSpace {
                until: match value.get("to") {
                    Some(until) => Some(Moment(until.int()?)),
                    None => None,
                },
                contact: Contact::from_code(value.get("contact")?.text()?)?,
            },
            "space.end" => Act::EndSpace { of: Position::from_value(value.get("of")?)? },
            _ => return None,
        })
    }
}

/// The limits that hold for both: the most protective of the two votes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PairLimits {
    /// Days for which words are kept at most.
    pub retention_days: Option<u16>,
    /// What is switched off.
    pub off: BTreeSet<Feature>,
}

/// A space that somebody took.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    id: Position,
    by: usize,
    from: Moment,
    until: Option<Moment>,
    contact: Contact,
}

/// What the pair's document says of pace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pacing {
    votes: [PairLimits; 2],
    spaces: Vec<Taken>,
}

/// Space as one person sees it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SpaceView {
    /// The strictest of what both took.
    pub contact: Contact,
    /// Until when this holds; until it is ended otherwise. Another may follow.
    pub until: Option<Moment>,
    /// The viewer's own, to be ended early.
    pub mine: Option<ItemId>,
    /// Whose it is.
    pub by: Who,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) positions: Vec<Position>,
}

/// Folds the records of the pair's document.
pub fn fold(pair: &Pair, records: &[Held]) -> Pacing {
    let mut pacing = Pacing::default();
    let records = in_order(records);
    let mut votes: [Vec<&Held>; 2] = [Vec::new(), Vec::new()];
    for held in &records {
        let (Action::Pacing(act), Some(by)) = (&held.record.action, pair.index(held.author)) else {
            continue;
        };
        match act {
            Act::SetLimits { .. } => votes[by].push(held),
            Act::BeginSpace { until, contact } => {
                let from = held.record.at.moment;
                let mine = pacing.spaces.iter().filter(|space| space.by == by).count();
                if mine < limits::SPACES && until.is_none_or(|until| until > from) {
                    let taken = Taken { id: held.id, by, from, until: *until, contact: *contact };
                    pacing.spaces.push(taken);
                }
            }
            Act::EndSpace { .. } => {}
        }
    }
    // An end counts whether it comes first or last in this order.
    for held in &records {
        let Action::Pacing(Act::EndSpace { of }) = &held.record.action else { continue };
        let by = pair.index(held.author);
        let at = held.record.at.moment;
        let own = pacing.spaces.iter_mut().filter(|s| s.id == *of && Some(s.by) == by);
        own.for_each(|space| space.until = Some(space.until.map_or(at, |until| until.min(at))));
    }
    for (vote, records) in pacing.votes.iter_mut().zip(&votes) {
        if let Some(Action::Pacing(Act::SetLimits { retention, off })) =
            standing(records).map(|held| &held.record.action)
        {
            vote.retention_days = *retention;
            vote.off = off.iter().copied().collect();
        }
    }
    pacing
}

impl Pacing {
    /// The limits that hold: the most protective of both votes.
    pub fn limits(&self) -> PairLimits {
        let days = self.votes.iter().filter_map(|vote| vote.retention_days);
        PairLimits {
            retention_days: days.min(),
            off: self.votes.iter().flat_map(|vote| vote.off.iter().copied()).collect(),
        }
    }

    /// Until when the viewer's own space lasts, if they have one; `Some(None)` for
    /// one without an end.
    pub fn own_space(&self, pair: &Pair, viewer: PersonId, now: Moment) -> Option<Option<Moment>> {
        let me = pair.index(viewer)?;
        let mine = self.spaces.iter().filter(|space| {
            space.by == me && space.from <= now && space.until.is_none_or(|until| now < until)
        });
        let ends: Vec<Option<Moment>> = mine.map(|space| space.until).collect();
        let last = ends.iter().copied().max()?;
        Some(if ends.contains(&None) { None } else { last })
    }

    /// When somebody had space: from when, until when.
    pub fn spaces(&self) -> impl Iterator<Item = (Moment, Option<Moment>)> + '_ {
        self.spaces.iter().map(|space| (space.from, space.until))
    }

    /// One's own vote.
    pub fn vote(&self, pair: &Pair, viewer: PersonId) -> PairLimits {
        pair.index(viewer).map(|me| self.votes[me].clone()).unwrap_or_default()
    }

    /// The space that holds at `now`, if somebody took one.
    pub fn space(&self, pair: &Pair, viewer: PersonId, now: Moment) -> Option<SpaceView> {
        let me = pair.index(viewer)?;
        let lasting: Vec<&Taken> = self
            .spaces
            .iter()
            .filter(|space| space.from <= now && space.until.is_none_or(|until| now < until))
            .collect();
        let contact = lasting.iter().map(|space| space.contact).min()?;
        let strictest = lasting.iter().filter(|space| space.contact == contact);
        let open = strictest.clone().any(|space| space.until.is_none());
        let until = strictest.clone().filter_map(|space| space.until).max().filter(|_| !open);
        let own: Vec<&&Taken> = lasting.iter().filter(|space| space.by == me).collect();
        let by =
            match (strictest.clone().any(|s| s.by == me), strictest.clone().any(|s| s.by != me)) {
                (true, true) => Who::Both,
                (true, false) => Who::Me,
                _ => Who::Partner,
            };
        Some(SpaceView {
            contact,
            until,
            mine: own.first().map(|space| space.id.item()),
            by,
            positions: own.iter().map(|space| space.id).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::testing::*;
    use crate::time::DAY;

    fn set(retention: Option<u16>, off: &[Feature]) -> Action {
        Action::Pacing(Act::SetLimits { retention, off: off.to_vec() })
    }

    #[test]
    fn k14_k15_the_most_protective_of_both_votes_holds_in_every_order() {
        let doc = pair().document();
        let mut written = Written::default();
        written.write_apart(ANA, 0, doc, set(Some(90), &[Feature::Openness]));
        written.write_apart(BEN, 0, doc, set(Some(30), &[]));
        let forward = fold(&pair(), &written.held).limits();
        assert_eq!(forward.retention_days, Some(30));
        assert_eq!(forward.off, BTreeSet::from([Feature::Openness]));
        written.held.reverse();
        assert_eq!(fold(&pair(), &written.held).limits(), forward);
        written.write(BEN, 5, doc, set(None, &[]));
        assert_eq!(fold(&pair(), &written.held).limits().retention_days, Some(90));
    }

    #[test]
    fn k16_the_stricter_space_holds_while_it_lasts_and_only_its_author_ends_it() {
        let doc = pair().document();
        let begin = |days: i64, contact| {
            Action::Pacing(Act::BeginSpace { until: Some(BEGIN.plus(days * DAY)), contact })
        };
        let mut written = Written::default();
        let mine = written.write_apart(ANA, 0, doc, begin(5, Contact::None));
        written.write_apart(BEN, 0, doc, begin(9, Contact::Logistics));
        let space = |written: &Written, day: i64| {
            fold(&pair(), &written.held).space(&pair(), BEN, BEGIN.plus(day * DAY))
        };
        let contact = |written: &Written, day| space(written, day).map(|space| space.contact);
        assert_eq!(contact(&written, 1), Some(Contact::None));
        assert_eq!(contact(&written, 6), Some(Contact::Logistics));
        assert_eq!(contact(&written, 9), None);
        written.write(BEN, DAY, doc, Action::Pacing(Act::EndSpace { of: mine }));
        assert_eq!(contact(&written, 2), Some(Contact::None), "nobody ends the other's space");
        written.write(ANA, DAY, doc, Action::Pacing(Act::EndSpace { of: mine }));
        assert_eq!(contact(&written, 2), Some(Contact::Logistics));
    }
}
