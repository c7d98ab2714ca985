//! What is seen of a breach: both accounts, a statement, whether it rests, what can be next.

use super::*;
use crate::domain::agreement::tests::{Story, agreed, plain};
use crate::domain::agreement::{AgreementKind, AgreementView, Revision};
use crate::domain::pacing::Silence;
use crate::domain::shared::{BreachState, BreachView, NextStep, breaches};

/// What both wrote of one breach of Ana's, each in a document of its own.
#[derive(Default)]
struct Told {
    named: Written,
    others: Vec<(DocId, Written)>,
}

impl Told {
    fn named(about: Option<DocId>) -> (Self, Position) {
        let mut told = Self::default();
        let act = Act::Tell { form: Form::Breach, salt: SALT, about, on: None, until: None };
        let first = told.named.write(ANA, 0, doc(), act.into());
        let fields = [("role", Some("hurt".into()))];
        told.named.with_body(first, crate::cbor::Value::map(fields));
        (told, first)
    }

    fn answers(&mut self, who: PersonId, at: i64, of: Position, reply: Reply) {
        self.named.write(who, at, doc(), answer(Form::Breach, of, reply));
    }

    /// One's own account or acknowledgement of it.
    fn tells(&mut self, who: PersonId, at: i64, form: Form) -> (DocId, Position) {
        let salt = single_salt(form, doc());
        let own = own_document(PAIR, who, &salt);
        let act = Act::Tell { form, salt, about: Some(doc()), on: None, until: None };
        let mut written = Written::default();
        let first = written.write(who, at, own, act.into());
        written.with_body(first, words("As it was."));
        self.others.push((own, written));
        (own, first)
    }

    fn items(&self, viewer: PersonId) -> Vec<ItemView> {
        let mut items = vec![seen(&self.named, viewer, 900).unwrap()];
        let other = |(doc, written): &(DocId, Written)| {
            written.view::<Items>(*doc, viewer, BEGIN.plus(900)).unwrap()
        };
        items.extend(self.others.iter().map(other));
        beside(items)
    }

    fn breach(
        &self,
        viewer: PersonId,
        agreements: &[AgreementView],
        silence: Silence,
    ) -> BreachView {
        breaches(&self.items(viewer), agreements, silence).remove(0)
    }

    fn state(&self, agreements: &[AgreementView]) -> BreachState {
        let [hers, his] =
            [ANA, BEN].map(|who| self.breach(who, agreements, Silence::default()).state);
        assert_eq!(hers, his, "both see the same");
        hers
    }
}

/// A breach of Ana's, of which these gave their account at these times, as she sees it.
pub(in crate::domain) fn breach_told_by(accounts: &[(PersonId, i64)]) -> Vec<BreachView> {
    let (mut told, _) = Told::named(None);
    for (who, at) in accounts {
        told.tells(*who, *at, Form::Account);
    }
    vec![told.breach(ANA, &[], Silence::default())]
}

fn statement(about: DocId) -> Story {
    agreed(&Revision { kind: AgreementKind::Statement, about: Some(about), ..plain(300) })
}

