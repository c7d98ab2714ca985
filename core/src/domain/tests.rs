#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::action::{Action, class, kinds};
use super::capability::Words;
use super::record::{Record, header};
use super::{account, agreement, intention, pair, talk, words};
use crate::cbor::Value;
use crate::id::{Commitment, DocId, PersonId, Position, RevisionHash};
use crate::time::{Moment, Stated};
use std::collections::BTreeSet;

fn record(action: Action) -> Record {
    let at = Stated { moment: Moment(1_700_000_000), zone: "Europe/Berlin".into() };
    Record { target: DocId([1; 16]), at, action, body: None }
}

fn practice(of: Position) -> Vec<Action> {
    use crate::domain::checkin::{Act as CheckIn, Cadence, TemplateId};
    use crate::domain::openness::{Act as Post, Kind};
    use crate::domain::pacing::{Act as Pacing, Contact, Feature};
    use crate::domain::promise::{Act, Felt, Told};
    use crate::domain::recurrence::Due;
    let occurrence = crate::id::OccurrenceId([9; 16]);
    let until = Moment(1_800_000_000);
    let doc = Some(DocId([4; 16]));
    let zone = "Europe/Berlin".to_owned();
    let rule = Due::Every {
        start: "2026-03-02".parse().unwrap(),
        time: None,
        rule: "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=9".parse().unwrap(),
    };
    let period = Cadence::Weekly.period("2026-03-02".parse().unwrap());
    let day = "2026-03-02".parse().unwrap();
    let promise = [
        Act::Make { due: rule, zone: zone.clone(), grace: Some(60), link: doc, salt: [8; 16] },
        Act::Make { due: Due::At(until), zone, grace: None, link: None, salt: [8; 16] },
        Act::Pause { from: Moment(5), until },
        Act::Retract,
        Act::Decline,
        Act::HeadsUp { occurrence, expected: Some(until) },
        Act::HeadsUp { occurrence, expected: None },
        Act::Renegotiate { occurrence, due: Due::On(day) },
        Act::AcceptNew { of },
        Act::KeepOld { of },
        Act::Release { occurrence },
        Act::Report { occurrence, told: Told::Kept { at: until } },
        Act::Report { occurrence, told: Told::Partly },
        Act::Report { occurrence, told: Told::Missed },
        Act::Comment { occurrence, felt: Felt::Confirmed },
        Act::Comment { occurrence, felt: Felt::FeltLikeKept },
        Act::Comment { occurrence, felt: Felt::SawItDifferently },
        Act::Repair { occurrence, promise: doc },
    ];
    let posts = Kind::ALL.iter().map(|kind| Post::Post { kind: *kind, until, under: doc });
    let posts = posts.chain([Post::Correct { of, until }]);
    let commit = Commitment([3; 32]);
    let check_ins = [
        CheckIn::Template { cadence: Cadence::Daily, salt: [8; 16] },
        CheckIn::Seal { template: TemplateId::Week, period, commit },
        CheckIn::Cancel { of },
        CheckIn::Open { of, until },
        CheckIn::ShareAlone { template: TemplateId::Own(DocId([4; 16])), period, until },
    ];
    let pacing = [
        Pacing::SetLimits { retention: Some(30), off: vec![Feature::Openness] },
        Pacing::SetLimits { retention: None, off: vec![] },
        Pacing::BeginSpace { until: Some(until), contact: Contact::Logistics },
        Pacing::EndSpace { of },
    ];
    let talk = [
        talk::Act::Propose { begins: until, salt: None },
        talk::Act::Propose { begins: until, salt: Some([8; 16]) },
        talk::Act::Accept { of },
        talk::Act::Decline,
        talk::Act::End,
    ];
    let account = [
        account::Act::Tell { salt: [8; 16] },
        account::Act::Ask { on: of },
        account::Act::Answer { of },
    ];
    let daily = talk.map(Action::Talk).into_iter().chain(account.map(Action::Account));
    let daily = daily.chain([intention::Act::Say { day, until }.into()]);
    let pacing = pacing.map(Action::Pacing).into_iter().chain(daily);
    let promise = promise.into_iter().map(Action::Promise);
    let posts = posts.map(Action::Openness);
    let check_ins = check_ins.into_iter().map(Action::CheckIn);
    promise.chain(posts).chain(check_ins).chain(pacing).collect()
}

