//! What one person sees of a shared item.

use super::content::{ItemPart, parts_of, said_first};
use super::fold::{Answer, Item, Telling};
use super::form::{About, Form, Reply, Role, Section, Sort, Wish};
use crate::domain::capability::Viewing;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::domain::words::{Stub, text_of};
use crate::id::{ItemId, Position, WordsId};
use crate::limits;
use crate::time::Moment;
use serde::Serialize;
use std::collections::BTreeMap;

/// How an item stands. None is "done": that is not for a library to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ItemState {
    /// It was told, and stands.
    Standing,
    /// Its author asked something newer: this one waits no more (R31).
    Replaced,
    /// It waited for its time and waits no more.
    Lapsed,
    /// Its author says that it is enough for now.
    EnoughForNow,
    /// Its author took it back: what is left says that, and when.
    TakenBack,
}

/// One telling: a later one never replaces what was read (R36).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct VersionView {
    /// The id of its words.
    pub id: WordsId,
    /// When it was told.
    pub at: Moment,
    /// When its words were taken back.
    pub taken_back: Option<Moment>,
    /// Its parts; none where its words were taken back, or are not here yet.
    pub parts: Vec<ItemPart>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AnswerView {
    /// The id of its words.
    pub id: WordsId,
    /// Who gave it.
    pub by: Who,
    /// When.
    pub at: Moment,
    /// What was answered.
    pub reply: Reply,
    /// Its words, where it has some and they are here.
    pub text: Option<String>,
    /// When its words were taken back.
    pub taken_back: Option<Moment>,
    /// Until when, where it says so.
    pub until: Option<Moment>,
    /// It is what this person says now; otherwise something later stands beside it.
    pub stands: bool,
    /// It was given to an earlier telling than the one that stands.
    pub on_earlier: bool,
}

/// A shared item as one person sees it. The wish is to be shown before the words (F31).
/// Whether anybody has looked at it is nowhere (R11, F20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ItemView {
    /// Its document.
    pub id: ItemId,
    /// What it is.
    pub form: Form,
    /// What its author wishes.
    pub wish: Option<Wish>,
    /// Who tells it.
    pub by: Who,
    /// How it stands.
    pub state: ItemState,
    /// When it was told first.
    pub at: Moment,
    /// Until when its words are kept, if they end.
    pub until: Option<Moment>,
    /// When it was taken back.
    pub taken_back: Option<Moment>,
    /// Its author's own part in it, for a breach (F09).
    pub role: Option<Role>,
    /// The item that it is about.
    pub about: Option<ItemId>,
    /// It was written on an earlier telling of that than the one that stands (K9).
    pub on_earlier: bool,
    /// Its parts, as they stand.
    pub parts: Vec<ItemPart>,
    /// There is an explanation, which unfolds when the other asks for it (F21).
    pub folded: bool,
    /// Every telling, oldest first.
    pub tellings: Vec<VersionView>,
    /// Every answer, oldest first. None is owed.
    pub answers: Vec<AnswerView>,
    /// It waits for the viewer's answer.
    pub waits_for_me: bool,
    /// A newer version wrote something here that this one does not show.
    pub needs_update: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) begun: Position,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) on: Option<Position>,
}

impl ItemView {
    /// The texts of one of its parts.
    pub fn part(&self, section: Section) -> &[String] {
        let part = self.parts.iter().find(|part| part.section == section);
        part.map_or(&[], |part| &part.texts)
    }

    /// What one of the two says now, of one sort.
    pub(crate) fn says(&self, by: Who, sort: Sort) -> Option<Reply> {
        let said = self
            .answers
            .iter()
            .find(|answer| answer.stands && answer.by == by && answer.reply.sort() == sort);
        said.map(|answer| answer.reply)
    }

    /// In the order in which they were told.
    pub(crate) fn order(&self) -> (Moment, Position) {
        (self.at, self.begun)
    }

