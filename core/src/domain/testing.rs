//! Records of two people for the tests of the rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use super::action::Action;
use super::capability::{Begun, Capability, Context, Records, Viewing};
use super::pacing::{Act as Limit, Feature, Pace};
use super::pair::Pair;
use super::pair::PairState;
use super::record::{Draft, Held, Record};
use super::refusal::Refusal;
use super::words::Bodies;
use crate::cbor::Value;
use crate::id::{DocId, LogId, PairId, Past, PersonId, Position};
use crate::log::log_id;
use crate::time::{Moment, Stated};
use std::collections::HashMap;
use std::sync::Arc;

pub const PAIR: PairId = PairId([7; 16]);
pub const ANA: PersonId = PersonId([1; 16]);
pub const BEN: PersonId = PersonId([2; 16]);
/// 2026-03-02T18:00:00Z, a Monday.
pub const BEGIN: Moment = Moment(1_772_474_400);

pub fn pair() -> Pair {
    Pair::new(PAIR, ANA, BEN).unwrap()
}

/// What both wrote, each having seen all of the other's, unless said otherwise.
#[derive(Default, Clone)]
pub struct Written {
    pub held: Vec<Held>,
    pub bodies: HashMap<Position, Arc<Value>>,
    lengths: HashMap<LogId, u64>,
}

impl Written {
    pub fn write(&mut self, who: PersonId, at: i64, doc: DocId, action: Action) -> Position {
        let seen = self.lengths.clone();
        self.write_having_seen(who, at, doc, action, &seen)
    }

    /// The same, not having seen anything of the other's.
    pub fn write_apart(&mut self, who: PersonId, at: i64, doc: DocId, action: Action) -> Position {
        self.write_having_seen(who, at, doc, action, &HashMap::new())
    }

    fn write_having_seen(
        &mut self,
        who: PersonId,
        at: i64,
        doc: DocId,
        action: Action,
        seen: &HashMap<LogId, u64>,
    ) -> Position {
        let log = log_id(PAIR, who, 0);
        let index = self.lengths.entry(log).or_default();
        let id = Position { log, index: *index, place: 0 };
        let mut past = Past::default();
        seen.iter().for_each(|(log, length)| past.raise(*log, *length));
        past.0.insert(log, *index);
        *index += 1;
        let moment = BEGIN.plus(at);
        let at = Stated { moment, zone: "UTC".into() };
        let record = Record { target: doc, at, action, body: None };
        self.held.push(Held { id, past: Arc::new(past), author: who, record, received: moment });
        id
    }

    /// The state that these records come to.
    pub fn state<C: Capability>(&self, doc: DocId, viewer: PersonId) -> C::State {
        state::<C>(&pair(), doc, viewer, &self.held)
    }

    /// What one of them sees.
    pub fn view<C: Capability>(
        &self,
        doc: DocId,
        viewer: PersonId,
        now: Moment,
    ) -> Option<C::View> {
        let read = |position| self.bodies.get(&position).cloned();
        view::<C>(&pair(), doc, viewer, &self.state::<C>(doc, viewer), now, &read)
    }

    /// Gives a record a body: what its author committed to.
    pub fn with_body(&mut self, of: Position, fields: Value) {
        self.with_body_if(of, true, fields);
    }

    pub fn with_body_if(&mut self, of: Position, has: bool, fields: Value) {
        if has {
            let held = self.held.iter_mut().find(|held| held.id == of).unwrap();
            held.record.body = Some(crate::id::Commitment([3; 32]));
            self.say(of, fields);
        }
    }

    pub fn say(&mut self, of: Position, fields: Value) {
        self.bodies.insert(of, Arc::new(fields));
    }
}

/// The first log of a person.
pub fn log_of(person: PersonId) -> LogId {
    log_id(PAIR, person, 0)
}

pub fn words(text: &str) -> Value {
    Value::map([("text", Some(text.into()))])
}

/// The state that the records of one document come to.
pub fn state<C: Capability>(pair: &Pair, doc: DocId, viewer: PersonId, held: &[Held]) -> C::State {
    let mut basis = Past::default();
    held.iter().for_each(|held| basis.raise(held.id.log, held.id.index + 1));
    let records = Records { doc, held, newer: &[], waiting: &[], basis: &basis };
    C::fold(pair, pair.side(viewer).unwrap(), &records, &[])
}

/// What a person sees of a state.
pub fn view<C: Capability>(
    pair: &Pair,
    doc: DocId,
    viewer: PersonId,
    state: &C::State,
    now: Moment,
    bodies: &Bodies<'_>,
) -> Option<C::View> {
    let viewing = Viewing {
        doc,
        pair,
        pair_state: &PairState::default(),
        side: pair.side(viewer).unwrap(),
        now,
        bodies,
        draft: None,
        reconfirming: false,
    };
    C::project(state, viewing)
}

/// How it stands around a command.
#[derive(Default, Clone)]
pub struct Around {
    /// One of the two has left.
    pub left: bool,
    /// What who gives the command takes no part in.
    pub off: Vec<Feature>,
    /// What they have begun.
    pub begun: Begun,
}

/// What a person's command comes to, in an ordinary pair.
pub fn decided<C: Capability>(
    pair: &Pair,
    state: &C::State,
    view: Option<&C::View>,
    command: &C::Command,
    me: PersonId,
    now: Moment,
) -> Result<Vec<Draft>, Refusal> {
    decided_around::<C>(&Around::default(), pair, state, view, command, (me, now))
}

/// The same, in any.
pub fn decided_around<C: Capability>(
    around: &Around,
    pair: &Pair,
    state: &C::State,
    view: Option<&C::View>,
    command: &C::Command,
    (me, now): (PersonId, Moment),
) -> Result<Vec<Draft>, Refusal> {
    let side = pair.side(me).unwrap();
    let mut limits = Written::default();
    let off = around.off.clone();
    limits.write(me, 0, pair.document(), Limit::SetLimits { retention: None, off }.into());
    let context = Context {
        pair,
        pair_state: &PairState { left_at: around.left.then_some(now) },
        pacing: &limits.state::<Pace>(pair.document(), me),
        me,
        side,
        now,
        salt: [5; 16],
        begun: around.begun,
    };
    C::decide(state, view, command, context)
}
