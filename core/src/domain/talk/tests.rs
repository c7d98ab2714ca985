#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::ledger::own_document;
use crate::domain::testing::*;
use crate::id::{DocId, PersonId};
use crate::time::DAY;

const SALT: [u8; 16] = [5; 16];

fn doc() -> DocId {
    own_document(PAIR, ANA, &SALT)
}

fn seen(written: &Written, viewer: PersonId) -> TalkView {
    written.view::<Talks>(doc(), viewer, BEGIN.plus(60)).unwrap()
}

fn window(days: i64) -> Action {
    Act::Propose { begins: BEGIN.plus(days * DAY), salt: Some(SALT) }.into()
}

#[test]
fn k17_a_yes_that_crosses_a_move_is_no_yes_to_the_new_time() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), window(1));
    let mut yes = Written::default();
    yes.write(ANA, 0, doc(), window(1));
    let mut with_move = written;
    let moved = with_move.write(ANA, 10, doc(), window(2));
    // Ben had seen the first window only.
    yes.write(BEN, 11, doc(), Act::Accept { of }.into());
    with_move.held.push(yes.held.last().unwrap().clone());
    let view = seen(&with_move, BEN);
    assert_eq!((view.state, view.waits_for_me), (TalkState::Moved, true));
    with_move.held.reverse();
    assert_eq!(seen(&with_move, BEN).state, TalkState::Moved, "in every order");
    let mut later = with_move.held.last().unwrap().clone();
    later.id.index += 7;
    later.author = BEN;
    later.record.action = Act::Accept { of: moved }.into();
    with_move.held.push(later);
    assert_eq!(seen(&with_move, ANA).state, TalkState::Accepted);
}
