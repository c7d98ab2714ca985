#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::ledger::own_document;
use crate::domain::pair::Who;
use crate::domain::refusal::RefusalCode;
use crate::domain::testing::*;
use crate::id::{DocId, PersonId};
use crate::limits;
use crate::time::DAY;

const SALT: [u8; 16] = [5; 16];

fn doc() -> DocId {
    own_document(PAIR, ANA, &SALT)
}

fn seen(written: &Written, viewer: PersonId) -> TalkView {
    written.view::<Talks>(doc(), viewer, BEGIN.plus(60)).unwrap()
}

fn window(days: i64) -> Action {
    Act::Propose { begins: BEGIN.plus(days * DAY), minutes: None, salt: Some(SALT) }.into()
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

#[test]
fn r19_a_no_is_never_crowded_out_by_those_before_it() {
    let mut written = Written::default();
    written.write(ANA, 0, doc(), window(1));
    for at in 0..limits::TALK_RECORDS as i64 {
        written.write(BEN, 1 + at, doc(), Act::Decline.into());
    }
    written.write(ANA, 5_000, doc(), window(2));
    assert_eq!(seen(&written, BEN).state, TalkState::Moved, "another time is another question");
    written.write(BEN, 5_001, doc(), Act::Decline.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Declined);
}

/// A talk that both have said yes to.
fn agreed() -> Written {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), window(1));
    written.write(BEN, 1, doc(), Act::Accept { of }.into());
    written
}

#[test]
fn f27_pausing_beats_going_on_without_having_heard_of_it_and_the_pause_is_bounded() {
    let mut written = agreed();
    written.write(ANA, 2, doc(), Act::Start.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Started);
    written.write(ANA, 3, doc(), Act::Pause { to: BEGIN.plus(1_800) }.into());
    written.write_apart(BEN, 4, doc(), Act::Start.into());
    let view = seen(&written, BEN);
    assert_eq!((view.state, view.paused_by), (TalkState::Paused, Some(Who::Partner)));
    assert_eq!(view.resume_at, Some(BEGIN.plus(1_800)));
    written.write(BEN, 5, doc(), Act::Start.into());
    assert_eq!(seen(&written, ANA).state, TalkState::Started, "who had heard of it goes on");
    written.write(BEN, 6, doc(), Act::Pause { to: BEGIN.plus(365 * DAY) }.into());
    assert_eq!(seen(&written, ANA).state, TalkState::Started, "a pause of a year is none");
    written.write(ANA, 7, doc(), Act::End.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Ended);
}

#[test]
fn f27_only_a_talk_that_both_agreed_to_is_begun_or_paused() {
    let mut written = Written::default();
    written.write(ANA, 0, doc(), window(1));
    written.write(BEN, 1, doc(), Act::Start.into());
    assert_eq!(seen(&written, ANA).state, TalkState::Proposed);
    let decide = |written: &Written, command: Command| {
        let (state, view) = (written.state::<Talks>(doc(), ANA), seen(written, ANA));
        let now = BEGIN.plus(60);
        let decided = decided::<Talks>(&pair(), &state, Some(&view), &command, ANA, now);
        decided.map(drop).map_err(|refusal| refusal.code)
    };
    let pause = |seconds| Command::Pause { to: BEGIN.plus(60 + seconds) };
    let alone = RefusalCode::TalkNotAgreed;
    assert_eq!(decide(&written, Command::Start), Err(alone));
    assert_eq!(decide(&written, pause(600)), Err(alone));
    assert_eq!(decide(&agreed(), Command::Start), Ok(()));
    assert_eq!(decide(&agreed(), pause(DAY)), Ok(()));
    assert_eq!(decide(&agreed(), pause(0)), Err(RefusalCode::NotAhead));
    for seconds in [DAY + 1, 365 * DAY] {
        assert_eq!(decide(&agreed(), pause(seconds)), Err(RefusalCode::TooFarAhead), "{seconds}");
    }
}

#[test]
fn what_a_newer_version_wrote_into_a_talk_is_said_and_hides_nothing() {
    let written = agreed();
    let newer = [crate::domain::capability::NotUnderstood { kind: "talk.sing".into() }];
    let basis = crate::id::Past::default();
    let (held, waiting) = (written.held.as_slice(), &[]);
    let records = Records { doc: doc(), held, newer: &newer, waiting, basis: &basis };
    let talk = fold::fold(&pair(), &records).unwrap();
    assert!(talk.needs_update && talk.accepted);
    assert!(!seen(&written, BEN).needs_update);
}