#[test]
fn f01_f07_a_breach_stands_by_what_both_have_told_and_say_of_it() {
    let (mut told, first) = Told::named(None);
    assert_eq!(told.state(&[]), BreachState::Named);
    let (hers, account) = told.tells(ANA, 5, Form::Account);
    assert_eq!(told.state(&[]), BreachState::Named, "one voice");
    told.tells(BEN, 6, Form::Account);
    assert_eq!(told.state(&[]), BreachState::TwoAccounts);
    let of = |about, at| [statement(about).seen(ANA, at)];
    assert_eq!(told.state(&of(doc(), 900)), BreachState::JointStatement);
    assert_eq!(told.state(&of(hers, 900)), BreachState::TwoAccounts, "of something else");
    assert_eq!(told.state(&of(doc(), 301 * DAY)), BreachState::TwoAccounts, "it is over");
    let other = agreed(&Revision { about: Some(doc()), ..plain(300) });
    assert_eq!(told.state(&[other.seen(ANA, 900)]), BreachState::TwoAccounts, "no statement");
    told.answers(BEN, 10, first, Reply::Differently);
    assert_eq!(told.state(&of(doc(), 900)), BreachState::SeenDifferently, "it has its dignity");
    told.answers(BEN, 11, first, Reply::Together);
    assert_eq!(told.state(&of(doc(), 900)), BreachState::JointStatement);
    told.answers(ANA, 12, first, Reply::Archive);
    assert_eq!(told.state(&[]), BreachState::TwoAccounts, "both put it away, or it is not");
    told.answers(BEN, 13, first, Reply::Archive);
    assert_eq!(told.state(&of(doc(), 900)), BreachState::Archived);
    told.answers(BEN, 14, first, Reply::Unarchive);
    assert_eq!(told.state(&[]), BreachState::TwoAccounts);
    // An account that was taken back is one no more.
    let (_, written) = told.others.iter_mut().find(|(doc, _)| *doc == hers).unwrap();
    written.write(ANA, 20, hers, Taken::Withdraw { of: account }.into());
    assert_eq!(told.state(&[]), BreachState::Named);
}

#[test]
fn f09_each_says_their_own_part_and_what_belongs_to_it_stands_with_it() {
    let (mut told, first) = Told::named(None);
    let parts = |told: &Told, who| {
        let breach = told.breach(who, &[], Silence::default());
        (breach.my_part, breach.partners_part)
    };
    assert_eq!(parts(&told, ANA), (Some(Role::Hurt), None));
    assert_eq!(parts(&told, BEN), (None, Some(Role::Hurt)));
    for (at, reply, role) in [
        (5, Reply::Acted, Role::Acted),
        (6, Reply::WasHurt, Role::Hurt),
        (7, Reply::BothParts, Role::Both),
    ] {
        told.answers(BEN, at, first, reply);
        assert_eq!(parts(&told, BEN), (Some(role), Some(Role::Hurt)));
        assert_eq!(parts(&told, ANA), (Some(Role::Hurt), Some(role)));
    }
    told.tells(BEN, 9, Form::Account);
    told.tells(BEN, 10, Form::Acknowledgement);
    let breach = told.breach(ANA, &[statement(doc()).seen(ANA, 900)], Silence::default());
    assert_eq!((breach.accounts.len(), breach.acknowledgements.len()), (1, 1));
    assert_eq!(breach.accounts[0].form, Form::Account);
    assert_eq!(breach.acknowledgements[0].form, Form::Acknowledgement);
    assert!(breach.statement.is_some());
}

#[test]
fn f11_steps_are_offered_after_a_repeat_that_stands_and_does_not_rest() {
    let steps = |told: &Told, silence| told.breach(BEN, &[], silence).next_steps;
    let quiet = Silence::default();
    assert_eq!(steps(&Told::named(None).0, quiet), []);
    let (mut told, first) = Told::named(Some(DocId([6; 16])));
    assert_eq!(steps(&told, quiet), NextStep::ALL);
    assert_eq!(steps(&told, Silence { left: true, space: false }), []);
    assert_eq!(steps(&told, Silence { left: true, space: true }), []);
    let apart = steps(&told, Silence { left: false, space: true });
    assert_eq!(apart, [NextStep::PauseAgreements, NextStep::Counsellor, NextStep::Leave]);
    told.answers(ANA, 5, first, Reply::Rest);
    assert!(told.breach(BEN, &[], quiet).resting);
    assert_eq!(steps(&told, quiet), []);
    told.answers(BEN, 6, first, Reply::Reopen);
    assert_eq!(steps(&told, quiet), NextStep::ALL);
    for who in [ANA, BEN] {
        told.answers(who, 7, first, Reply::Archive);
    }
    assert_eq!(steps(&told, quiet), []);
    told.answers(BEN, 8, first, Reply::Unarchive);
    told.named.write(ANA, 9, doc(), Taken::Withdraw { of: first }.into());
    assert_eq!(steps(&told, quiet), [], "it was taken back");
}
