//! Check-ins and daily intentions, on one phone.

use super::Space;
use super::subscription::Subscription;
use crate::cbor::Value;
use crate::domain::checkin::view::intentions;
use crate::domain::checkin::{
    Act, Answers, Cadence, CheckInState, CheckInView, Folded, IntentionView, Opening, Period,
    Template, TemplateId, decide, fold, project, seal,
};
use crate::domain::ledger::{Month, ledger, own_document};
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::record::{Action, Draft, Held};
use crate::domain::refusal::RefusalCode;
use crate::domain::text;
use crate::domain::words::{in_order, withdrawn};
use crate::engine::{Engine, Home};
use crate::error::Error;
use crate::host::random;
use crate::id::{DocId, ItemId, PersonId, Position};
use crate::limits;
use crate::store::{StorageError, VaultItem};
use crate::time::{Moment, local_date, zone};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The kind of the vault's own copy of answers.
const ANSWERS: &str = "check-in";

/// What only this phone knows of one check-in.
#[derive(Debug, Clone)]
struct PrivateAnswers {
    id: DocId,
    template: TemplateId,
    period: Period,
    answers: Answers,
    state: String,
}

/// How a template was made.
struct TemplateMade {
    position: Position,
    author: PersonId,
    cadence: Cadence,
    withdrawn: bool,
}

fn name(template: TemplateId, period: Period) -> String {
    format!("{template}/{period}")
}

/// The periods of a cadence from one local day to another.
fn periods(cadence: Cadence, from: Date, to: Date) -> impl Iterator<Item = Period> {
    let first = Some(cadence.period(from));
    std::iter::successors(first, move |period| period.end().map(|end| cadence.period(end)))
        .take_while(move |period| period.first().is_some_and(|day| day <= to))
}

impl PrivateAnswers {
    fn read(item: &VaultItem) -> Option<Self> {
        let value = &item.value;
        let answers = value.get("answers")?;
        Some(Self {
            id: item.id,
            template: TemplateId::from_value(value.get("template")?)?,
            period: value.get("period")?.text()?.parse().ok()?,
            answers: seal::answers_from_value(answers).unwrap_or_default(),
            state: value.get("state")?.text()?.to_owned(),
        })
    }

    fn to_item(&self) -> VaultItem {
        let value = Value::map([
            ("template", Some(self.template.to_value())),
            ("period", Some(self.period.to_string().as_str().into())),
            ("answers", Some(seal::answers_to_value(&self.answers))),
            ("state", Some(self.state.as_str().into())),
        ]);
        VaultItem { id: self.id, kind: ANSWERS.to_owned(), value }
    }
}

impl Engine {
    /// The local date of the person who holds this phone.
    pub(crate) fn today(&self) -> Date {
        self.local_date(self.now())
    }

    /// The local date of a moment, where this phone is.
    pub(crate) fn local_date(&self, at: Moment) -> Date {
        local_date(at, &self.host.clock.zone())
    }