#[test]
fn every_kind_of_record_reads_back_from_its_bytes() {
    let revision = RevisionHash([7; 32]);
    let terms = agreement::Revision {
        kind: agreement::AgreementKind::Conduct,
        parents: vec![revision],
        clauses: vec![agreement::Clause {
            id: "1".into(),
            text: "I call.".into(),
            obligor: agreement::Obligor::Person(PersonId([2; 16])),
            category: agreement::Category::Whereabouts,
            cadence: Some("daily".into()),
        }],
        starts: None,
        expires_at: Moment(1_700_100_000),
        review_at: Some(Moment(1_700_050_000)),
        taper: vec![],
        lang: "en".into(),
    };
    let draft = Position { log: crate::id::LogId([2; 16]), index: 3, place: 1 };
    let actions = [
        Action::Pair(pair::Act::Open),
        Action::Pair(pair::Act::Leave),
        Action::Agreement(agreement::Act::Propose { revision: terms.clone() }),
        Action::Agreement(agreement::Act::Offer { revision: terms }),
        Action::Agreement(agreement::Act::Consent { revision }),
        Action::Agreement(agreement::Act::WithdrawConsent { revision, held: None }),
        Action::Agreement(agreement::Act::WithdrawConsent { revision, held: Some(Moment(-5)) }),
        Action::Agreement(agreement::Act::WithdrawProposal { revision }),
        Action::Agreement(agreement::Act::Decline { revision }),
        Action::Agreement(agreement::Act::Suspend),
        Action::Agreement(agreement::Act::Resume),
        Action::Agreement(agreement::Act::End),
        Action::Agreement(agreement::Act::OpenDraft { text: "I will".into() }),
        Action::Agreement(agreement::Act::Splice {
            draft,
            start: 2,
            delete: 0,
            insert: "é".into(),
        }),
        Action::Words(words::Act::Withdraw { of: draft }),
        Action::Words(words::Act::Thank { of: draft }),
    ];
    let actions = actions.into_iter().chain(practice(draft));
    let mut seen = BTreeSet::new();
    for action in actions {
        seen.insert(action.kind());
        let mut record = record(action);
        record.body = (record.action.words() == Words::Always).then_some(Commitment([6; 32]));
        let bytes = record.to_value().encode();
        assert_eq!(Record::from_value(&Value::decode(&bytes).unwrap()), Some(record));
    }
    // The list says of every kind what it is, once, and of none that there is not.
    let known: Vec<&str> = kinds().map(|kind| kind.name).collect();
    assert_eq!(known.len(), seen.len());
    assert_eq!(BTreeSet::from_iter(known), seen);
}

#[test]
fn what_takes_back_has_no_words_and_can_be_said_again_unless_it_names_a_position() {
    for kind in kinds().filter(|kind| kind.takes_back) {
        assert_eq!(kind.words, Words::Never, "{}", kind.name);
        assert_eq!(kind.repeatable, kind.name != "words.withdraw", "{}", kind.name);
    }
}

#[test]
fn a_kind_that_a_newer_version_has_belongs_where_its_family_does() {
    use super::capability::Class;
    assert_eq!(class("agreement.sing"), Some(Class::Agreement));
    assert_eq!(class("draft.sing"), Some(Class::Agreement));
    assert_eq!(class("checkin.sing"), Some(Class::Ledger));
    assert_eq!(class("checkin.template"), Some(Class::Template));
    assert_eq!([class("future.say"), class("agreement"), class("")], [None; 3]);
}

#[test]
fn an_unknown_kind_or_field_is_passed_over_but_its_header_is_read() {
    let known = record(Action::Agreement(agreement::Act::End)).to_value();
    let newer = known.clone().with(vec![("because".into(), "x".into())]);
    assert_eq!(Record::from_value(&newer), None);
    assert_eq!(header(&newer).unwrap().target, DocId([1; 16]));
    let Value::Map(mut fields) = known else { panic!() };
    fields.iter_mut().find(|(key, _)| key == "kind").unwrap().1 = "agreement.sing".into();
    let unknown = Value::Map(fields);
    assert_eq!(Record::from_value(&unknown), None);
    assert_eq!(header(&unknown).unwrap().kind, "agreement.sing");
}
