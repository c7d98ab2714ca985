//! Check-ins and daily intentions: what their two ledgers say, with what only this phone has.

use super::Space;
use super::kept;
use super::settings::shown;
use super::subscription::Subscription;
use crate::domain::capability::Class;
use crate::domain::checkin::{
    Answers, Cadence, CheckInState, CheckInView, Period, PrivateState, Template, TemplateId, decide,
};
use crate::domain::intention::{Command as Saying, IntentionView, Intentions};
use crate::domain::ledger::Month;
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::domain::template::Command::{Drop, Make};
use crate::domain::template::Templates;
use crate::engine::{Engine, Home, Watched};
use crate::error::Error;
use crate::id::{DocId, IntentionId, OwnTemplateId};
use crate::limits;
use crate::store::{StorageError, VaultItem};
use crate::time::Moment;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The periods of a cadence from one local day to another.
fn periods(cadence: Cadence, from: Date, to: Date) -> impl Iterator<Item = Period> {
    let first = Some(cadence.period(from));
    std::iter::successors(first, move |period| period.end().map(|end| cadence.period(end)))
        .take_while(move |period| period.first().is_some_and(|day| day <= to))
}

/// The questions: the library's own, and those that the two made, of each the newest.
pub(super) fn templates(engine: &mut Engine) -> Result<Vec<Template>, Error> {
    let made = engine.views::<Templates>()?;
    let taken = match taken_on(engine) {
        // What cannot be read hides no question: until it is taken on again it is a suggestion.
        Err(Error::Storage(StorageError::Damaged(what))) => {
            tracing::warn!(what, "which questions were taken on could not be read");
            BTreeSet::new()
        }
        read => read?,
    };
    let newest = |by: Who| {
        let of: Vec<&Template> = made.iter().filter(|template| template.by == by).collect();
        let over = of.len().saturating_sub(limits::TEMPLATES);
        of.into_iter().skip(over).map(|template| template.id).collect::<Vec<_>>()
    };
    let shown = [Who::Me, Who::Partner].map(newest).concat();
    let made = made.into_iter().filter(|template| shown.contains(&template.id));
    let seen = |template| Template { suggested: suggested(&template, &taken), ..template };
    Ok([Template::week()].into_iter().chain(made.map(seen)).collect())
}

const TAKEN: &str = "check-ins-taken";

/// The other's questions that this person has taken on. Only this phone knows.
fn taken_on(engine: &mut Engine) -> Result<BTreeSet<DocId>, Error> {
    let id = engine.vault()?.named(TAKEN, "");
    let Some(item) = engine.vault()?.get(id)? else { return Ok(BTreeSet::new()) };
    let damaged = || StorageError::Damaged("vault.db: the questions taken on".to_owned());
    Ok(kept::read(&item, TAKEN).ok_or_else(damaged)?)
}

fn suggested(template: &Template, taken: &BTreeSet<DocId>) -> bool {
    let taken = matches!(template.id, TemplateId::Own(doc) if taken.contains(&doc.0));
    template.suggested && !taken
}

/// Takes questions of the other's on, or lets go of them again.
fn take_on(engine: &mut Engine, id: TemplateId, on: bool) -> Result<Template, Error> {
    let home = engine.home()?;
    let asked = template(engine, &home, id)?;
    let TemplateId::Own(doc) = id else { return Ok(asked) };
    if !asked.suggested {
        return Ok(asked);
    }
    let mut taken = match taken_on(engine) {
        Err(Error::Storage(StorageError::Damaged(_))) => begin_list(engine)?,
        read => read?,
    };
    if if on { taken.insert(doc.0) } else { taken.remove(&doc.0) } {
        let key = engine.vault()?.named(TAKEN, "");
        kept::put(engine, key, (TAKEN, TAKEN), &taken)?;
        engine.changed();
    }
    Ok(Template { suggested: suggested(&asked, &taken), ..asked })
}

/// A new list of those taken on, where the one that there is cannot be read: that one stays,
/// under another name.
fn begin_list(engine: &mut Engine) -> Result<BTreeSet<DocId>, Error> {
    let vault = engine.vault()?;
    // One whose bytes are damaged holds nothing that could be kept.
    let item = match vault.get(vault.named(TAKEN, "")) {
        Err(StorageError::Damaged(_)) => None,
        read => read?,
    };
    if let Some(item) = item {
        let id = vault.named(TAKEN, "unreadable");
        vault.put(&VaultItem { id, ..item })?;
    }
    Ok(BTreeSet::new())
}