    /// The zone in which this phone is.
    pub(crate) fn local_zone(&self) -> jiff::tz::TimeZone {
        zone(&self.host.clock.zone()).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// What only this phone knows of one check-in.
    fn private(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<Option<PrivateAnswers>, Error> {
        let id = self.vault()?.named(ANSWERS, &name(template, period));
        Ok(self.vault()?.get(id)?.as_ref().and_then(PrivateAnswers::read))
    }

    fn keep_private(
        &mut self,
        template: TemplateId,
        period: Period,
        answers: Answers,
        state: &str,
    ) -> Result<(), Error> {
        let id = self.vault()?.named(ANSWERS, &name(template, period));
        let kept = PrivateAnswers { id, template, period, answers, state: state.to_owned() };
        Ok(self.vault()?.put(&kept.to_item())?)
    }

    /// The record that made a template: only its maker's can have made this
    /// document, and only the first.
    fn template_made(&mut self, home: &Home, doc: DocId) -> Result<Option<TemplateMade>, Error> {
        let read = self.records(home, doc)?;
        let records = in_order(read.held.iter());
        let gone = withdrawn(&records);
        let made = |held: &&Held| match held.record.action {
            Action::CheckIn(Act::Template { cadence, salt })
                if own_document(home.pair.id, held.author, &salt) == doc =>
            {
                let (position, author) = (held.id, held.author);
                let withdrawn = gone.contains_key(&position);
                Some(TemplateMade { position, author, cadence, withdrawn })
            }
            _ => None,
        };
        Ok(records.iter().find_map(made))
    }

    /// The template that a document holds, unless it was taken back.
    pub(crate) fn template_of(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<Option<Template>, Error> {
        let made = self.template_made(home, doc)?.filter(|made| !made.withdrawn);
        let Some(TemplateMade { position, cadence, .. }) = made else { return Ok(None) };
        let Some(body) = self.body(home, position)? else { return Ok(None) };
        let words =
            |value: &Value| value.text().filter(|words| text::counts(words)).map(str::to_owned);
        let items: Option<Vec<String>> = body
            .get("items")
            .and_then(Value::array)
            .filter(|items| (1..=limits::CHECK_IN_ITEMS).contains(&items.len()))
            .and_then(|items| items.iter().map(words).collect());
        let title = body.get("title").and_then(words);
        Ok(match (title, items) {
            (Some(title), Some(items)) => {
                Some(Template { id: TemplateId::Own(doc), title, cadence, items })
            }
            _ => None,
        })
    }

    fn templates(&mut self) -> Result<Vec<Template>, Error> {
        let home = self.home()?;
        let mut templates = vec![Template::week()];
        for doc in self.live_documents(&["checkin"])? {
            templates.extend(self.template_of(&home, doc)?);
        }
        Ok(templates)
    }

    pub(crate) fn template(&mut self, home: &Home, id: TemplateId) -> Result<Template, Error> {
        match id {
            TemplateId::Week => Ok(Template::week()),
            // One that no entry touches needs no document made for it.
            TemplateId::Own(doc) if self.touched(home, doc)?.0.is_empty() => {
                Err(RefusalCode::TemplateUnknown.into())
            }
            TemplateId::Own(doc) => {
                Ok(self.template_of(home, doc)?.ok_or(RefusalCode::TemplateUnknown)?)
            }
        }
    }

    fn fold_check_ins(&mut self, home: &Home, docs: &[DocId]) -> Result<Folded, Error> {
        let mut ledgers = Vec::new();
        for doc in docs {
            if !self.touched(home, *doc)?.0.is_empty() {
                ledgers.push(self.records(home, *doc)?.held);
            }
        }
        let slices: Vec<&[_]> = ledgers.iter().map(|held| held.as_slice()).collect();
        Ok(fold(&home.pair, &slices))
    }

    fn ledgers_of(&self, home: &Home, period: Period) -> Vec<DocId> {
        let Some(first) = period.first() else { return Vec::new() };
        let of = |person| ledger(home.pair.id, person, Month::of_date(first));
        home.pair.members().map(of).to_vec()
    }

    /// One check-in as it stands for this phone's person.
    fn check_in(
        &mut self,
        home: &Home,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        let docs = self.ledgers_of(home, period);
        let folded = self.fold_check_ins(home, &docs)?;
        self.view_check_in(home, &folded, template, period)
    }

    fn view_check_in(
        &mut self,
        home: &Home,
        folded: &Folded,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
        let words = sides.iter().flat_map(|side| [side.shared, side.seal.and_then(|s| s.opened)]);
        let bodies = self.bodies(home, words.flatten())?;
        let read = |position| bodies.get(&position).cloned();
        let ends = period.ends(&self.local_zone());
        let mut view = project(folded, template, period, &home.pair, home.me, ends, &read);
        let now = self.now();
        let over = ends.is_some_and(|ends| now >= ends);
        let private = self.private(template, period)?;
        let state = private.as_ref().map(|private| private.state.as_str());
        if view.mine.is_none() {
            view.mine = private.as_ref().map(|p| p.answers.clone()).filter(|a| !a.is_empty());
        }
        view.state = match (view.state, state) {
            (CheckInState::Sealed, _) => {
                let waits = self.waits(template, period)?.is_some();
                let both = sides.iter().all(|side| side.seal.is_some());
                view.choose = over && waits && !both;
                if waits || both { CheckInState::Sealed } else { CheckInState::KeptPrivate }
            }
            (CheckInState::Open, Some("draft")) if !over => CheckInState::Draft,
            (CheckInState::Open, Some("draft" | "private" | "sealed")) => CheckInState::KeptPrivate,
            (CheckInState::Open, Some("skipped")) => CheckInState::Skipped,
            (CheckInState::Open, _) if over => CheckInState::Over,
            (state, _) => state,
        };
        Ok(view)
    }

    /// The check-ins of this and the last periods, newest first.
    pub(crate) fn check_ins(&mut self) -> Result<Vec<CheckInView>, Error> {
        let home = self.home()?;
        let today = self.today();
        let now = self.now();
        let docs = self.ledgers_between(&home, now, now);
        let mut wanted: Vec<(TemplateId, Period)> = Vec::new();
        let docs: Vec<DocId> = docs.into_iter().collect();
        let folded = self.fold_check_ins(&home, &docs)?;
        let first = today.saturating_sub(jiff::Span::new().days(91));
        let templates = self.templates()?;
        for template in &templates {
            wanted.extend(periods(template.cadence, first, today).map(|p| (template.id, p)));
        }
        wanted.extend(folded.periods.keys().copied());
        wanted.retain(|(_, period)| period.first().is_some_and(|day| day >= first));
        wanted.sort_unstable();
        wanted.dedup();
        let mut views = Vec::new();
        for (template, period) in wanted {
            let view = self.view_check_in(&home, &folded, template, period)?;
            // What the other did alone, before both have sealed, is not shown.
            let asked = templates.iter().find(|asked| asked.id == template);
            let current = asked.is_some_and(|asked| asked.cadence.period(today) == period);
            let mine = view.mine.is_some() || view.state == CheckInState::Skipped;
            if current || mine || view.partners.is_some() {
                views.push(view);
            }
        }
        views.sort_by_key(|view| std::cmp::Reverse((view.period.first(), view.template)));
        Ok(views)
    }

    /// What opens the seal of one period, if one waits that was not taken back.
    fn waits(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<Option<(Vec<u8>, Opening)>, Error> {
        let wanted = name(template, period);
        for (lookup, value) in self.db()?.outbox()? {
            let cancelled = value.get("cancelled").is_some();
            if !cancelled && value.get("name").and_then(Value::text) == Some(&wanted) {
                let opening = value.get("opening").and_then(Opening::from_value);
                return Ok(opening.map(|opening| (lookup, opening)));
            }
        }
        Ok(None)
    }

    fn draft_check_in(
        &mut self,
        template: TemplateId,
        answers: &Answers,
    ) -> Result<CheckInView, Error> {
        let home = self.home()?;
        let asked = self.template(&home, template)?;
        let today = self.today();
        let period = asked.cadence.period(today);
        let view = self.check_in(&home, template, period)?;
        let answers = decide::answer(&asked, period, answers, &view, today)?;
        self.keep_private(template, period, answers, "draft")?;
        self.check_in(&home, template, period)
    }

    /// Seals the drafted answers of the current period. The vault keeps its copy
    /// first, then the seal and what opens it are written in one transaction.
    fn seal_check_in(&mut self, template: TemplateId) -> Result<CheckInView, Error> {
        let home = self.home()?;
        let asked = self.template(&home, template)?;
        let today = self.today();
        let period = asked.cadence.period(today);
        self.switched_on(&home)?;
        let view = self.check_in(&home, template, period)?;
        let drafted = self.private(template, period)?.map(|private| private.answers);
        let answers = decide::answer(&asked, period, &drafted.unwrap_or_default(), &view, today)?;
        let nonce = random(self.entropy()).map_err(StorageError::from)?;
        let opening = Opening { nonce, answers: answers.clone() };
        self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            let own = home.own()?.follower.checkpoint();
            let (log, seal) = (own.log, Position { log: own.log, index: own.length, place: 0 });
            let draft = engine.deciding(&home, |context| {
                decide::seal(&opening, template, period, log, context)
            })?;
            engine.append(&mut home, vec![draft])?;
            let waiting = Value::map([
                ("name", Some(name(template, period).as_str().into())),
                ("template", Some(template.to_value())),
                ("period", Some(period.to_string().as_str().into())),
                ("seal", Some(seal.to_string().as_str().into())),
                ("opening", Some(opening.to_value())),
            ]);
            Ok(engine.db()?.put_outbox(&seal.to_string(), &waiting)?)
        })?;
        self.keep_private(template, period, answers, "sealed")?;
        self.changed();
        self.settle_seals()?;
        self.check_in(&home, template, period)
    }

    /// Opens every seal of mine whose other is here, and lets go of those whose
    /// period is long over: their answers stay private (§5.6.5).
    pub(crate) fn settle_seals(&mut self) -> Result<(), Error> {
        if self.db()?.outbox()?.is_empty() {
            return Ok(());
        }
        let home = self.home()?;
        let left = self.pair_state(&home)?.left_at.is_some();
        let off = self.pacing(&home)?.limits().off.contains(&Feature::CheckIns);
        let utc = jiff::tz::TimeZone::UTC;
        let mut opened = false;
        for (lookup, value) in self.db()?.outbox()? {
            let template = value.get("template").and_then(TemplateId::from_value);
            let period = value.get("period").and_then(|p| p.text()?.parse::<Period>().ok());
            let opening = value.get("opening").and_then(Opening::from_value);
            let (Some(template), Some(period), Some(opening)) = (template, period, opening) else {
                self.db()?.clear_outbox(&lookup)?;
                continue;
            };
            let docs = self.ledgers_of(&home, period);
            let folded = self.fold_check_ins(&home, &docs)?;
            let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
            let me = home.pair.index(home.me).unwrap_or_default();
            let own = value.get("seal").and_then(|seal| seal.text()?.parse::<Position>().ok());
            let stands = sides[me].seal.filter(|seal| Some(seal.id) == own);
            let cancelled = value.get("cancelled").is_some();
            let done = stands.is_some_and(|seal| seal.opened.is_some());
            let over = period.ends(&utc).map(|ends| ends.plus(limits::SEAL_WAITS));
            let late = over.is_some_and(|over| self.now() > over);
            let both = stands.is_some() && sides[1 - me].seal.is_some();
            // One that was taken back waits too: the other may have opened on it
            // before they heard of that, and then it opens all the same.
            if late && !both && !done && !left && !cancelled && stands.is_some() {
                self.let_go_of_seal(template, period, &lookup)?;
            }
            if done || left || (late && !both) || (stands.is_none() && !cancelled) {
                self.db()?.clear_outbox(&lookup)?;
                continue;
            }
            if !both || off {
                continue;
            }
            let view = self.check_in(&home, template, period)?;
            self.transact(|engine| {
                let mut home = engine.home()?;
                let draft =
                    engine.deciding(&home, |context| decide::open(&opening, &view, context))?;
                engine.append(&mut home, vec![draft])?;
                Ok(engine.db()?.clear_outbox(&lookup)?)
            })?;
            opened = true;
        }
        if opened {
            self.changed();
        }
        Ok(())
    }

    fn cancel_seal(&mut self, template: TemplateId, period: Period) -> Result<CheckInView, Error> {
        let home = self.home()?;
        let view = self.check_in(&home, template, period)?;
        let waiting = self.waits(template, period)?.ok_or(RefusalCode::NotSealed)?;
        self.transact(|engine| {
            let mut home = engine.home()?;
            let draft = engine.deciding(&home, |context| decide::cancel(&view, context))?;
            engine.append(&mut home, vec![draft])?;
            engine.take_back(&waiting.0)
        })?;
        self.keep_private(template, period, waiting.1.answers, "draft")?;
        self.changed();
        self.check_in(&home, template, period)
    }

    /// Marks what opens a seal as taken back.
    fn take_back(&mut self, lookup: &[u8]) -> Result<(), Error> {
        let found = self.db()?.outbox()?.into_iter().find(|(known, _)| known == lookup);
        let Some((_, value)) = found else { return Ok(()) };
        let Some(seal) = value.get("seal").and_then(Value::text).map(str::to_owned) else {
            return Ok(());
        };
        let value = value.with(vec![("cancelled".to_owned(), Value::Bool(true))]);
        Ok(self.db()?.put_outbox(&seal, &value)?)
    }

    fn switched_on(&mut self, home: &Home) -> Result<(), Error> {
        match self.pacing(home)?.limits().off.contains(&Feature::CheckIns) {
            true => Err(RefusalCode::FeatureOff.into()),
            false => Ok(()),
        }
    }

    fn share_alone(&mut self, template: TemplateId, period: Period) -> Result<CheckInView, Error> {
        let home = self.home()?;
        self.switched_on(&home)?;
        let private = self.private(template, period)?.filter(|p| !p.answers.is_empty());
        let private = private.ok_or(RefusalCode::NotSealed)?;
        let view = self.check_in(&home, template, period)?;
        if matches!(view.state, CheckInState::Revealed | CheckInState::SharedAlone) {
            return Err(RefusalCode::AlreadySealed.into());
        }
        let waiting = self.waits(template, period)?;
        self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            let draft = engine.deciding(&home, |context| {
                decide::share_alone(&private.answers, template, period, context)
            })?;
            engine.append(&mut home, vec![draft])?;
            if let Some((lookup, _)) = waiting {
                engine.db()?.clear_outbox(&lookup)?;
            }
            Ok(())
        })?;
        self.changed();
        self.check_in(&home, template, period)
    }