#[test]
fn f27_what_was_begun_or_paused_for_another_time_or_before_the_yes_says_nothing_of_this_one() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), window(1));
    written.write(ANA, 1, doc(), Act::Pause { to: BEGIN.plus(1_800) }.into());
    written.write(ANA, 2, doc(), Act::Start.into());
    written.write(BEN, 3, doc(), Act::Accept { of }.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Accepted, "begun before both said yes");
    written.write(ANA, 4, doc(), Act::Start.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Started);
    let of = written.write(ANA, 5, doc(), window(9));
    written.write(BEN, 6, doc(), Act::Accept { of }.into());
    assert_eq!(seen(&written, BEN).state, TalkState::Accepted, "another time");
}

/// What a command of one of them comes to, on the talk as they see it.
fn decides(written: &Written, who: PersonId, command: Command) -> Result<Vec<Action>, RefusalCode> {
    let (state, view) =
        (written.state::<Talks>(doc(), who), written.view::<Talks>(doc(), who, BEGIN.plus(60)));
    let now = BEGIN.plus(60);
    let decided = decided::<Talks>(&pair(), &state, view.as_ref(), &command, who, now);
    let act = |drafts: Vec<Draft>| drafts.into_iter().map(|draft| draft.action).collect();
    decided.map(act).map_err(|refusal| refusal.code)
}

#[test]
fn f23_a_talk_is_proposed_for_a_time_ahead_with_a_length_and_rules_that_fit() {
    use RefusalCode::{MinutesInvalid, NotAhead, TextEmpty, TextTooLong, TooFarAhead};
    let propose = |new: NewTalk| decides(&Written::default(), ANA, Command::Propose(new)).err();
    let about = |seconds: i64| NewTalk::about("The week.", BEGIN.plus(60 + seconds));
    let most = limits::PROMISE_SPAN;
    let ahead = [(1, None), (0, Some(NotAhead)), (most, None), (most + 1, Some(TooFarAhead))];
    for (seconds, refused) in ahead {
        assert_eq!(propose(about(seconds)), refused, "{seconds}");
    }
    let minutes = |minutes: u16| NewTalk { minutes: Some(minutes), ..about(9) };
    let lengths =
        [(0, false), (1, true), (limits::TALK_MINUTES, true), (limits::TALK_MINUTES + 1, false)];
    for (length, fits) in lengths {
        let refused = (!fits).then_some(MinutesInvalid);
        assert_eq!(propose(minutes(length)), refused, "{length}");
    }
    let rules =
        |count: usize, rule: &str| NewTalk { rules: vec![rule.to_owned(); count], ..about(9) };
    assert_eq!(propose(rules(limits::TALK_RULES, "We listen.")), None);
    assert_eq!(propose(rules(limits::TALK_RULES + 1, "We listen.")), Some(TextTooLong));
    assert_eq!(propose(rules(1, " ")), Some(TextEmpty));
    let long = "x".repeat(limits::TEXT_SCALARS.min(limits::ITEM_SCALARS / 2));
    let count = limits::ITEM_SCALARS / long.len();
    assert_eq!(propose(NewTalk { topic: "x".into(), ..rules(count - 1, &long) }), None);
    let over = NewTalk { topic: "x".into(), ..rules(count, &long) };
    assert_eq!(propose(over).is_some(), count * long.len() + 1 > limits::ITEM_SCALARS);
    let place = |place: &str| NewTalk { place: Some(place.into()), ..about(9) };
    assert_eq!(propose(place("the kitchen")), None);
    assert!(propose(place(&"x".repeat(limits::NAME_SCALARS + 1))).is_some());
    assert_eq!(propose(NewTalk::about(" ", BEGIN.plus(99))), Some(TextEmpty));
}

#[test]
fn k17_a_yes_is_to_the_time_that_was_shown_and_by_who_is_asked() {
    let mut written = Written::default();
    let first = written.write(ANA, 0, doc(), window(1));
    let accept = |window| Command::Accept { window };
    assert_eq!(decides(&written, BEN, accept(first)), Ok(vec![Act::Accept { of: first }.into()]));
    assert_eq!(decides(&written, ANA, accept(first)), Err(RefusalCode::NothingToAnswer));
    let begins = BEGIN.plus(2 * DAY);
    let moved = Act::Propose { begins, minutes: None, salt: None };
    assert_eq!(decides(&written, BEN, Command::Move { begins }), Ok(vec![moved.clone().into()]));
    let past = Command::Move { begins: BEGIN.plus(60) };
    assert_eq!(decides(&written, BEN, past), Err(RefusalCode::NotAhead));
    let second = written.write(BEN, 9, doc(), moved.into());
    assert_eq!(decides(&written, ANA, accept(first)), Err(RefusalCode::StaleView));
    assert_eq!(decides(&written, ANA, accept(second)), Ok(vec![Act::Accept { of: second }.into()]));
    assert_eq!(decides(&written, ANA, Command::Decline), Ok(vec![Act::Decline.into()]));
    let nothing = Written::default();
    for command in [accept(first), Command::Decline, Command::End, Command::Start] {
        assert_eq!(decides(&nothing, ANA, command), Err(RefusalCode::NotFound));
    }
}

