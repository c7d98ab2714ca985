//! Sealed check-ins: what only this phone has of them, and what opens a seal once the other's
//! is here (RULES.md, sealed check-ins).
//!
//! The vault keeps one's own answers; what opens a seal waits in the outbox of `pair.db`, so
//! that exchange needs no vault.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::checkin::{
    Answers, CheckInMonth, CheckInView, Command, Folded, Opening, Period, PrivateAnswers,
    PrivateState, Template, TemplateId, project, seal,
};
use crate::domain::ledger::Month;
use crate::domain::pacing::{Feature, Pace};
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, Position};
use crate::limits;
use crate::store::{StorageError, VaultItem};
use std::collections::HashMap;

/// The kind of the vault's own copy of answers.
const ANSWERS: &str = "check-in";

/// What opens a seal, in the outbox.
struct Waiting {
    lookup: Vec<u8>,
    template: TemplateId,
    period: Period,
    /// Where the seal stands.
    seal: Position,
    opening: Opening,
    /// The seal was taken back. It waits all the same: the other may have opened on it
    /// before they heard of that, and then it opens too.
    cancelled: bool,
}

impl Waiting {
    fn read(lookup: &[u8], value: &Value) -> Option<Self> {
        Some(Self {
            lookup: lookup.to_vec(),
            template: TemplateId::from_value(value.get("template")?)?,
            period: value.get("period")?.text()?.parse().ok()?,
            seal: value.get("seal")?.text()?.parse().ok()?,
            opening: Opening::from_value(value.get("opening")?)?,
            cancelled: value.get("cancelled").is_some(),
        })
    }

    fn to_value(&self) -> Value {
        Value::map([
            ("name", Some(name(self.template, self.period).as_str().into())),
            ("template", Some(self.template.to_value())),
            ("period", Some(self.period.to_string().as_str().into())),
            ("seal", Some(self.seal.to_string().as_str().into())),
            ("opening", Some(self.opening.to_value())),
            ("cancelled", self.cancelled.then_some(Value::Bool(true))),
        ])
    }
}

fn name(template: TemplateId, period: Period) -> String {
    format!("{template}/{period}")
}

/// The name of the vault's own copy of answers, from its content.
#[cfg(feature = "backup")]
pub(super) fn name_in(answers: &Value) -> Option<String> {
    let template = TemplateId::from_value(answers.get("template")?)?;
    Some(name(template, answers.get("period")?.text()?.parse().ok()?))
}