    /// Takes a seal back because its answers stay private: otherwise the other's
    /// could still open to it, to me alone. The other is not shown either.
    fn let_go_of_seal(
        &mut self,
        template: TemplateId,
        period: Period,
        lookup: &[u8],
    ) -> Result<(), Error> {
        let home = self.home()?;
        let view = self.check_in(&home, template, period)?;
        self.transact(|engine| {
            let mut home = engine.home()?;
            if let Ok(draft) = engine.deciding(&home, |context| decide::cancel(&view, context)) {
                engine.append(&mut home, vec![draft])?;
            }
            engine.take_back(lookup)
        })
    }

    /// Keeps the answers private: what would open a seal is thrown away, and a seal
    /// is taken back, of which no view of the other's tells.
    fn keep_to_myself(
        &mut self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        let home = self.home()?;
        let answers = self.private(template, period)?.map(|private| private.answers);
        let answers =
            answers.filter(|answers| !answers.is_empty()).ok_or(RefusalCode::NotSealed)?;
        if let Some((lookup, _)) = self.waits(template, period)? {
            self.let_go_of_seal(template, period, &lookup)?;
        }
        self.keep_private(template, period, answers, "private")?;
        self.changed();
        self.check_in(&home, template, period)
    }

    fn skip(&mut self, template: TemplateId) -> Result<CheckInView, Error> {
        let home = self.home()?;
        let period = self.template(&home, template)?.cadence.period(self.today());
        let view = self.check_in(&home, template, period)?;
        if !matches!(view.state, CheckInState::Open | CheckInState::Draft | CheckInState::Skipped) {
            return Err(RefusalCode::AlreadySealed.into());
        }
        self.keep_private(template, period, Answers::new(), "skipped")?;
        self.changed();
        self.check_in(&home, template, period)
    }

