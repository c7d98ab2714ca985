//! What is seen across capabilities, on views made by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counts;
mod milestones;
mod next;
mod reminders;

use crate::domain::agreement::AgreementView;
use crate::domain::agreement::tests::{agreed, plain};
use crate::domain::checkin::{Answer, Answers, CheckInState, CheckInView, Period, TemplateId};
use crate::domain::pair::Who;
use crate::domain::promise::{AskedView, OccurrenceView};
use crate::domain::promise::{Outcome, PromiseState, PromiseView};
use crate::domain::recurrence::IsoWeek;
use crate::domain::testing::*;
use crate::id::{DocId, OccurrenceId, Past, Position, WrittenId};
use crate::time::{DAY, Moment, local_date};
use jiff::civil::{Date, date};

/// 18:00 of a Monday, in UTC.
const NOW: Moment = BEGIN;
const HOUR: i64 = 3600;

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn day(at: Moment) -> Date {
    local_date(at, "UTC")
}

/// A promise of one of the two, of which no two have the same id.
fn promise(id: u8, by: Who, occurrences: Vec<OccurrenceView>) -> PromiseView {
    PromiseView {
        id: DocId([id; 16]).into(),
        by,
        made_at: NOW,
        state: PromiseState::Open,
        action: None,
        cue: None,
        response: None,
        note: None,
        practice: false,
        rule: None,
        zone: "UTC".into(),
        link: None,
        occurrences,
        waits_for_me: false,
        position: position(),
        basis: Past::default(),
    }
}

/// An occurrence that is on time for an hour.
fn due(outcome: Outcome, due: Moment) -> OccurrenceView {
    OccurrenceView {
        id: OccurrenceId([1; 16]),
        local: String::new(),
        week: IsoWeek::of(day(due)),
        due,
        deadline: due.plus(HOUR),
        outcome,
        repaired: false,
        moved_from: None,
        expected: None,
        asked: None,
        said_ahead: None,
        report: None,
        reports: vec![],
        comment: None,
        heads_ups: vec![],
        comments: vec![],
        repairs: vec![],
        heads_up_words: None,
        report_words: None,
        comment_words: None,
        repair_words: None,
    }
}

/// A new time that was asked for, and what was said to it.
fn asked(accepted: Option<bool>) -> Option<AskedView> {
    let local = String::new();
    Some(AskedView {
        id: WrittenId([1; 16]).into(),
        local,
        due: NOW,
        accepted,
        position: position(),
    })
}

fn position() -> Position {
    Position { log: log_of(ANA), index: 0, place: 0 }
}

/// What both agreed to a minute ago, for a month, as Ana sees it: she proposed it.
fn agreement() -> AgreementView {
    agreed(&plain(30)).seen(ANA, 120)
}

fn check_in(template: TemplateId, period: Period, state: CheckInState) -> CheckInView {
    CheckInView {
        template,
        period,
        state,
        ends: Some(NOW.plus(DAY)),
        mine: None,
        partners: None,
        taken_back: false,
        partners_taken_back: false,
        choose: false,
        seal: None,
        answers: None,
    }
}

fn week(text: &str) -> IsoWeek {
    text.parse().unwrap()
}

/// An answer to the first question.
fn answer(scale: u8) -> Option<Answers> {
    Some(Answers::from([(1, Answer { scale: Some(scale), words: None })]))
}