    /// Whether it is one of those that wait for an answer, of which there may not be many.
    fn asks(&self) -> bool {
        let answered = self.says(other(self.by), Sort::Reply);
        let later = answered == Some(Reply::NotNow);
        let asks = self.form.described().asks;
        let asks = asks.is_none_or(|section| !self.part(section).is_empty());
        asks && self.state == ItemState::Standing && (answered.is_none() || later)
    }
}

fn other(who: Who) -> Who {
    match who {
        Who::Me => Who::Partner,
        _ => Who::Me,
    }
}

/// Projects an item for one viewer; `None` where nothing is left to be seen.
pub(super) fn project(item: &Item, viewing: Viewing<'_>) -> Option<ItemView> {
    let described = item.form.described();
    let taken_back = item.taken_back();
    let over = item.current.until.is_some_and(|until| viewing.now >= until)
        || taken_back.is_some_and(|at| viewing.now >= at.plus(limits::STUB));
    if over && described.stub == Stub::Week {
        return None;
    }
    let mine = item.maker == viewing.side;
    let body = |id: Position, until: Option<Moment>| {
        let ended = until.is_some_and(|until| viewing.now >= until);
        if item.gone.contains_key(&id) || ended { None } else { (viewing.bodies)(id) }
    };
    let parts = |telling: &Telling| {
        let body = body(telling.id, telling.until);
        body.map(|body| parts_of(item.form, &body)).unwrap_or_default()
    };
    let explains = |part: &ItemPart| part.section == Section::Explanation;
    let read = |telling: &Telling| {
        let mut parts = parts(telling);
        if !mine && !item.unfolded.contains(&telling.id) {
            parts.retain(|part| !explains(part));
        }
        parts
    };
    let unfolded = item.unfolded.contains(&item.current.id);
    let folded = !unfolded && parts(&item.current).iter().any(explains);
    let current = body(item.current.id, item.current.until);
    let (wish, role) = current.as_ref().map_or((None, None), |body| said_first(body));
    let enough = item.says(item.maker, Sort::Asker).map(|answer| answer.reply);
    let replied = item.says(item.maker.other(), Sort::Reply);
    let requests = |told: &Telling| {
        let has = |section| parts(told).iter().any(|part| part.section == section);
        described.asks.is_none_or(has)
    };
    let asks = described.open.is_some() && requests(&item.current);
    // From when it was asked first: telling it anew asks no longer.
    let first = item.tellings.iter().find(|told| requests(told));
    let asked = first.map_or(item.current.at, |first| first.at);
    let lapsed = |after: i64| asks && replied.is_none() && viewing.now >= asked.plus(after);
    let state = match (taken_back, enough) {
        (Some(_), _) => ItemState::TakenBack,
        (_, Some(Reply::Enough)) => ItemState::EnoughForNow,
        _ if described.lapses.is_some_and(lapsed) => ItemState::Lapsed,
        _ => ItemState::Standing,
    };
    let version = |telling: &Telling| VersionView {
        id: telling.id.item().into(),
        at: telling.at,
        taken_back: item.gone.get(&telling.id).copied(),
        parts: read(telling),
    };
    let answer = |one: &Answer| AnswerView {
        id: one.id.item().into(),
        by: one.by.seen_by(viewing.side),
        at: one.at,
        reply: one.reply,
        text: body(one.id, None).and_then(|body| text_of(&body, "text")),
        taken_back: item.gone.get(&one.id).copied(),
        until: one.until,
        stands: one.stands,
        on_earlier: one.of != item.current.id,
    };
    // Only what asks something waits; pain, and what was owned, wait for nobody.
    let waits = asks && !mine && state == ItemState::Standing;
    let not_now = |answer: &Answer| {
        answer.reply == Reply::NotNow && answer.until.is_some_and(|until| viewing.now >= until)
    };
    Some(ItemView {
        id: viewing.doc.into(),
        form: item.form,
        wish,
        by: item.maker.seen_by(viewing.side),
        state,
        at: item.tellings.first().map_or(item.current.at, |first| first.at),
        until: item.current.until,
        taken_back,
        role,
        about: item.about.map(ItemId::from),
        on_earlier: false,
        parts: read(&item.current),
        folded,
        tellings: item.tellings.iter().map(version).collect(),
        answers: item.answers.iter().map(answer).collect(),
        waits_for_me: waits && (item.reopened || replied.is_none_or(not_now)),
        needs_update: item.needs_update,
        position: item.current.id,
        begun: item.tellings.first().map_or(item.current.id, |first| first.id),
        on: item.on,
    })
}