    fn make_template(
        &mut self,
        title: &str,
        cadence: Cadence,
        items: &[String],
    ) -> Result<Template, Error> {
        let salt = random(self.entropy()).map_err(StorageError::from)?;
        let home = self.home()?;
        self.switched_on(&home)?;
        let draft = self.deciding(&home, |context| {
            decide::make_template(salt, title, cadence, items, context)
        })?;
        let doc = draft.target;
        self.append_own(vec![draft])?;
        Ok(self.template_of(&home, doc)?.ok_or(RefusalCode::TemplateUnknown)?)
    }

    fn drop_template(&mut self, doc: DocId) -> Result<(), Error> {
        let home = self.home()?;
        let made = self.template_made(&home, doc)?.ok_or(RefusalCode::TemplateUnknown)?;
        if made.author != home.me {
            return Err(RefusalCode::NotYourWords.into());
        }
        let action = Action::WithdrawWords { of: made.position };
        self.append_own(vec![Draft { target: doc, action, body: None }])
    }

    fn say_intention(&mut self, words: &str) -> Result<IntentionView, Error> {
        let today = self.today();
        let home = self.home()?;
        self.switched_on(&home)?;
        let mut drafts =
            vec![self.deciding(&home, |context| decide::intend(words, today, context))?];
        // What is said anew replaces what was said before: those words go.
        let before = self.intentions()?.into_iter();
        let before = before.filter(|one| one.by == Who::Me && one.day == today);
        drafts.extend(before.map(|one| Draft {
            target: one.ledger,
            action: Action::WithdrawWords { of: one.position },
            body: None,
        }));
        self.append_own(drafts)?;
        let mine = |one: &IntentionView| one.by == Who::Me && one.day == today;
        let found = self.intentions()?.into_iter().find(mine);
        Ok(found.ok_or(RefusalCode::NotFound)?)
    }

