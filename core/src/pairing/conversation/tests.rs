#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn pair_of(handshakes: [[u8; 32]; 2]) -> [Conversation; 2] {
    let side = |role, handshake, name: &str, fill: u8| {
        Conversation::new(role, handshake, [9; 32], name.into(), [fill; 80], Moment(0))
    };
    [side(Role::Joined, handshakes[0], "Ana", 1), side(Role::Showed, handshakes[1], "Ben", 2)]
}

/// Delivers everything until nothing is left; gives back what is not sending.
fn run(sides: &mut [Conversation; 2], first: [Vec<Action>; 2]) -> [Vec<Action>; 2] {
    let mut left: [Vec<Action>; 2] = Default::default();
    let mut waiting: Vec<(usize, Action)> = Vec::new();
    for (who, actions) in first.into_iter().enumerate() {
        waiting.extend(actions.into_iter().map(|action| (who, action)));
    }
    while !waiting.is_empty() {
        let (who, action) = waiting.remove(0);
        match action {
            Action::Send(message) => {
                let message = Message::decode(&message.encode()).unwrap();
                let actions = sides[1 - who].receive(message);
                waiting.extend(actions.into_iter().map(|action| (1 - who, action)));
            }
            other => left[who].push(other),
        }
    }
    left
}

fn asked(sides: &mut [Conversation; 2]) -> [Vec<Action>; 2] {
    let first = [sides[0].start(), sides[1].start()];
    run(sides, first)
}

#[test]
fn two_confirmations_give_both_phones_the_same_pair() {
    let mut sides = pair_of([[5; 32]; 2]);
    let [a, b] = asked(&mut sides);
    let (Action::Ask { name: ben, code: one, .. }, Action::Ask { name: ana, code: two, .. }) =
        (&a[0], &b[0])
    else {
        panic!()
    };
    assert_eq!((ben.as_str(), ana.as_str()), ("Ben", "Ana"));
    assert_eq!(one, two);
    assert_eq!(one.0.len(), 14);
    let first = [sides[0].answer(true), vec![]];
    assert_eq!(run(&mut sides, first), [vec![], vec![]], "one confirmation is none");
    let second = [vec![], sides[1].answer(true)];
    let [a, b] = run(&mut sides, second);
    let ([Action::Done(a)], [Action::Done(b)]) = (&a[..], &b[..]) else { panic!() };
    assert_eq!((a.pair, a.secret, a.me, a.partner), (b.pair, b.secret, b.partner, b.me));
}

#[test]
fn r12_nothing_is_kept_without_two_confirmations() {
    // Every sequence of up to four things that one phone alone can do or hear.
    let doings: [fn(&mut Conversation) -> Vec<Action>; 4] = [
        |side| side.answer(true),
        |side| side.answer(false),
        |side| side.receive(Message::Cancel),
        |side| side.receive(Message::Commit([0; 32])),
    ];
    for choice in 0..256_usize {
        let mut sides = pair_of([[5; 32]; 2]);
        asked(&mut sides);
        for place in 0..4 {
            let actions = doings[choice >> (2 * place) & 3](&mut sides[0]);
            assert!(!actions.iter().any(|action| matches!(action, Action::Done(_))));
        }
    }
}

#[test]
fn somebody_in_between_makes_the_short_codes_differ() {
    let mut sides = pair_of([[5; 32], [6; 32]]);
    let [a, b] = asked(&mut sides);
    let (Action::Ask { code: one, .. }, Action::Ask { code: two, .. }) = (&a[0], &b[0]) else {
        panic!()
    };
    assert_ne!(one, two);
}

#[test]
fn revealing_something_else_than_was_committed_to_fails() {
    let mut sides = pair_of([[5; 32]; 2]);
    sides[0].receive(Message::Commit([7; 32]));
    let reveal = sides[1].own.reveal();
    let actions = sides[0].receive(reveal);
    assert!(matches!(actions[..], [Action::Failed(PairingError::Protocol(_))]));
}

const PAIR: PairId = PairId([7; 16]);
const STAYS: PersonId = PersonId([8; 16]);
const LOST: PersonId = PersonId([9; 16]);

fn replacement() -> Replacement {
    let log = |person| Checkpoint {
        log: log_id(PAIR, person, 0),
        length: 3,
        head: crate::id::Head([1; 32]),
    };
    Replacement { pair: PAIR, person: LOST, epoch: 1, logs: vec![log(STAYS), log(LOST)] }
}

fn replaced(replacement: Replacement) -> [Vec<Action>; 2] {
    let [joins, stays] = pair_of([[5; 32]; 2]);
    let mut sides = [joins, stays.replacing(STAYS, replacement)];
    let mut said = asked(&mut sides);
    for who in 0..2 {
        let mut first: [Vec<Action>; 2] = Default::default();
        first[who] = sides[who].answer(true);
        let more = run(&mut sides, first);
        said.iter_mut().zip(more).for_each(|(said, more)| said.extend(more));
    }
    said
}

#[test]
fn a_replaced_phone_gets_the_pair_and_the_person_of_the_one_before() {
    let [new, stays] = replaced(replacement());
    assert!(matches!(new[0], Action::Ask { replaces: true, .. }));
    assert!(matches!(stays[0], Action::Ask { replaces: true, .. }));
    let (Action::Done(new), Action::Done(stays)) = (&new[1], &stays[1]) else { panic!() };
    assert_eq!((new.pair, new.me, new.partner, new.epoch), (PAIR, LOST, STAYS, 1));
    assert_eq!((stays.pair, stays.me, stays.partner, stays.epoch), (PAIR, STAYS, LOST, 1));
    assert_eq!(new.secret, stays.secret);
    assert_eq!((new.logs.len(), stays.logs.len()), (2, 2));
}

#[test]
fn what_names_no_logs_or_another_person_replaces_nothing() {
    let good = replacement();
    for bad in [
        Replacement { epoch: 0, ..good.clone() },
        Replacement { person: STAYS, ..good.clone() },
        Replacement { logs: vec![], ..good.clone() },
        Replacement { logs: good.logs[..1].to_vec(), ..good.clone() },
        Replacement { pair: PairId([6; 16]), ..good.clone() },
    ] {
        let [new, _] = replaced(bad);
        assert!(matches!(new[0], Action::Failed(PairingError::Protocol(_))), "{new:?}");
    }
}

#[test]
fn ten_minutes_or_a_no_leave_nothing() {
    let mut sides = pair_of([[5; 32]; 2]);
    asked(&mut sides);
    assert!(sides[0].tick(Moment(599)).is_empty());
    let actions = sides[0].tick(Moment(600));
    assert_eq!(actions[1], Action::Failed(PairingError::Expired));
    assert!(sides[0].answer(true).is_empty());
    let no = [vec![], sides[1].answer(false)];
    let [_, b] = run(&mut sides, no);
    assert_eq!(b, vec![Action::Failed(PairingError::Cancelled)]);
}
