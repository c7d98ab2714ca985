//! Who may write what, and how much of it, of every kind: a record by the wrong one of the two
//! changes nothing, and the same by the right one does (I9, I18); one beyond the most that count
//! changes nothing either, and the last before it does. What a kind says of itself (`Kind::by`,
//! `Kind::most`) is what is tried.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::action::{Action, kinds};
use super::agreement::{self, AgreementDocs};
use super::capability::{By, Capability, DOCUMENT, Words};
use super::checkin::{self, Answers, CheckInMonth, Opening, Period, TemplateId};
use super::intention::{self, Intentions};
use super::ledger::{Month, ledger, own_document};
use super::openness::{self, Posts};
use super::pacing::{self, Pace};
use super::promise::{self, Felt, PromiseDocs, Told};
use super::recurrence::Due;
use super::shared::{self, Form, Items};
use super::talk::{self, Talks};
use super::template::Templates;
use super::testing::*;
use crate::id::{DocId, PersonId, Position};
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
    let template = TemplateId::Own(DocId([6; 16]).into());
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

/// What both may write: its author is said beside it.
fn by_each() -> Vec<(PersonId, Case)> {
    let doc = own_document(PAIR, ANA, &SALT);
    let propose = |hours: i64, salt| talk::Act::Propose {
        begins: BEGIN.plus(hours * HOUR),
        minutes: None,
        salt,
    };
    let mut planned = Written::default();
    let first = planned.write(ANA, 0, doc, propose(30, Some(SALT)).into());
    planned.with_body(first, words("topic"));
    let mut agreed = planned.clone();
    agreed.write(BEN, 1, doc, talk::Act::Accept { of: first }.into());
    let mut begun = agreed.clone();
    begun.write(ANA, 2, doc, talk::Act::Start.into());
    let talk = |by, before: &Written, act: talk::Act| {
        let before = before.clone();
        (by, Case { before, doc, at: HOUR, act: act.into(), seen: state::<Talks> })
    };
    let space = pacing::Act::BeginSpace { until: None, contact: pacing::Contact::None };
    let paced = |by, act: pacing::Act| {
        let (before, doc) = (Written::default(), pair().document());
        (by, Case { before, doc, at: HOUR, act: act.into(), seen: state::<Pace> })
    };
    let paper = DocId([8; 16]);
    let mut proposed = Written::default();
    let on_paper = |by, before: &Written, act: agreement::Act| {
        let before = before.clone();
        (by, Case { before, doc: paper, at: HOUR, act: act.into(), seen: papers })
    };
    let revision = terms("We talk on Sundays.");
    let hash = revision.hash(paper);
    let other = terms("We talk on Mondays.");
    let text = "We".to_owned();
    let begin = agreement::Act::Propose { revision };
    let mut cases = vec![
        talk(BEN, &planned, propose(50, None)),
        talk(BEN, &planned, talk::Act::Accept { of: first }),
        talk(BEN, &begun, talk::Act::Pause { to: BEGIN.plus(4 * HOUR) }),
        paced(BEN, space),
        on_paper(ANA, &proposed, begin.clone()),
        on_paper(ANA, &proposed, agreement::Act::OpenDraft { text }),
    ];
    proposed.write(ANA, 0, paper, begin.into());
    proposed.write(ANA, 1, paper, agreement::Act::Propose { revision: other }.into());
    let consent = agreement::Act::Consent { revision: hash, adopts: Vec::new() };
    cases.push(on_paper(BEN, &proposed, consent));
    let mut paused = begun;
    paused.write(BEN, 3, doc, talk::Act::Pause { to: BEGIN.plus(4 * HOUR) }.into());
    cases.push(talk(ANA, &paused, talk::Act::Start));
    for form in Form::ALL {
        let described = form.described();
        let about = matches!(described.about, shared::About::Must(_)).then_some(DocId([4; 16]));
        let mut told = Written::default();
        let salt = about.filter(|_| described.single);
        let salt = salt.map_or(SALT, |about| shared::single_salt(*form, about));
        let doc = own_document(PAIR, ANA, &salt);
        let until = described.keeps.map(|keeps| BEGIN.plus(keeps));
        let tell = shared::Act::Tell { form: *form, salt, about, on: None, until };
        let of = told.write(ANA, 0, doc, tell.into());
        told.with_body(of, words("x"));
        // What nobody can answer has no answers to count.
        let wordless = |reply: &&shared::Reply| reply.takes() != shared::Takes::OnlyWords;
        let Some(reply) = described.replies.iter().find(wordless) else { continue };
        let who = if reply.by() == By::Maker { ANA } else { BEN };
        let act = shared::Act::Answer { form: *form, of, reply: *reply, until: None };
        let seen = state::<Items>;
        cases.push((who, Case { before: told, doc, at: HOUR, act: act.into(), seen }));
    }
    cases
}

/// The texts and drafts of an agreement, and how many yeses counted: a second text to which
/// the same person said yes need not come into force.
fn papers(written: &Written, doc: DocId) -> String {
    let folded = written.state::<AgreementDocs>(doc, ANA);
    let yeses: usize = folded.counts.values().map(|counts| counts.consents).sum();
    format!("{:?} {:?} {yeses}", folded.revisions, folded.drafts)
}