    /// The intentions of the last two weeks, oldest first.
    pub(crate) fn intentions(&mut self) -> Result<Vec<IntentionView>, Error> {
        let home = self.home()?;
        let now = self.now();
        let from = self.today().saturating_sub(jiff::Span::new().days(14));
        let last = self.today().saturating_add(jiff::Span::new().days(1));
        let ledgers = [from, last].map(|date| {
            home.pair.members().map(|person| ledger(home.pair.id, person, Month::of_date(date)))
        });
        let docs: BTreeSet<DocId> = ledgers.into_iter().flatten().collect();
        let docs: Vec<DocId> = docs.into_iter().collect();
        let mut folded = self.fold_check_ins(&home, &docs)?;
        folded.intentions.retain(|one| one.day >= from);
        let bodies = self.bodies(&home, folded.intentions.iter().map(|one| one.id))?;
        let read = |position| bodies.get(&position).cloned();
        Ok(intentions(&folded, &home.pair, home.me, now, &read))
    }

    fn answer_intention(&mut self, id: ItemId, thank: bool) -> Result<(), Error> {
        let found = self.intentions()?.into_iter().find(|one| one.id == id);
        let one = found.ok_or(RefusalCode::NoLongerThere)?;
        let of = one.position;
        let action = match (thank, one.by) {
            (true, Who::Me) => return Err(RefusalCode::OwnWords.into()),
            (true, _) => Action::Thank { of },
            (false, Who::Me) => Action::WithdrawWords { of },
            (false, _) => return Err(RefusalCode::NotYourWords.into()),
        };
        self.append_own(vec![Draft { target: one.ledger, action, body: None }])
    }