pub(super) fn template(
    engine: &mut Engine,
    home: &Home,
    id: TemplateId,
) -> Result<Template, Error> {
    match id {
        TemplateId::Week => Ok(Template::week()),
        TemplateId::Own(doc) => {
            is_template(engine, home, id)?;
            let view = engine.view::<Templates>(home, &[doc.0])?;
            Ok(view.ok_or(RefusalCode::TemplateUnknown)?)
        }
    }
}

/// Refused where an id names no questions, dropped ones included.
fn is_template(engine: &mut Engine, home: &Home, id: TemplateId) -> Result<(), Error> {
    match id {
        TemplateId::Week => Ok(()),
        TemplateId::Own(doc) => match engine.of_class::<Templates>(home, doc.0) {
            Err(Error::Refusal(_)) => Err(RefusalCode::TemplateUnknown.into()),
            known => known,
        },
    }
}

fn drop_template(engine: &mut Engine, doc: DocId) -> Result<(), Error> {
    let home = engine.home()?;
    is_template(engine, &home, TemplateId::Own(doc.into()))?;
    engine.act::<Templates>(&[doc], &Drop)
}

/// The check-ins of this and the last periods, newest first.
pub(super) fn check_ins(engine: &mut Engine) -> Result<Vec<CheckInView>, Error> {
    let home = engine.home()?;
    let (today, now) = (engine.today(), engine.now());
    let folded = engine.fold_check_ins(&home, &home.ledgers_between(now, now))?;
    let first = today.saturating_sub(jiff::Span::new().days(91));
    let templates = templates(engine)?;
    let mut wanted: BTreeSet<(TemplateId, Period)> = folded.periods.keys().copied().collect();
    for template in templates.iter().filter(|template| !template.suggested) {
        wanted.extend(periods(template.cadence, first, today).map(|p| (template.id, p)));
    }
    wanted.retain(|(_, period)| period.first().is_some_and(|day| day >= first));
    let mut views = Vec::new();
    for (template, period) in wanted {
        let view = engine.view_check_in(&home, &folded, template, period)?;
        // What the other did alone, before both have sealed, is not shown.
        let asked = templates.iter().find(|asked| asked.id == template);
        let asks = |asked: &&Template| !asked.suggested && asked.cadence.period(today) == period;
        let current = asked.filter(asks).is_some();
        let mine = view.mine.is_some() || view.state == CheckInState::Skipped;
        if current || mine || view.partners.is_some() {
            views.push(view);
        }
    }
    views.sort_by_key(|view| std::cmp::Reverse((view.period.first(), view.template)));
    Ok(views)
}

/// Those that this phone's person is shown.
pub(super) fn shown_check_ins(engine: &mut Engine) -> Result<Vec<CheckInView>, Error> {
    shown(engine, Feature::CheckIns, check_ins)
}

/// Every period of a template that both or I answered, with my own answers
/// even where they stayed private: for the trend.
pub(super) fn answered(
    engine: &mut Engine,
    template: TemplateId,
    span: RangeInclusive<Moment>,
) -> Result<Vec<CheckInView>, Error> {
    let home = engine.home()?;
    let (from, to) = span.into_inner();
    let folded = engine.fold_check_ins(&home, &home.ledgers_between(from, to))?;
    let cadence = self::template(engine, &home, template)?.cadence;
    let first = Period::Day(engine.local_date(from)).first().unwrap_or_default();
    let mut wanted: BTreeSet<Period> = periods(cadence, first, engine.local_date(to)).collect();
    let shared = folded.periods.keys().filter(|(known, _)| *known == template);
    wanted.extend(shared.map(|(_, period)| *period));
    let view = |period| engine.view_check_in(&home, &folded, template, period);
    wanted.into_iter().map(view).collect()
}

/// The check-in of the current period.
fn current(
    engine: &mut Engine,
    home: &Home,
    template: TemplateId,
) -> Result<(Template, CheckInView), Error> {
    let asked = self::template(engine, home, template)?;
    let period = asked.cadence.period(engine.today());
    let view = engine.check_in(home, template, period)?;
    Ok((asked, view))
}

fn draft(
    engine: &mut Engine,
    template: TemplateId,
    answers: &Answers,
) -> Result<CheckInView, Error> {
    let home = engine.home()?;
    let (asked, view) = current(engine, &home, template)?;
    let answers = decide::answer(&asked, view.period, answers, &view, engine.today())?;
    // Who answers has taken the questions on.
    take_on(engine, template, true)?;
    engine.keep_answers(template, view.period, answers, PrivateState::Draft)?;
    engine.changed();
    engine.check_in(&home, template, view.period)
}

