//! From the records of one document to the state of one item.

use super::form::{About, Form, Reply, Sort, Takes, may_last};
use super::record::Act;
use crate::domain::action::Action;
use crate::domain::capability::Records;
use crate::domain::ledger::own_document;
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{self, in_order, standing, withdrawn};
use crate::id::{DocId, Position, Salt};
use crate::limits;
use crate::time::Moment;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A telling, and when it was told as its author states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// Its record.
    pub id: Position,
    /// When.
    pub at: Moment,
    /// Until when its words are kept, if they end.
    pub until: Option<Moment>,
    /// Since when this phone has it.
    pub received: Moment,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its record.
    pub id: Position,
    /// Who gave it.
    pub by: Side,
    /// When.
    pub at: Moment,
    /// The telling that was answered.
    pub of: Position,
    /// What was answered.
    pub reply: Reply,
    /// Until when, where it says so.
    pub until: Option<Moment>,
    /// Of its sort, it is what this person says now.
    pub stands: bool,
}

/// The state of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub form: Form,
    /// Who made it.
    pub maker: Side,
    /// What its document's id is made from.
    pub salt: Salt,
    /// What it is about.
    pub about: Option<DocId>,
    /// The telling of that which its maker had seen.
    pub on: Option<Position>,
    /// Every telling, oldest first.
    pub tellings: Vec<Telling>,
    /// The one that stands.
    pub current: Telling,
    /// Every answer that counts, oldest first.
    pub answers: Vec<Answer>,
    /// Records whose words were taken back, and when.
    pub gone: BTreeMap<Position, Moment>,
    /// Tellings whose explanation the other asked for: those they had seen (F21).
    pub unfolded: BTreeSet<Position>,
    /// Whether its maker has opened it again since the other's reply.
    pub reopened: bool,
    /// Since when this phone has its maker's word that it is open again, where that stands.
    pub again: Option<Moment>,
    /// Whether a newer version wrote something here.
    pub needs_update: bool,
}

impl Item {
    /// When the last of its tellings was taken back; `None` while one is left.
    pub fn taken_back(&self) -> Option<Moment> {
        let gone = self.tellings.iter().map(|telling| self.gone.get(&telling.id).copied());
        gone.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Since when this phone has what is asked: the telling that stands, or that it is open
    /// again. No time that its maker states moves it. It is for holding asks back (F33) and
    /// stands in no view (R11).
    pub fn came(&self) -> Moment {
        self.again.unwrap_or(self.current.received).max(self.current.received)
    }

    /// What this person says now, of one sort.
    pub fn says(&self, by: Side, sort: Sort) -> Option<&Answer> {
        self.answers.iter().find(|one| one.stands && one.by == by && one.reply.sort() == sort)
    }

    /// Whose words are still there to be read.
    pub(super) fn words(&self) -> Vec<Position> {
        let told = self.tellings.iter().map(|telling| telling.id);
        let answered = self.answers.iter().map(|answer| answer.id);
        told.chain(answered).filter(|id| !self.gone.contains_key(id)).collect()
    }
}

/// From what the salt of the one item of a form that a person may have about another is
/// made: so that there is one document for it, whoever writes how often.
pub fn single_salt(form: Form, about: DocId) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(b"amends/single/v1")
        .chain_update(form.code())
        .chain_update(about.0)
        .finalize();
    let mut salt = [0; 16];
    salt.copy_from_slice(&digest[..16]);
    salt
}

/// Whether a telling fits its form: what it is about, where it stands, until when it is kept.
fn fits(held: &Held) -> bool {
    let Action::Item(Act::Tell { form, salt, about, on, until }) = &held.record.action else {
        return false;
    };
    let described = form.described();
    let subject = match described.about {
        About::Nothing => about.is_none() && on.is_none(),
        About::May(_) => about.is_some() || on.is_none(),
        About::Must(_) => about.is_some(),
    };
    let place = match about {
        Some(about) if described.single => *salt == single_salt(*form, *about),
        _ => true,
    };
    let at = held.record.at.moment;
    let kept = match (described.keeps, until) {
        (Some(keeps), Some(until)) => at < *until && until.since(at) <= keeps,
        (None, None) => true,
        _ => false,
    };
    subject && place && kept
}