/// What another item can be about.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    form: Form,
    by: Who,
    here: bool,
    /// The telling that stands.
    pub(crate) position: Position,
}

impl Subject {
    /// An item as the subject of another.
    pub fn of(item: &ItemView) -> Self {
        let here = item.state != ItemState::TakenBack;
        Self { form: item.form, by: item.by, here, position: item.position }
    }

    /// Whether it can be written about anew.
    ///
    /// # Errors
    /// `NoLongerThere` for what was taken back, unless it is each one's own account of it; or
    /// as [`may_be_about`].
    pub fn takes(&self, form: Form) -> Result<(), RefusalCode> {
        // Who names a breach cannot silence the other's account by taking the name back.
        let here = self.here || form.described().single;
        if here { may_be_about(form, Who::Me, self) } else { Err(RefusalCode::NoLongerThere) }
    }
}

/// Whether an item of a form, by one of the two, can be about another.
///
/// # Errors
/// `SubjectInvalid`; `OwnWords` where one says back what one has said oneself (F25).
fn may_be_about(form: Form, by: Who, subject: &Subject) -> Result<(), RefusalCode> {
    match form.described().about {
        About::May(forms) | About::Must(forms) if forms.contains(&subject.form) => {}
        _ => return Err(RefusalCode::SubjectInvalid),
    }
    match form {
        Form::SayBack if subject.by == by => Err(RefusalCode::OwnWords),
        _ => Ok(()),
    }
}

/// Items beside each other. What is about something that its form cannot be about has no
/// effect; what was asked on an earlier telling says so (K9); of what one person asks only
/// the newest wait, whatever their app does (R31).
pub fn beside(items: Vec<ItemView>) -> Vec<ItemView> {
    beside_without(items, |_| false)
}

/// The same without those that are held back: they take nobody's place, and what is about them
/// is there all the same.
pub fn beside_without(
    mut items: Vec<ItemView>,
    held_back: impl Fn(&ItemView) -> bool,
) -> Vec<ItemView> {
    let subjects: BTreeMap<ItemId, Subject> =
        items.iter().map(|item| (item.id, Subject::of(item))).collect();
    items.retain(|item| match item.about.map(|about| subjects.get(&about)) {
        Some(Some(subject)) => may_be_about(item.form, item.by, subject).is_ok(),
        // It may have come before what it is about, or outlive it.
        Some(None) => !matches!(item.form.described().about, About::Must(_)),
        None => true,
    });
    for item in &mut items {
        let stands = item.about.and_then(|about| subjects.get(&about));
        item.on_earlier =
            item.on.is_some_and(|on| stands.is_some_and(|stands| stands.position != on));
    }
    items.retain(|item| !held_back(item));
    for form in Form::ALL {
        let Some(most) = form.described().open else { continue };
        for by in [Who::Me, Who::Partner] {
            let asks = |item: &&mut ItemView| item.form == *form && item.by == by && item.asks();
            let mut waiting: Vec<&mut ItemView> = items.iter_mut().filter(asks).collect();
            waiting.sort_by_key(|item| item.order());
            let over = waiting.len().saturating_sub(most);
            for item in &mut waiting[..over] {
                item.state = ItemState::Replaced;
                item.waits_for_me = false;
            }
        }
    }
    items
}