/// Seals the drafted answers of the current period.
fn seal(engine: &mut Engine, template: TemplateId) -> Result<CheckInView, Error> {
    let home = engine.home()?;
    let (asked, view) = current(engine, &home, template)?;
    let drafted = engine.private_answers(template, view.period)?.map(|private| private.answers);
    engine.seal(asked, view.period, drafted.unwrap_or_default())?;
    engine.check_in(&home, template, view.period)
}

/// Does something with the check-in of one period; gives back how it stands then.
fn done(
    engine: &mut Engine,
    template: TemplateId,
    period: Period,
    act: fn(&mut Engine, TemplateId, Period) -> Result<(), Error>,
) -> Result<CheckInView, Error> {
    let home = engine.home()?;
    is_template(engine, &home, template)?;
    act(engine, template, period)?;
    engine.check_in(&home, template, period)
}

/// Keeps the answers private: what would open a seal is thrown away, and a seal
/// is taken back, of which no view of the other's tells.
fn keep_to_myself(
    engine: &mut Engine,
    template: TemplateId,
    period: Period,
) -> Result<CheckInView, Error> {
    let home = engine.home()?;
    is_template(engine, &home, template)?;
    let view = engine.check_in(&home, template, period)?;
    let answers = decide::keep(&view, engine.private_answers(template, period)?)?;
    engine.let_go_of_seal(template, period)?;
    engine.keep_answers(template, period, answers, PrivateState::Private)?;
    engine.changed();
    engine.check_in(&home, template, period)
}

fn skip(engine: &mut Engine, template: TemplateId) -> Result<CheckInView, Error> {
    let home = engine.home()?;
    let (_, view) = current(engine, &home, template)?;
    decide::skip(&view)?;
    engine.keep_answers(template, view.period, Answers::new(), PrivateState::Skipped)?;
    engine.changed();
    engine.check_in(&home, template, view.period)
}

/// The ledgers in which the intentions of the last two weeks stand.
fn intention_ledgers(engine: &Engine, home: &Home) -> Vec<DocId> {
    let days = |days: i32| jiff::Span::new().days(days);
    let today = engine.today();
    let ends = [today.saturating_sub(days(14)), today.saturating_add(days(1))];
    let months: BTreeSet<Month> = ends.map(Month::of_date).into();
    months.into_iter().flat_map(|month| home.ledgers_of(month)).collect()
}

/// The intentions of the last two weeks, oldest first.
fn intentions(engine: &mut Engine) -> Result<Vec<IntentionView>, Error> {
    let home = engine.home()?;
    let from = engine.today().saturating_sub(jiff::Span::new().days(14));
    let ledgers = intention_ledgers(engine, &home);
    let mut all = engine.view::<Intentions>(&home, &ledgers)?.unwrap_or_default();
    all.retain(|one| one.day >= from);
    Ok(all)
}

fn intention(engine: &mut Engine, command: &Saying) -> Result<(), Error> {
    let home = engine.home()?;
    let ledgers = intention_ledgers(engine, &home);
    engine.act::<Intentions>(&ledgers, command)
}

fn intend(engine: &mut Engine, text: String) -> Result<IntentionView, Error> {
    let today = engine.today();
    intention(engine, &Saying::Say { text, today })?;
    let mine = |one: &IntentionView| one.by == Who::Me && one.day == today;
    Ok(intentions(engine)?.into_iter().find(mine).ok_or(RefusalCode::NotFound)?)
}

/// Check-ins and daily intentions, answered by each apart and opened together.
#[derive(Clone, Copy)]
pub struct CheckIns<'a>(pub(super) &'a Space);