    /// Every period of a template that both or I answered, with my own answers
    /// even where they stayed private: for the trend.
    pub(crate) fn answered(
        &mut self,
        template: TemplateId,
        from: Moment,
    ) -> Result<Vec<CheckInView>, Error> {
        let home = self.home()?;
        let now = self.now();
        let docs: Vec<DocId> = self.ledgers_between(&home, from, now).into_iter().collect();
        let folded = self.fold_check_ins(&home, &docs)?;
        let cadence = self.template(&home, template)?.cadence;
        let first = Period::Day(self.local_date(from)).first().unwrap_or_default();
        let mut periods: Vec<Period> = periods(cadence, first, self.today()).collect();
        let shared = folded.periods.keys().filter(|(known, _)| *known == template);
        periods.extend(shared.map(|(_, period)| *period));
        periods.sort_unstable();
        periods.dedup();
        let mut views = Vec::new();
        for period in periods {
            views.push(self.view_check_in(&home, &folded, template, period)?);
        }
        Ok(views)
    }
}

/// Check-ins and daily intentions, see [`crate::domain::checkin`].
#[derive(Clone, Copy)]
pub struct CheckIns<'a>(pub(super) &'a Space);

impl CheckIns<'_> {
    /// Begins to hear of the check-ins.
    pub fn subscribe(&self) -> Subscription<Vec<CheckInView>> {
        Subscription::new(self.0, Engine::check_ins)
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported)]
impl CheckIns<'_> {
    /// The check-ins that can be answered now and those of the last 13 weeks,
    /// newest first. Of the other's there is nothing before both have sealed.
    ///
    /// # Errors
    /// `NotPaired`, storage, `Closed`; so for all reading methods here.
    pub async fn list(&self) -> Result<Vec<CheckInView>, Error> {
        self.0.ask(Engine::check_ins).await
    }

    /// The questions: the library's own, and those that the two made.
    ///
    /// # Errors
    /// As [`CheckIns::list`].
    pub async fn templates(&self) -> Result<Vec<Template>, Error> {
        self.0.ask(Engine::templates).await
    }

    /// Makes questions of one's own, for both. Each is free to answer them.
    ///
    /// # Errors
    /// `AnswerInvalid` for more than 20 questions or none, those of a text.
    pub async fn make_template(
        &self,
        title: &str,
        cadence: Cadence,
        items: Vec<String>,
    ) -> Result<Template, Error> {
        let title = title.to_owned();
        self.0.ask(move |engine| engine.make_template(&title, cadence, &items)).await
    }

    /// Takes questions of one's own back.
    ///
    /// # Errors
    /// `TemplateUnknown`, `NotYourWords`.
    pub async fn drop_template(&self, id: DocId) -> Result<(), Error> {
        self.0.ask(move |engine| engine.drop_template(id)).await
    }

    /// Keeps answers to the current period as a draft that only this phone has.
    ///
    /// # Errors
    /// `AnswerInvalid`, `AlreadySealed`, `TemplateUnknown`, those of a text.
    pub async fn draft(
        &self,
        template: TemplateId,
        answers: Answers,
    ) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.draft_check_in(template, &answers)).await
    }

    /// Seals the drafted answers. They open by themselves once the other's seal
    /// is here, and can be taken back until then.
    ///
    /// # Errors
    /// `AnswerInvalid` where there is no draft, `AlreadySealed`, `FeatureOff`.
    pub async fn seal(&self, template: TemplateId) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.seal_check_in(template)).await
    }

    /// Takes a seal back, as long as it is not open.
    ///
    /// # Errors
    /// `NotSealed`.
    pub async fn cancel(&self, template: TemplateId, period: Period) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.cancel_seal(template, period)).await
    }

    /// Shares one's answers without the other's.
    ///
    /// # Errors
    /// `NotSealed` where there are none, `AlreadySealed` where they are shared.
    pub async fn share_alone(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.share_alone(template, period)).await
    }

    /// Keeps one's answers private. The other learns nothing of it.
    ///
    /// # Errors
    /// `NotSealed` where there are none.
    pub async fn keep_private(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.keep_to_myself(template, period)).await
    }

    /// Skips the current period. The other learns nothing of it (R14).
    ///
    /// # Errors
    /// `AlreadySealed`.
    pub async fn skip(&self, template: TemplateId) -> Result<CheckInView, Error> {
        self.0.ask(move |engine| engine.skip(template)).await
    }

    /// The intentions of both of the last two weeks.
    ///
    /// # Errors
    /// As [`CheckIns::list`].
    pub async fn intentions(&self) -> Result<Vec<IntentionView>, Error> {
        self.0.ask(Engine::intentions).await
    }

    /// Says what one intends today; saying it again replaces it (F82).
    ///
    /// # Errors
    /// `FeatureOff`, those of a text.
    pub async fn intend(&self, words: &str) -> Result<IntentionView, Error> {
        let words = words.to_owned();
        self.0.ask(move |engine| engine.say_intention(&words)).await
    }

    /// Says thank you for an intention of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: ItemId) -> Result<(), Error> {
        self.0.ask(move |engine| engine.answer_intention(id, true)).await
    }

    /// Takes an intention of mine back.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: ItemId) -> Result<(), Error> {
        self.0.ask(move |engine| engine.answer_intention(id, false)).await
    }
}