/// Folds the records of a document; `None` where there is no item in it.
pub(super) fn fold(pair: &Pair, of: &Records<'_>) -> Option<Item> {
    let records = in_order(of.held);
    // The item is the one's whose salt its document has.
    let tells = |held: &&&Held| match held.record.action {
        Action::Item(Act::Tell { salt, .. }) => {
            own_document(pair.id, held.author, &salt) == of.doc && fits(held)
        }
        _ => false,
    };
    let first = *records.iter().find(tells)?;
    let Action::Item(Act::Tell { form, salt, about, .. }) = first.record.action else {
        return None;
    };
    let same = |held: &&&Held| {
        held.author == first.author
            && matches!(held.record.action, Action::Item(Act::Tell { form: f, about: a, .. })
                if f == form && a == about)
    };
    let told = records.iter().filter(tells).filter(same).take(limits::TALK_RECORDS);
    let tellings: Vec<&Held> = told.copied().collect();
    let gone = withdrawn(&records);
    // One that was taken back does not stand before one that is there.
    let here: Vec<&Held> =
        tellings.iter().filter(|held| !gone.contains_key(&held.id)).copied().collect();
    let current = standing(&here).or_else(|| standing(&tellings))?;
    let Action::Item(Act::Tell { on, .. }) = current.record.action else { return None };
    let telling = |held: &Held| {
        let until = held.record.action.until();
        Telling { id: held.id, at: held.record.at.moment, until, received: held.received }
    };
    let tellings: Vec<Telling> = tellings.iter().map(|held| telling(held)).collect();
    let maker = pair.side(first.author)?;
    let answers = answers(pair, &records, form, maker, &tellings);
    let record = |id: Position| records.iter().find(|held| held.id == id);
    let asked = answers.iter().filter(|one| one.reply == Reply::AskWhy);
    let asked: Vec<&&Held> = asked.filter_map(|one| record(one.id)).collect();
    let unfolded = tellings.iter().map(|told| told.id);
    let unfolded = unfolded.filter(|id| asked.iter().any(|held| held.past.contains(*id)));
    let says = |by: Side, sort: Sort| {
        answers.iter().find(|one| one.stands && one.by == by && one.reply.sort() == sort)
    };
    let again = says(maker, Sort::Asker).filter(|one| one.reply == Reply::Again);
    let reply = says(maker.other(), Sort::Reply);
    let reopened = again.zip(reply).is_some_and(|(again, reply)| {
        record(again.id).is_some_and(|again| again.past.contains(reply.id))
    });
    let again = again.and_then(|again| Some(record(again.id)?.received));
    Some(Item {
        form,
        maker,
        unfolded: unfolded.collect(),
        reopened,
        again,
        salt: Salt(salt),
        about,
        on,
        answers,
        current: telling(current),
        tellings,
        gone,
        needs_update: !of.newer.is_empty(),
    })
}

/// The answers that count: such as the form knows, by whom it lets say so, to a telling that
/// their author had not seen taken back.
fn answers(
    pair: &Pair,
    records: &[&Held],
    form: Form,
    maker: Side,
    tellings: &[Telling],
) -> Vec<Answer> {
    let maker_took = |of: Position, answer: &Held| {
        records.iter().any(|held| {
            held.record.action == words::Act::Withdraw { of }.into()
                && pair.side(held.author) == Some(maker)
                && answer.past.contains(held.id)
        })
    };
    let counted = |held: &&Held| -> Option<(Side, Reply)> {
        let Action::Item(Act::Answer { form: of_form, of, reply, until }) = held.record.action
        else {
            return None;
        };
        let by = pair.side(held.author)?;
        let known = of_form == form && form.described().replies.contains(&reply);
        let whose = reply.by().lets(by == maker);
        let body = held.record.body.is_some();
        let written = match reply.takes() {
            Takes::Nothing => !body && until.is_none(),
            Takes::Words => until.is_none(),
            Takes::OnlyWords => body && until.is_none(),
            Takes::Until => {
                let at = held.record.at.moment;
                !body && until.is_none_or(|until| may_last(at, until))
            }
        };
        let told = tellings.iter().any(|telling| telling.id == of);
        (known && whose && written && told && !maker_took(of, held)).then_some((by, reply))
    };
    let mut counts = [0_usize; 2];
    let mut sorts: BTreeMap<(Option<Side>, Sort), Vec<&Held>> = BTreeMap::new();
    let mut answers = Vec::new();
    for held in records {
        let Some((by, reply)) = counted(held) else { continue };
        counts[by] += 1;
        if counts[by] > limits::TALK_RECORDS {
            continue;
        }
        let Action::Item(Act::Answer { of, until, .. }) = held.record.action else { continue };
        let at = held.record.at.moment;
        answers.push(Answer { id: held.id, by, at, of, reply, until, stands: false });
        // Whether it rests is one thing for both: who takes it up again takes it up for both.
        let whose = (reply.sort() != Sort::Rest).then_some(by);
        sorts.entry((whose, reply.sort())).or_default().push(held);
    }
    for said in sorts.values() {
        let stands = standing(said).map(|held| held.id);
        for answer in &mut answers {
            answer.stands |= Some(answer.id) == stands;
        }
    }
    answers
}