impl CheckIns<'_> {
    /// Begins to hear of the check-ins.
    pub fn subscribe(&self) -> Subscription<Vec<CheckInView>> {
        let watched = Watched::Of(&[Class::Ledger, Class::Template]);
        Subscription::new(self.0, watched, shown_check_ins)
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
        self.0.ask(shown_check_ins).await
    }

    /// The questions: the library's own, and those that the two made.
    ///
    /// # Errors
    /// As [`CheckIns::list`].
    pub async fn templates(&self) -> Result<Vec<Template>, Error> {
        self.0.ask(templates).await
    }

    /// Makes questions of one's own, for both: to the other they are a suggestion until they
    /// take them on.
    ///
    /// # Errors
    /// `AnswerInvalid` for more than 20 questions or none, `TooManyTemplates` beside 20 of one's
    /// own, those of a text.
    pub async fn make_template(
        &self,
        title: &str,
        cadence: Cadence,
        items: Vec<String>,
    ) -> Result<Template, Error> {
        let title = title.to_owned();
        self.0.write(move |engine| engine.begin::<Templates>(&Make { title, cadence, items })).await
    }

    /// Takes questions of one's own back.
    ///
    /// # Errors
    /// `TemplateUnknown`, `NotYourWords`.
    pub async fn drop_template(&self, id: OwnTemplateId) -> Result<(), Error> {
        self.0.write(move |engine| drop_template(engine, id.into())).await
    }

    /// Takes on questions that the other made: from then on they are among what can be
    /// answered. Until then they are a suggestion. Answering them takes
    /// them on too. The other does not learn of it.
    ///
    /// # Errors
    /// `TemplateUnknown`, or as [`CheckIns::list`].
    pub async fn take_on(&self, template: TemplateId) -> Result<Template, Error> {
        self.0.write(move |engine| take_on(engine, template, true)).await
    }

    /// Lets go of questions of the other's: they are a suggestion again, and what was answered
    /// stays. The other does not learn of it.
    ///
    /// # Errors
    /// As [`CheckIns::take_on`].
    pub async fn let_go(&self, template: TemplateId) -> Result<Template, Error> {
        self.0.write(move |engine| take_on(engine, template, false)).await
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
        self.0.write(move |engine| draft(engine, template, &answers)).await
    }

    /// Seals the drafted answers. They open by themselves once the other's seal
    /// is here, and can be taken back until then.
    ///
    /// # Errors
    /// `AnswerInvalid` where there is no draft, `AlreadySealed`, `FeatureOff`.
    pub async fn seal(&self, template: TemplateId) -> Result<CheckInView, Error> {
        self.0.write(move |engine| seal(engine, template)).await
    }

    /// Takes a seal back, as long as it is not open.
    ///
    /// # Errors
    /// `NotSealed`.
    pub async fn cancel(&self, template: TemplateId, period: Period) -> Result<CheckInView, Error> {
        self.0.write(move |engine| done(engine, template, period, Engine::cancel_seal)).await
    }

    /// Takes back the answers that the partner has seen: their words go on both phones, and
    /// for a week a stub says so. One's own copy stays in the vault; the partner's answers stay
    /// where they are.
    ///
    /// # Errors
    /// `NoLongerThere` where nothing of mine is open; `TemplateUnknown`, `PairLeft`, or as
    /// [`CheckIns::list`].
    pub async fn take_back(
        &self,
        template: TemplateId,
        period: Period,
    ) -> Result<CheckInView, Error> {
        self.0.write(move |engine| done(engine, template, period, Engine::take_answers_back)).await
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
        self.0.write(move |engine| done(engine, template, period, Engine::share_alone)).await
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
        self.0.write(move |engine| keep_to_myself(engine, template, period)).await
    }

    /// Skips the current period. The other learns nothing of it (R14).
    ///
    /// # Errors
    /// `AlreadySealed`.
    pub async fn skip(&self, template: TemplateId) -> Result<CheckInView, Error> {
        self.0.write(move |engine| skip(engine, template)).await
    }

    /// The intentions of both of the last two weeks.
    ///
    /// # Errors
    /// As [`CheckIns::list`].
    pub async fn intentions(&self) -> Result<Vec<IntentionView>, Error> {
        self.0.ask(|engine| shown(engine, Feature::CheckIns, intentions)).await
    }

    /// Says what one intends today; saying it again replaces it (F82).
    ///
    /// # Errors
    /// `FeatureOff`, those of a text.
    pub async fn intend(&self, words: &str) -> Result<IntentionView, Error> {
        let words = words.to_owned();
        self.0.write(move |engine| intend(engine, words)).await
    }

    /// Says thank you for an intention of the other.
    ///
    /// # Errors
    /// `OwnWords`, `NoLongerThere`.
    pub async fn thank(&self, id: IntentionId) -> Result<(), Error> {
        self.0.write(move |engine| intention(engine, &Saying::Thank { id: id.into() })).await
    }

    /// Takes an intention of mine back.
    ///
    /// # Errors
    /// `NotYourWords`, `NoLongerThere`.
    pub async fn withdraw(&self, id: IntentionId) -> Result<(), Error> {
        self.0.write(move |engine| intention(engine, &Saying::Withdraw { id: id.into() })).await
    }
}
