#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pacing::Feature;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::domain::words::Act as Words;
use crate::id::{DocId, PersonId};
use crate::limits;
use crate::time::{DAY, local_date};
use jiff::civil::Date;

fn today() -> Date {
    local_date(BEGIN, "UTC")
}

fn doc(who: PersonId) -> DocId {
    ledger(PAIR, who, Month::of_date(today()))
}

fn say(day: Date) -> Action {
    Act::Say { day, until: BEGIN.plus(limits::CHECK_IN_RETENTION) }.into()
}

/// What both wrote, each in their own ledger.
#[derive(Default)]
struct Both([Written; 2]);

impl Both {
    fn says(&mut self, who: PersonId, at: i64, text: &str) -> Position {
        let of = usize::from(who == BEN);
        let id = self.0[of].write(who, at, doc(who), say(today()));
        self.0[of].say(id, words(text));
        id
    }

    fn seen(&self, viewer: PersonId, at: i64) -> Vec<IntentionView> {
        let basis = crate::id::Past::default();
        let records = [ANA, BEN].map(|who| Records {
            doc: doc(who),
            held: &self.0[usize::from(who == BEN)].held,
            newer: &[],
            waiting: &[],
            basis: &basis,
        });
        let side = pair().side(viewer).unwrap();
        let state = Intentions::fold(&pair(), side, &records[0], &records[1..]);
        let read = |id| self.0.iter().find_map(|written| written.bodies.get(&id).cloned());
        view::<Intentions>(&pair(), doc(ANA), viewer, &state, BEGIN.plus(at), &read).unwrap()
    }

    fn decides(
        &self,
        around: &Around,
        who: PersonId,
        command: Command,
    ) -> Result<Vec<Action>, RefusalCode> {
        let view = self.seen(who, 60);
        let state = Vec::new();
        let at = (who, BEGIN.plus(60));
        let decided =
            decided_around::<Intentions>(around, &pair(), &state, Some(&view), &command, at);
        let actions = |drafts: Vec<Draft>| drafts.into_iter().map(|draft| draft.action).collect();
        decided.map(actions).map_err(|refusal| refusal.code)
    }
}

#[test]
fn f82_an_intention_is_said_for_today_and_takes_the_place_of_the_one_before() {
    let mut both = Both::default();
    let around = Around::default();
    let anew = |text: &str| Command::Say { text: text.into(), today: today() };
    let until = BEGIN.plus(60 + limits::CHECK_IN_RETENTION);
    let said: Action = Act::Say { day: today(), until }.into();
    assert_eq!(both.decides(&around, ANA, anew("I listen.")), Ok(vec![said.clone()]));
    assert_eq!(both.decides(&around, ANA, anew(" ")), Err(RefusalCode::TextEmpty));
    let first = both.says(ANA, 0, "I listen.");
    both.says(BEN, 0, "I call.");
    let back = Action::Words(Words::Withdraw { of: first });
    assert_eq!(
        both.decides(&around, ANA, anew("I wait.")),
        Ok(vec![said.clone(), back]),
        "hers only"
    );
    let tomorrow = Command::Say { text: "I wait.".into(), today: today().tomorrow().unwrap() };
    assert_eq!(both.decides(&around, ANA, tomorrow).unwrap().len(), 1, "another day");
    let off = Around { off: vec![Feature::CheckIns], ..Around::default() };
    assert_eq!(both.decides(&off, ANA, anew("I wait.")), Err(RefusalCode::FeatureOff));
    let left = Around { left: true, ..Around::default() };
    assert_eq!(both.decides(&left, ANA, anew("I wait.")), Err(RefusalCode::PairLeft));
}

#[test]
fn f82_only_the_other_says_thank_you_and_only_its_author_takes_it_back() {
    let mut both = Both::default();
    let of = both.says(ANA, 0, "I listen.");
    let around = Around::default();
    let (thank, back) = (Command::Thank { id: of.item() }, Command::Withdraw { id: of.item() });
    assert_eq!(
        both.decides(&around, BEN, thank.clone()),
        Ok(vec![Action::Words(Words::Thank { of })])
    );
    assert_eq!(both.decides(&around, ANA, thank), Err(RefusalCode::OwnWords));
    assert_eq!(
        both.decides(&around, ANA, back.clone()),
        Ok(vec![Action::Words(Words::Withdraw { of })])
    );
    assert_eq!(both.decides(&around, BEN, back), Err(RefusalCode::NotYourWords));
    let gone = Command::Thank { id: crate::id::WrittenId([9; 16]) };
    assert_eq!(both.decides(&around, BEN, gone), Err(RefusalCode::NoLongerThere));
}

#[test]
fn f82_intentions_are_seen_by_both_until_their_time_is_over() {
    let mut both = Both::default();
    both.says(ANA, 0, "I listen.");
    both.says(BEN, 1, "I call.");
    let texts = |viewer, at| {
        let seen = both.seen(viewer, at).into_iter();
        seen.map(|one| (one.by, one.text.unwrap())).collect::<Vec<_>>()
    };
    let hers = [(Who::Me, "I listen.".to_owned()), (Who::Partner, "I call.".to_owned())];
    assert_eq!(texts(ANA, 9), hers);
    assert_eq!(
        texts(BEN, 9),
        [(Who::Partner, "I listen.".to_owned()), (Who::Me, "I call.".to_owned())]
    );
    assert_eq!(texts(ANA, limits::CHECK_IN_RETENTION - 1).len(), 2);
    assert_eq!(texts(ANA, limits::CHECK_IN_RETENTION).len(), 0);
    let mut thanked = Both::default();
    let of = thanked.says(ANA, 0, "I listen.");
    let again = |written: &mut Written, who| {
        written.write(who, 5, doc(ANA), Action::Words(Words::Thank { of }))
    };
    again(&mut thanked.0[0], ANA);
    assert!(!thanked.seen(BEN, 9)[0].thanked);
    again(&mut thanked.0[0], BEN);
    assert!(thanked.seen(BEN, 9)[0].thanked);
    // In another month's ledger, or for a day that is not near, it counts for nothing.
    let mut elsewhere = Both::default();
    elsewhere.0[0].write(ANA, 0, doc(BEN), say(today()));
    elsewhere.0[0].write(ANA, 0, doc(ANA), say(local_date(BEGIN.plus(5 * DAY), "UTC")));
    assert_eq!(elsewhere.seen(ANA, 9), []);
}

#[test]
fn f82_an_intention_is_kept_until_it_says_and_its_words_are_looked_after() {
    use crate::domain::capability::{Act as _, Capability};
    let until = BEGIN.plus(9);
    assert_eq!(Act::Say { day: today(), until }.until(), Some(until));
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(ANA), say(today()));
    let state = written.state::<Intentions>(doc(ANA), ANA);
    assert_eq!(Intentions::words(&state, BEGIN), [of]);
}