#[test]
fn f27_either_ends_a_talk_at_any_time_and_then_it_is_over() {
    let mut written = agreed();
    for who in [ANA, BEN] {
        assert_eq!(decides(&written, who, Command::End), Ok(vec![Act::End.into()]));
    }
    written.write(BEN, 9, doc(), Act::End.into());
    for command in
        [Command::End, Command::Start, Command::Decline, Command::Move { begins: BEGIN.plus(DAY) }]
    {
        assert_eq!(decides(&written, ANA, command), Err(RefusalCode::AlreadyEnded));
    }
}

#[test]
fn f23_what_is_shown_of_a_talk_are_words_that_count_and_a_window_lapses_with_its_time() {
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), window(1));
    let shown = |place: &str, rules: &[&str]| {
        let rules = rules.iter().map(|rule| (*rule).into()).collect();
        let fields = [
            ("text", Some("The holidays.".into())),
            ("place", Some(place.into())),
            ("rules", Some(crate::cbor::Value::Array(rules))),
        ];
        let mut written = written.clone();
        written.with_body(of, crate::cbor::Value::map(fields));
        let view = seen(&written, BEN);
        (view.place.is_some(), view.rules)
    };
    let most = "p".repeat(limits::NAME_SCALARS);
    assert_eq!(shown(&most, &["We listen.", "No phones."]).1, ["We listen.", "No phones."]);
    assert!(shown(&most, &[]).0 && !shown(&format!("{most}p"), &[]).0);
    assert_eq!(shown(&most, &["", "We listen."]).1, ["We listen."]);
    assert_eq!(shown(&most, &["r"; limits::TALK_RULES + 1]).1.len(), limits::TALK_RULES);
    let state = |at: i64| {
        let view = written.view::<Talks>(doc(), BEN, BEGIN.plus(at)).unwrap();
        (view.state, view.waits_for_me)
    };
    assert_eq!(state(DAY - 1), (TalkState::Proposed, true));
    assert_eq!(state(DAY), (TalkState::Lapsed, false));
}

#[test]
fn a_talk_is_begun_by_a_proposal_and_over_with_its_window_and_its_words_are_looked_after() {
    use crate::domain::capability::Capability;
    let propose = Command::Propose(NewTalk::about("The holidays.", BEGIN.plus(DAY)));
    assert!(Talks::begins(&None, &propose) && !Talks::begins(&None, &Command::End));
    assert!(!Talks::looks(&propose) && Talks::looks(&Command::End));
    let mut written = Written::default();
    let of = written.write(ANA, 0, doc(), window(1));
    let state = written.state::<Talks>(doc(), ANA);
    assert_eq!(Talks::words(&state, BEGIN), [of]);
    let view = seen(&written, ANA);
    let over = |before: i64| Talks::over(Some(&view), BEGIN.plus(before), BEGIN);
    assert!(!over(DAY - 1) && over(DAY) && Talks::over(None, BEGIN, BEGIN));
}

#[test]
fn f23_ground_rules_go_with_a_talk_and_all_its_words_fit_into_one_item() {
    let new = |rules: &[&str], topic: &str| NewTalk {
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        ..NewTalk::about(topic, BEGIN.plus(DAY))
    };
    let body = |new: NewTalk| {
        let state = None;
        let (command, now) = (Command::Propose(new), BEGIN);
        let drafts = decided::<Talks>(&pair(), &state, None, &command, ANA, now)?;
        Ok::<_, crate::domain::refusal::Refusal>(drafts[0].body.clone().unwrap())
    };
    let with = body(new(&["We listen."], "T")).unwrap();
    assert_eq!(with.get("rules").unwrap().array().unwrap().len(), 1);
    assert!(body(new(&[], "T")).unwrap().get("rules").is_none());
    let words = "w".repeat(limits::ITEM_SCALARS / 4);
    let all = [&words[..]; 3];
    assert!(body(new(&all, &words)).is_ok(), "as many as fit");
    assert!(body(new(&[&words, &words, &format!("{words}w")], &words)).is_err());
}
