//! Who may write what, of every kind: a record by the wrong one of the two changes nothing, and
//! the same by the right one does (I9, I18). What a kind says of its authors (`Kind::by`) is
//! what is tried.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::action::{Action, kinds};
use super::capability::{By, Capability};
use super::checkin::{self, Answers, CheckInMonth, Opening, Period, TemplateId};
use super::intention::{self, Intentions};
use super::ledger::{Month, ledger, own_document};
use super::openness::{self, Posts};
use super::promise::{self, Felt, PromiseDocs, Told};
use super::recurrence::Due;
use super::shared::{self, Form, Items};
use super::template::Templates;
use super::testing::*;
use crate::id::{DocId, PersonId};
use crate::time::{DAY, local_date};
use std::collections::BTreeSet;
use std::fmt::Debug;

const SALT: [u8; 16] = [5; 16];
const HOUR: i64 = 3_600;

/// A record that makes a difference in a document of Ana's, if its author may write it.
struct Case {
    before: Written,
    doc: DocId,
    at: i64,
    act: Action,
    seen: fn(&Written, DocId) -> String,
}

/// What both see of it, days later.
fn view<C: Capability>(written: &Written, doc: DocId) -> String
where
    C::View: serde::Serialize,
{
    let views = [ANA, BEN].map(|who| written.view::<C>(doc, who, BEGIN.plus(3 * DAY)));
    serde_json::to_string(&views).unwrap()
}

fn state<C: Capability>(written: &Written, doc: DocId) -> String
where
    C::State: Debug,
{
    format!("{:?}", [ANA, BEN].map(|who| written.state::<C>(doc, who)))
}

fn promises() -> Vec<Case> {
    use promise::Act;
    let doc = own_document(PAIR, ANA, &SALT);
    let due = Due::At(BEGIN.plus(DAY));
    let occurrence = due.occurrences(doc, "UTC", None).unwrap()[0].id;
    let zone = "UTC".to_owned();
    let make = Act::Make { due, zone, grace: None, link: None, salt: SALT };
    let later = |days: i64| Act::Renegotiate { occurrence, due: Due::At(BEGIN.plus(days * DAY)) };
    let made = || {
        let mut written = Written::default();
        written.write(ANA, 0, doc, make.clone().into());
        let of = written.write(ANA, HOUR, doc, later(4).into());
        (written, of)
    };
    let case = |act: Act| Case {
        before: made().0,
        doc,
        at: 2 * HOUR,
        act: act.into(),
        seen: view::<PromiseDocs>,
    };
    let of = made().1;
    let missed = || {
        let (mut written, _) = made();
        written.write(ANA, 2 * DAY, doc, Act::Report { occurrence, told: Told::Missed }.into());
        written
    };
    let after = |act: Act| Case { before: missed(), at: 2 * DAY + HOUR, ..case(act) };
    let first = Case { before: Written::default(), at: 0, ..case(make.clone()) };
    let (from, until) = (BEGIN.plus(3 * HOUR), BEGIN.plus(2 * DAY));
    vec![
        first,
        case(Act::Pause { from, until }),
        case(Act::Retract),
        case(Act::Decline),
        case(Act::HeadsUp { occurrence, expected: Some(BEGIN.plus(2 * DAY)) }),
        case(later(5)),
        case(Act::AcceptNew { of }),
        case(Act::KeepOld { of }),
        case(Act::Release { occurrence }),
        Case { at: 2 * DAY, ..case(Act::Report { occurrence, told: Told::Missed }) },
        after(Act::Comment { occurrence, felt: Felt::FeltLikeKept }),
        after(Act::Repair { occurrence, promise: None }),
    ]
}

fn posts() -> Vec<Case> {
    use openness::Act;
    let doc = ledger(PAIR, ANA, Month::of(BEGIN));
    let until = BEGIN.plus(5 * DAY);
    let post = Act::Post { kind: openness::Kind::Day, until, under: None };
    let mut told = Written::default();
    let of = told.write(ANA, 0, doc, post.clone().into());
    let case =
        |before, act: Act| Case { before, doc, at: HOUR, act: act.into(), seen: view::<Posts> };
    vec![case(Written::default(), post), case(told, Act::Correct { of, until })]
}

fn daily() -> Vec<Case> {
    use checkin::Act;
    let today = local_date(BEGIN, "UTC");
    let (doc, period) = (ledger(PAIR, ANA, Month::of(BEGIN)), Period::Day(today));
    let theirs = ledger(PAIR, BEN, Month::of(BEGIN));
    let template = TemplateId::Own(DocId([6; 16]));
    let opening = Opening { nonce: [3; 32], answers: Answers::new() };
    let bound =
        checkin::seal::Bound { pair: PAIR, person: ANA, log: log_of(ANA), template, period };
    let commit = opening.commitment(&bound);
    let seal = || Action::from(Act::Seal { template, period, commit });
    let mut one = Written::default();
    let of = one.write(ANA, 0, doc, seal());
    let mut both = Written::default();
    both.write(ANA, 0, doc, seal());
    both.write(BEN, 1, theirs, seal());
    let until = BEGIN.plus(300 * DAY);
    let case =
        |before, act: Action| Case { before, doc, at: HOUR, act, seen: state::<CheckInMonth> };
    let make = Act::Template { cadence: checkin::Cadence::Daily, salt: SALT };
    let own = own_document(PAIR, ANA, &SALT);
    let say = intention::Act::Say { day: today, until };
    vec![
        case(Written::default(), seal()),
        case(one, Act::Cancel { of }.into()),
        case(both, Act::Open { of, until }.into()),
        case(Written::default(), Act::ShareAlone { template, period, until }.into()),
        Case { seen: state::<Intentions>, ..case(Written::default(), say.into()) },
        Case { doc: own, seen: state::<Templates>, ..case(Written::default(), make.into()) },
    ]
}

fn items() -> Vec<Case> {
    let doc = own_document(PAIR, ANA, &SALT);
    let tell = |form: &Form| {
        let described = form.described();
        let about = matches!(described.about, shared::About::Must(_)).then_some(DocId([4; 16]));
        let until = described.keeps.map(|keeps| BEGIN.plus(keeps));
        shared::Act::Tell { form: *form, salt: SALT, about, on: None, until }
    };
    let case = |form: &Form| Case {
        before: Written::default(),
        doc,
        at: 0,
        act: tell(form).into(),
        seen: view::<Items>,
    };
    Form::ALL.iter().map(case).collect()
}

#[test]
fn i9_i18_a_record_by_the_wrong_one_of_the_two_changes_nothing_and_by_the_right_one_it_does() {
    let mut tried = BTreeSet::new();
    for case in promises().into_iter().chain(posts()).chain(daily()).chain(items()) {
        let kind = super::action::kind(case.act.kind()).unwrap();
        let before = (case.seen)(&case.before, case.doc);
        for (who, may) in [(ANA, kind.by != By::Other), (BEN, kind.by != By::Maker)] {
            let mut after = case.before.clone();
            let of = after.write(who, case.at, case.doc, case.act.clone());
            after.with_body_if(of, kind.words == super::capability::Words::Always, words("x"));
            let changed = (case.seen)(&after, case.doc) != before;
            assert_eq!(changed, may, "{} by {}", kind.name, name(who));
        }
        tried.insert(kind.name);
    }
    // No kind that says who may write it is left out.
    let said = kinds().filter(|kind| kind.by != By::Each).map(|kind| kind.name);
    assert_eq!(said.collect::<BTreeSet<_>>(), tried);
}

fn name(who: PersonId) -> &'static str {
    if who == ANA { "Ana" } else { "Ben" }
}