impl Engine {
    /// What only this phone has of one check-in.
    pub(crate) fn private_answers(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<Option<PrivateAnswers>, Error> {
        let id = self.vault()?.named(ANSWERS, &name(template, period));
        let read = |value: &Value| {
            let answers = value.get("answers")?;
            Some(PrivateAnswers {
                answers: seal::answers_from_value(answers).unwrap_or_default(),
                state: PrivateState::from_code(value.get("state")?.text()?)?,
            })
        };
        Ok(self.vault()?.get(id)?.and_then(|item| read(&item.value)))
    }

    /// Keeps answers in the vault.
    pub(crate) fn keep_answers(
        &mut self,
        template: TemplateId,
        period: Period,
        answers: Answers,
        state: PrivateState,
    ) -> Result<(), Error> {
        let id = self.vault()?.named(ANSWERS, &name(template, period));
        let value = Value::map([
            ("template", Some(template.to_value())),
            ("period", Some(period.to_string().as_str().into())),
            ("answers", Some(seal::answers_to_value(&answers))),
            ("state", Some(state.code().into())),
        ]);
        Ok(self.vault()?.put(&VaultItem { id, kind: ANSWERS.to_owned(), value })?)
    }

    /// The check-ins of these months.
    pub(crate) fn fold_check_ins(
        &mut self,
        home: &Home,
        months: &[[DocId; 2]],
    ) -> Result<Folded, Error> {
        let mut all = Folded::default();
        for ledgers in months {
            let state = self.state::<CheckInMonth>(home, ledgers)?;
            // A period stands in the ledgers of the month in which it begins.
            all.periods.extend(state.periods.iter().map(|(key, sides)| (*key, *sides)));
        }
        Ok(all)
    }

    fn ledgers_of_period(home: &Home, period: Period) -> Result<[DocId; 2], Error> {
        let first = period.first().ok_or(RefusalCode::PeriodInvalid)?;
        Ok(home.ledgers_of(Month::of_date(first)))
    }

    /// One check-in as it stands for this phone's person.
    pub(crate) fn check_in(
        &mut self,
        home: &Home,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        let ledgers = Self::ledgers_of_period(home, period)?;
        let folded = self.state::<CheckInMonth>(home, &ledgers)?;
        self.view_check_in(home, &folded, template, period)
    }

    /// The same, of check-ins that are folded already.
    pub(crate) fn view_check_in(
        &mut self,
        home: &Home,
        folded: &Folded,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
        let words = sides.iter().flat_map(|side| [side.shared, side.seal.and_then(|s| s.opened)]);
        let bodies: HashMap<_, _> = self.bodies(home, words.flatten())?;
        let read = |position| bodies.get(&position).cloned();
        let ends = period.ends(&self.local_zone());
        let view = project(folded, template, period, home.side, ends, self.now(), &read);
        let private = self.private_answers(template, period)?;
        let both = sides.iter().all(|side| side.seal.is_some());
        let waits = self.waits(template, period)?.is_some();
        Ok(view.with_private(private.as_ref(), waits, both, self.now()))
    }

    fn outbox(&mut self) -> Result<Vec<Waiting>, Error> {
        let mut outbox = Vec::new();
        for (lookup, value) in self.db()?.outbox()? {
            match value.map(|value| Waiting::read(&lookup, &value)) {
                Ok(Some(waiting)) => outbox.push(waiting),
                Ok(None) => self.db()?.clear_outbox(&lookup)?,
                // The doctor finds it; it keeps no other shut.
                Err(StorageError::Damaged(what)) => tracing::warn!(what, "a seal stays shut"),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(outbox)
    }

    /// What opens the seal of one period, if one waits that was not taken back.
    fn waits(&mut self, template: TemplateId, period: Period) -> Result<Option<Waiting>, Error> {
        let wanted =
            |one: &Waiting| !one.cancelled && (one.template, one.period) == (template, period);
        Ok(self.outbox()?.into_iter().find(wanted))
    }

    /// Seals answers. The seal and what opens it are written in one transaction, the vault's
    /// copy after it.
    pub(crate) fn seal(
        &mut self,
        asked: Template,
        period: Period,
        answers: Answers,
    ) -> Result<(), Error> {
        let (template, today) = (asked.id, self.today());
        let opening = Opening { nonce: random(self.entropy())?, answers: answers.clone() };
        self.write(|engine, home| {
            let own = home.own()?.follower.checkpoint();
            let log = own.log;
            let place = Position { log, index: own.length, place: 0 };
            let ledgers = Self::ledgers_of_period(home, period)?;
            let view = engine.check_in(home, template, period)?;
            let command = Command::Seal { opening: opening.clone(), asked, view, today, log };
            engine.act_within::<CheckInMonth>(home, &ledgers, &command)?;
            let (lookup, seal, cancelled) = (Vec::new(), place, false);
            let waiting = Waiting { lookup, template, period, seal, opening, cancelled };
            Ok(engine.db()?.put_outbox(&seal.to_string(), &waiting.to_value())?)
        })?;
        self.keep_answers(template, period, answers, PrivateState::Sealed)?;
        self.settle_seals()
    }

    /// Takes a seal back; its answers are a draft again.
    pub(crate) fn cancel_seal(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<(), Error> {
        let kept = self.private_answers(template, period)?.map(|private| private.answers);
        let answers = self.write(|engine, home| {
            let view = engine.check_in(home, template, period)?;
            let seal = view.seal.ok_or(RefusalCode::NotSealed)?;
            let waiting = engine.waits(template, period)?;
            let answers = waiting.as_ref().map(|waiting| waiting.opening.answers.clone());
            let ledgers = Self::ledgers_of_period(home, period)?;
            engine.act_within::<CheckInMonth>(home, &ledgers, &Command::Cancel(view))?;
            engine.take_back(seal, waiting)?;
            Ok(answers.or(kept).unwrap_or_default())
        })?;
        self.keep_answers(template, period, answers, PrivateState::Draft)?;
        self.changed();
        Ok(())
    }

    /// Marks what opens a seal as taken back; what cannot be read of it goes.
    fn take_back(&mut self, seal: Position, waiting: Option<Waiting>) -> Result<(), Error> {
        let name = seal.to_string();
        match waiting {
            Some(waiting) => {
                let waiting = Waiting { cancelled: true, ..waiting };
                Ok(self.db()?.put_outbox(&name, &waiting.to_value())?)
            }
            None => Ok(self.db()?.clear_outbox_of(&name)?),
        }
    }

    /// Shares one's answers without the other's.
    pub(crate) fn share_alone(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<(), Error> {
        let private = self.private_answers(template, period)?;
        self.write(|engine, home| {
            let view = engine.check_in(home, template, period)?;
            let answers = private.map(|private| private.answers).unwrap_or_default();
            let waiting = engine.waits(template, period)?;
            let ledgers = Self::ledgers_of_period(home, period)?;
            let command = Command::ShareAlone { answers, view };
            engine.act_within::<CheckInMonth>(home, &ledgers, &command)?;
            match waiting {
                Some(waiting) => Ok(engine.db()?.clear_outbox(&waiting.lookup)?),
                None => Ok(()),
            }
        })
    }

    /// Takes answers back that the other has seen.
    pub(crate) fn take_answers_back(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<(), Error> {
        self.write(|engine, home| {
            let view = engine.check_in(home, template, period)?;
            let ledgers = Self::ledgers_of_period(home, period)?;
            engine.act_within::<CheckInMonth>(home, &ledgers, &Command::TakeBack(view))
        })
    }

    /// Takes a seal back because its answers stay private: otherwise the other's
    /// could still open to it, to me alone. The other is not shown either.
    pub(crate) fn let_go_of_seal(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<(), Error> {
        self.write(|engine, home| {
            let view = engine.check_in(home, template, period)?;
            let Some(seal) = view.seal else { return Ok(()) };
            // What opens it may be damaged: the seal is taken back all the same.
            let waiting = engine.waits(template, period)?;
            let ledgers = Self::ledgers_of_period(home, period)?;
            let cancelled =
                engine.act_within::<CheckInMonth>(home, &ledgers, &Command::Cancel(view));
            match cancelled {
                // Where it cannot be taken back any more it is at least not opened.
                Ok(()) | Err(Error::Refusal(_)) => engine.take_back(seal, waiting),
                Err(error) => Err(error),
            }
        })
    }

    /// Opens every seal of mine whose other is here, and lets go of those whose
    /// period is long over: their answers stay private (K13).
    pub(super) fn settle_seals(&mut self) -> Result<(), Error> {
        let outbox = self.outbox()?;
        // A phone made of a backup does not know what was opened since.
        if outbox.is_empty() || self.is_restored()? {
            return Ok(());
        }
        let home = self.home()?;
        let left = self.pair_state(&home)?.left_at.is_some();
        let pacing = self.state::<Pace>(&home, &[home.pair.document()])?;
        // Both open, or neither (K15).
        let off = pacing.left_out(Feature::CheckIns);
        // One that cannot be opened keeps no other from it.
        let mut failed = Ok(());
        for waiting in outbox {
            let settled = self.settle(&home, waiting, left, off);
            failed = failed.and(settled);
        }
        failed
    }

    fn settle(
        &mut self,
        home: &Home,
        waiting: Waiting,
        left: bool,
        off: bool,
    ) -> Result<(), Error> {
        let (template, period) = (waiting.template, waiting.period);
        let ledgers = Self::ledgers_of_period(home, period)?;
        let folded = self.state::<CheckInMonth>(home, &ledgers)?;
        let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
        let stands = sides[home.side].seal.filter(|seal| seal.id == waiting.seal);
        let done = stands.is_some_and(|seal| seal.opened.is_some());
        let over = period.ends(&jiff::tz::TimeZone::UTC);
        let over = over.map(|ends| ends.plus(limits::SEAL_WAITS));
        let late = over.is_some_and(|over| self.now() > over);
        let both = stands.is_some() && sides[home.side.other()].seal.is_some();
        if late && !both && !done && !left && !waiting.cancelled && stands.is_some() {
            self.let_go_of_seal(template, period)?;
        }
        if done || left || (late && !both) || (stands.is_none() && !waiting.cancelled) {
            return Ok(self.db()?.clear_outbox(&waiting.lookup)?);
        }
        if !both || off {
            return Ok(());
        }
        self.write(|engine, home| {
            let view = engine.check_in(home, template, period)?;
            let command = Command::Open { opening: waiting.opening, view };
            engine.act_within::<CheckInMonth>(home, &ledgers, &command)?;
            Ok(engine.db()?.clear_outbox(&waiting.lookup)?)
        })
    }
}