fn terms(text: &str) -> agreement::Revision {
    let clause = agreement::Clause {
        id: "1".into(),
        text: text.into(),
        obligor: agreement::Obligor::Both,
        category: agreement::Category::General,
        cadence: None,
    };
    agreement::Revision {
        kind: agreement::AgreementKind::Communication,
        about: None,
        clauses: vec![clause],
        starts: None,
        expires_at: BEGIN.plus(30 * DAY),
        review_at: None,
        taper: vec![],
        lang: "en".into(),
        parents: vec![],
    }
}

/// One of the same kind, or of those that are counted with it, that leaves the case its
/// difference to make.
fn filler(case: &Case, index: usize) -> Action {
    let index = index as i64;
    let elsewhere = Position { log: log_of(ANA), index: 9_000, place: 0 };
    let another = Due::At(BEGIN.plus(400 * DAY)).occurrences(case.doc, "UTC", None).unwrap()[0].id;
    match case.act.clone() {
        Action::Promise(promise::Act::Pause { .. }) => {
            let from = BEGIN.plus((300 + index) * DAY);
            promise::Act::Pause { from, until: from.plus(1) }.into()
        }
        Action::Promise(_) => promise::Act::Release { occurrence: another }.into(),
        Action::Openness(openness::Act::Post { kind, .. }) => {
            openness::Act::Post { kind, until: BEGIN.plus(DAY + index), under: None }.into()
        }
        Action::CheckIn(_) | Action::Intention(_) => checkin::Act::Cancel { of: elsewhere }.into(),
        Action::Talk(talk::Act::Propose { .. }) => {
            talk::Act::Propose { begins: BEGIN.plus(index), minutes: None, salt: None }.into()
        }
        Action::Talk(talk::Act::Pause { .. }) => {
            talk::Act::Pause { to: BEGIN.plus(3 * HOUR) }.into()
        }
        Action::Talk(talk::Act::Accept { .. }) => talk::Act::Accept { of: elsewhere }.into(),
        Action::Pacing(_) => {
            let until = Some(BEGIN.plus(10 * HOUR));
            pacing::Act::BeginSpace { until, contact: pacing::Contact::Logistics }.into()
        }
        Action::Agreement(agreement::Act::Propose { .. }) => {
            agreement::Act::Propose { revision: terms(&format!("{index}")) }.into()
        }
        Action::Agreement(agreement::Act::Consent { .. }) => {
            let revision = terms("We talk on Mondays.").hash(case.doc);
            agreement::Act::Consent { revision, adopts: Vec::new() }.into()
        }
        same => same,
    }
}

/// A phone that writes without end must not slow the other down; and where the count stops is
/// the same on every phone (I1).
#[test]
fn of_every_kind_the_last_that_counts_makes_a_difference_and_one_more_makes_none() {
    let mut tried = BTreeSet::new();
    let of_maker = promises().into_iter().chain(posts()).chain(daily()).chain(items());
    let of_maker = of_maker.map(|case| match super::action::kind(case.act.kind()).unwrap().by {
        By::Other => (BEN, case),
        _ => (ANA, case),
    });
    for (who, case) in of_maker.chain(by_each()) {
        let kind = super::action::kind(case.act.kind()).unwrap();
        let Some(most) = kind.most else { continue };
        let alone = |held: &crate::domain::Held| held.record.action.kind() == kind.name;
        let group = |held: &crate::domain::Held| {
            let other = super::action::kind(held.record.action.kind()).unwrap();
            // That it was made is counted with what is said of it, and never crowded out.
            other.most == kind.most || other.name == "promise.make"
        };
        let shares = ![DOCUMENT, "post"].contains(&most.per);
        let counted = case.before.held.iter().filter(|held| held.author == who);
        let already = counted.filter(|held| if shares { group(held) } else { alone(held) }).count();
        let differs = |fill: usize| {
            let mut before = case.before.clone();
            for index in 0..fill {
                let act = filler(&case, index);
                // Who had not heard of the pause does not lift it.
                let unheard = act == talk::Act::Start.into();
                let write = if unheard { Written::write_apart } else { Written::write };
                let of = write(&mut before, who, case.at, case.doc, act);
                before.with_body_if(of, kind.words == Words::Always, words("x"));
            }
            let mut after = before.clone();
            let of = after.write(who, case.at + HOUR, case.doc, case.act.clone());
            after.with_body_if(of, kind.words == Words::Always, words("x"));
            (case.seen)(&before, case.doc) != (case.seen)(&after, case.doc)
        };
        assert!(differs(most.count - already - 1), "{}: the last that counts", kind.name);
        assert!(!differs(most.count - already), "{}: one more", kind.name);
        tried.insert(kind.name);
    }
    // What is typed into a working draft is counted by the document (`document/tests.rs`).
    tried.insert("draft.splice");
    let unanswered = Form::ALL.iter().map(|form| form.described());
    let unanswered = unanswered.filter(|described| described.replies.is_empty());
    tried.extend(unanswered.map(|described| described.answer));
    let said = kinds().filter(|kind| kind.most.is_some()).map(|kind| kind.name);
    assert_eq!(said.collect::<BTreeSet<_>>(), tried);
}

fn name(who: PersonId) -> &'static str {
    if who == ANA { "Ana" } else { "Ben" }
}
