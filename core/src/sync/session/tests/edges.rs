//! What a session asks for, counts and bounds.

use super::*;

const OVER: &[Action] = &[Action::End(Ended::Bye)];

/// A session of a phone that has said and heard its hello: the partner holds what is said here.
fn greeted(phone: &mut Phone, theirs: Vec<Checkpoint>) -> (Session, Vec<Action>) {
    let mut session = Session::new(Config::new([0; 8]), 0);
    let logs = theirs.into_iter().map(Into::into).collect();
    let actions = hear(&mut session, phone, Frame::Hello { epoch: [1; 8], logs });
    (session, actions)
}

fn hear(session: &mut Session, phone: &mut Phone, frame: Frame) -> Vec<Action> {
    let Ok(actions) = session.receive(frame, 0, phone);
    actions
}

fn left(session: &Session, phone: &mut Phone) -> Option<u64> {
    let Ok(left) = session.left(phone);
    left
}

fn stuck(session: &Session, phone: &mut Phone) -> bool {
    let Ok(stuck) = session.stuck(phone);
    stuck
}

/// So many entries of the second phone's, as a run.
fn theirs(count: u8) -> (Phone, Run) {
    let mut other = Phone::new(1);
    (0..count).for_each(|n| other.write(&[n]));
    let Ok(run) = other.read(other.own().log, 0, RUN_BYTES);
    let run = run.unwrap();
    (other, run)
}

/// Entries of the first phone's as the other one gives them back, with this mark.
fn given_back(whole: &Phone, first: usize, to: usize, mark: [u8; 16]) -> Frame {
    Frame::Entries(Run {
        log: whole.own().log,
        first: first as u64,
        entries: whole.entries[0][first..to].to_vec(),
        tags: vec![mark; to - first],
        bodies: vec![],
        head: whole.heads[0][to],
    })
}

fn protocol_error(actions: &[Action]) -> bool {
    matches!(actions, [Action::End(Ended::Protocol(_))])
}

#[test]
fn bodies_that_are_missing_are_asked_for_once_each_time_something_of_them_has_come() {
    let mut phone = Phone::new(0);
    let log = phone.partners().log;
    phone.missing = vec![(log, 0, 0), (log, 4, 1)];
    let (mut session, actions) = greeted(&mut phone, vec![]);
    let want =
        |bodies: &[(u64, u8)]| Action::Send(Frame::WantBodies { log, bodies: bodies.to_vec() });
    let ping = Action::Send(Frame::Ping);
    assert_eq!(actions, [Action::Established([1; 8]), want(&[(0, 0), (4, 1)]), ping.clone()]);
    assert_eq!(left(&session, &mut phone), None, "they may still come");
    phone.missing.pop();
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), [want(&[(0, 0)]), ping]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), [], "what did not come is not there");
    assert_eq!(left(&session, &mut phone), Some(0));
    phone.missing.clear();
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), [], "one that nobody waits for");
}

#[test]
fn r14_a_phone_that_has_left_asks_for_no_bodies_and_takes_none() {
    let mut phone = Phone::new(0);
    let log = phone.partners().log;
    phone.missing = vec![(log, 0, 0)];
    let mut session = Session::new(Config::new([0; 8]), 0);
    session.deliver_only();
    let hello = Frame::Hello { epoch: [1; 8], logs: vec![] };
    assert_eq!(hear(&mut session, &mut phone, hello), [Action::Established([1; 8])]);
    let bodies = vec![BodyAt { index: 0, place: 0, bytes: vec![1] }];
    assert_eq!(hear(&mut session, &mut phone, Frame::Bodies { log, bodies }), []);
    assert_eq!(phone.came, []);
    // One that leaves while it waits for bodies asks no further.
    let (mut session, actions) = greeted(&mut phone, vec![]);
    assert_eq!(actions.len(), 3);
    session.deliver_only();
    phone.missing.push((log, 1, 0));
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), []);
}

#[test]
fn i18_bodies_are_given_of_ones_own_log_and_taken_of_the_partners() {
    let mut phone = Phone::new(0);
    let (own, partners) = (phone.own().log, phone.partners().log);
    let body = BodyAt { index: 0, place: 0, bytes: vec![1] };
    phone.kept = vec![body.clone()];
    let (mut session, _) = greeted(&mut phone, vec![]);
    let mut hear = |frame| hear(&mut session, &mut phone, frame);
    let bodies = vec![body.clone()];
    let given = Action::Send(Frame::Bodies { log: own, bodies: bodies.clone() });
    assert_eq!(hear(Frame::WantBodies { log: own, bodies: vec![(0, 0)] }), [given]);
    assert_eq!(hear(Frame::WantBodies { log: partners, bodies: vec![(0, 0)] }), []);
    assert_eq!(hear(Frame::Bodies { log: own, bodies: bodies.clone() }), []);
    assert_eq!(hear(Frame::Bodies { log: partners, bodies }), []);
    assert_eq!(phone.came, [(partners, body)]);
}

#[test]
fn bodies_go_in_frames_of_less_than_a_run_and_a_large_one_alone() {
    let batches = |lengths: &[usize]| -> Vec<usize> {
        let body = |length: &usize| BodyAt { index: 0, place: 0, bytes: vec![0; *length] };
        in_batches(lengths.iter().map(body).collect()).map(|batch| batch.len()).collect()
    };
    let half = RUN_BYTES / 2;
    assert_eq!(batches(&[]), [] as [usize; 0]);
    assert_eq!(batches(&[half, half]), [1, 1]);
    assert_eq!(batches(&[half, half - 1]), [2]);
    assert_eq!(batches(&[1, RUN_BYTES - 2, 1, 1]), [2, 2]);
    assert_eq!(batches(&[3 * RUN_BYTES, 3 * RUN_BYTES, 1]), [1, 1, 1]);
    assert_eq!(batches(&[half, 10, half]), [2, 1]);
}

#[test]
fn what_is_left_is_what_is_known_of_both_ways() {
    let mut phone = Phone::new(0);
    (0..2).for_each(|n| phone.write(&[n]));
    let (other, run) = theirs(5);
    let mut fresh = Session::new(Config::new([0; 8]), 0);
    assert_eq!(left(&fresh, &mut phone), None, "nobody has said anything");
    let (mut session, _) = greeted(&mut phone, vec![other.own()]);
    assert_eq!(left(&session, &mut phone), Some(7));
    let first = Run {
        entries: run.entries[..2].to_vec(),
        tags: vec![[0; 16]; 2],
        head: other.heads[1][2],
        ..run
    };
    hear(&mut session, &mut phone, Frame::Entries(first));
    assert_eq!(left(&session, &mut phone), Some(5));
    let acked = phone.own();
    hear(&mut session, &mut phone, Frame::Ack(acked));
    assert_eq!(left(&session, &mut phone), Some(3));
    session.deliver_only();
    assert_eq!(left(&session, &mut phone), Some(0), "what one does not take is not waited for");
    // A log that goes on from one that is known is to come, whole.
    let next = Checkpoint { log: LogId([9; 16]), length: 4, head: Head([9; 32]) };
    let (session, _) = greeted(&mut phone, vec![other.own(), acked, next]);
    assert_eq!(left(&session, &mut phone), Some(3 + 4));
    // The partner's phone has lost something of its own log.
    let (session, _) = greeted(&mut phone, vec![acked]);
    assert_eq!(left(&session, &mut phone), None);
    fresh.deliver_only();
    assert_eq!(left(&fresh, &mut phone), None);
}

#[test]
fn a_log_of_which_nothing_is_taken_is_stuck_and_counts_for_nothing() {
    let mut phone = Phone::new(0);
    let (other, run) = theirs(3);
    let next = Checkpoint { log: LogId([9; 16]), length: 4, head: Head([9; 32]) };
    let bad = |log| {
        Frame::Entries(Run { log, entries: vec![vec![0]], tags: vec![[0; 16]], ..run.clone() })
    };
    let (mut session, _) = greeted(&mut phone, vec![other.own()]);
    assert!(!stuck(&session, &mut phone));
    let actions = hear(&mut session, &mut phone, bad(other.own().log));
    assert!(matches!(actions[..], [Action::Notice(Notice::Refused(_))]));
    assert!(stuck(&session, &mut phone));
    assert_eq!(left(&session, &mut phone), None, "it cannot be said");
    session.deliver_only();
    assert_eq!(left(&session, &mut phone), Some(0));
    // It goes on in a later one, which is taken.
    let (mut session, _) = greeted(&mut phone, vec![other.own(), next]);
    hear(&mut session, &mut phone, bad(other.own().log));
    assert!(!stuck(&session, &mut phone));
    assert_eq!(left(&session, &mut phone), Some(4));
}

#[test]
fn a_session_says_when_it_next_has_something_to_do() {
    let mut session = Session::new(Config::new([0; 8]), 1_000);
    assert_eq!(session.rests(), Some(PING_MILLIS));
    assert!(session.tick(11_000).is_empty());
    assert_eq!(session.rests(), Some(PING_MILLIS - 10_000));
    session.tick(1_000 + PING_MILLIS);
    assert_eq!(session.rests(), Some(DEAD_MILLIS - PING_MILLIS));
    session.tick(1_000 + DEAD_MILLIS);
    assert_eq!(session.rests(), None, "it is over");
}

#[test]
fn what_was_lost_is_given_back_so_often_and_what_is_asked_for_again_a_few_times() {
    let mut phone = Phone::new(0);
    let (other, run) = theirs(1);
    let (mut session, _) = greeted(&mut phone, vec![]);
    hear(&mut session, &mut phone, Frame::Entries(run.clone()));
    let lost = || Frame::Want { log: other.own().log, first: 0 };
    for _ in 0..RUNS_GIVEN_BACK {
        let back = hear(&mut session, &mut phone, lost());
        assert!(
            matches!(&back[..], [Action::Send(Frame::Entries(of))] if of.entries == run.entries)
        );
    }
    assert!(protocol_error(&hear(&mut session, &mut phone, lost())));

    phone.write(b"mine");
    let (mut session, _) = greeted(&mut phone, vec![]);
    let again = Frame::Want { log: phone.own().log, first: 0 };
    for _ in 0..STRAYS {
        assert_eq!(entries(&hear(&mut session, &mut phone, again.clone())), 1);
    }
    assert!(protocol_error(&hear(&mut session, &mut phone, again)));
}

#[test]
fn a_goodbye_ends_the_session_once_what_was_asked_for_is_answered() {
    let mut phone = Phone::new(0);
    let (mut session, _) = greeted(&mut phone, vec![]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Bye), OVER);
    assert_eq!(hear(&mut session, &mut phone, Frame::Ping), [], "it is over");

    phone.missing = vec![(phone.partners().log, 0, 0)];
    let (mut session, _) = greeted(&mut phone, vec![]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Bye), []);
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), OVER);

    phone.missing.clear();
    phone.write(b"mine");
    let (mut session, _) = greeted(&mut phone, vec![]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Bye), [], "it is on its way");
    let at = phone.own();
    assert_eq!(
        hear(&mut session, &mut phone, Frame::Ack(at)),
        [&[Action::Acked(at)], OVER].concat()
    );
}

#[test]
fn a_pong_to_an_idle_ping_asks_for_nothing_and_ends_nothing() {
    let mut phone = Phone::new(0);
    let (mut session, _) = greeted(&mut phone, vec![]);
    phone.missing = vec![(phone.partners().log, 0, 0)];
    assert_eq!(session.tick(PING_MILLIS), [Action::Send(Frame::Ping)]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Pong), []);
}

#[test]
fn nothing_goes_out_before_the_other_side_has_said_what_it_holds() {
    let mut phone = Phone::new(0);
    phone.write(b"mine");
    let mut session = Session::new(Config::new([0; 8]), 0);
    assert_eq!(session.pump(&mut phone), Ok(vec![]));
    let (mut session, actions) = greeted(&mut phone, vec![]);
    assert_eq!(entries(&actions), 1);
    phone.write(b"more");
    session.over = true;
    assert_eq!(session.pump_all(&mut phone), Ok(vec![]), "it is over");
}

/// How many entries are sent after each of these is written.
fn sent_in_turn(phone: &mut Phone, session: &mut Session, lengths: &[usize]) -> Vec<usize> {
    let around = {
        let mut other = Phone::new(0);
        other.write(&[7; 300]);
        other.entries[0][0].len() - 300
    };
    let mut pump = |length: &usize| {
        phone.write(&vec![7; length - around]);
        let Ok(actions) = session.pump_all(phone);
        entries(&actions)
    };
    lengths.iter().map(&mut pump).collect()
}

fn small_window() -> (Phone, Session) {
    let mut phone = Phone::new(0);
    let (mut session, _) = greeted(&mut phone, vec![]);
    session.config.window = 1_000;
    (phone, session)
}

#[test]
fn bodies_and_entries_both_fill_the_window() {
    let goes_on = |entry: usize, body: usize| {
        let (mut phone, mut session) = small_window();
        if body > 0 {
            phone.carried = vec![BodyAt { index: 0, place: 0, bytes: vec![0; body] }];
        }
        sent_in_turn(&mut phone, &mut session, &[entry, 300]) == [1, 1]
    };
    assert!(goes_on(400, 100) && goes_on(999, 0) && goes_on(400, 599));
    assert!(!goes_on(1_000, 0) && !goes_on(400, 600) && !goes_on(400, 5_000));
}

#[test]
fn what_is_acknowledged_or_asked_for_again_is_in_the_window_no_more() {
    let (mut phone, mut session) = small_window();
    assert_eq!(sent_in_turn(&mut phone, &mut session, &[800, 310, 300]), [1, 1, 0]);
    let first = Frame::Ack(phone.own_to(1));
    assert_eq!(entries(&hear(&mut session, &mut phone, first)), 0, "310 are on their way");
    assert_eq!(sent_in_turn(&mut phone, &mut session, &[500, 300]), [2, 0]);

    let (mut phone, mut session) = small_window();
    assert_eq!(sent_in_turn(&mut phone, &mut session, &[800, 310]), [1, 1]);
    let again = Frame::Want { log: phone.own().log, first: 1 };
    assert_eq!(entries(&hear(&mut session, &mut phone, again)), 0, "800 are on their way still");
    assert_eq!(sent_in_turn(&mut phone, &mut session, &[300, 300]), [2, 0]);
}

#[test]
fn a_goodbye_waits_for_each_run_that_is_on_its_way() {
    let (mut phone, mut session) = small_window();
    assert_eq!(sent_in_turn(&mut phone, &mut session, &[300, 300]), [1, 1]);
    assert_eq!(hear(&mut session, &mut phone, Frame::Bye), []);
    let (first, both) = (phone.own_to(1), phone.own_to(2));
    let heard = hear(&mut session, &mut phone, Frame::Ack(first));
    assert_eq!(heard, [Action::Acked(first)]);
    let heard = hear(&mut session, &mut phone, Frame::Ack(both));
    assert_eq!(heard, [&[Action::Acked(both)], OVER].concat());

    let (mut phone, mut session) = small_window();
    sent_in_turn(&mut phone, &mut session, &[300, 300]);
    hear(&mut session, &mut phone, Frame::Bye);
    let heard = hear(&mut session, &mut phone, Frame::Ack(both));
    assert_eq!(heard, [&[Action::Acked(both)], OVER].concat(), "both at once");
}

#[test]
fn a_log_thaws_where_both_hold_the_same_and_not_before() {
    let (other, run) = theirs(2);
    let mut phone = Phone::new(0);
    let (mut session, _) = greeted(&mut phone, vec![other.own()]);
    hear(&mut session, &mut phone, Frame::Entries(run));
    phone.frozen = true;
    let shorter = Checkpoint { length: 1, head: other.heads[1][1], ..other.own() };
    greeted(&mut phone, vec![shorter]);
    assert!(phone.frozen, "they hold less");
    greeted(&mut phone, vec![other.own()]);
    assert!(!phone.frozen);
}

#[test]
fn a_later_log_of_ones_own_that_the_partner_holds_is_asked_for_back() {
    let mut phone = Phone::new(0);
    let later = LogId([9; 16]);
    phone.later = Some(later);
    let holds = |length| Checkpoint { log: later, length, head: Head([9; 32]) };
    let (session, actions) = greeted(&mut phone, vec![holds(2)]);
    assert!(session.recovering());
    assert!(actions.contains(&Action::Notice(Notice::PartnerHoldsMore(later))));
    assert!(actions.contains(&Action::Send(Frame::Want { log: later, first: 0 })));
    assert_eq!(left(&session, &mut phone), None, "nobody knows before it is back");
    assert!(!greeted(&mut phone, vec![holds(0)]).0.recovering(), "an empty one is no loss");
}

#[test]
fn what_comes_back_in_several_runs_is_asked_for_until_it_is_whole() {
    let mut whole = Phone::new(0);
    (0..3).for_each(|n| whole.write(&[n]));
    let (log, mut phone) = (whole.own().log, Phone::new(0));
    let (mut session, _) = greeted(&mut phone, vec![whole.own()]);
    let run = |first, to| given_back(&whole, first, to, [0; 16]);
    let heard = hear(&mut session, &mut phone, run(0, 1));
    assert_eq!(heard, [Action::Send(Frame::Want { log, first: 1 })]);
    let heard = hear(&mut session, &mut phone, run(1, 3));
    assert_eq!(heard, [Action::Send(Frame::HeadAt(whole.own())), Action::Recovered]);
    assert!(!session.recovering());
}

#[test]
fn what_pins_words_that_are_not_here_is_refused_unless_they_are_on_their_way_back() {
    let mut whole = Phone::new(0);
    whole.write(&[1]);
    let mut other = Phone::new(1);
    other.append(0, &whole.entries[0][0]).unwrap();
    other.write(b"I have seen it");
    let Ok(run) = other.read(other.own().log, 0, RUN_BYTES);
    let run = || Frame::Entries(run.clone().unwrap());
    let mut phone = Phone::new(0);
    let (mut session, _) = greeted(&mut phone, vec![]);
    let heard = hear(&mut session, &mut phone, run());
    assert_eq!(heard, [Action::Notice(Notice::Refused(LogRefusal::PinAhead))]);
    let (mut session, _) = greeted(&mut phone, vec![whole.own()]);
    assert_eq!(hear(&mut session, &mut phone, run()), [], "it is asked for when they are here");
    let Ok(back) = whole.read(whole.own().log, 0, RUN_BYTES);
    let heard = hear(&mut session, &mut phone, Frame::Entries(back.unwrap()));
    let want = Action::Send(Frame::Want { log: other.own().log, first: 0 });
    assert_eq!(heard.last(), Some(&want));
    assert_eq!(left(&session, &mut phone), Some(1));
}

#[test]
fn what_comes_back_is_asked_for_from_where_it_ends_or_from_the_beginning_where_it_differs() {
    let mut whole = Phone::new(0);
    (0..3).for_each(|n| whole.write(&[n]));
    let mut old = Phone::new(0);
    old.write(&[0]);
    let log = old.own().log;
    let (_, actions) = greeted(&mut old.clone(), vec![whole.own()]);
    assert!(actions.contains(&Action::Send(Frame::Want { log, first: 1 })));
    let mut other = Phone::new(0);
    (0..3).for_each(|n| other.write(&[9, n]));
    let (session, actions) = greeted(&mut other.clone(), vec![whole.own()]);
    assert!(actions.contains(&Action::Send(Frame::Want { log, first: 0 })), "as long, and other");
    assert!(session.recovering());
    assert!(!greeted(&mut whole.clone(), vec![whole.own()]).0.recovering());
}

#[test]
fn what_does_not_go_on_from_here_is_compared_once_from_the_beginning() {
    let mut whole = Phone::new(0);
    (0..3).for_each(|n| whole.write(&[n]));
    let mut old = Phone::new(0);
    old.write(&[0]);
    let log = old.own().log;
    // It does not carry the mark of its author.
    let run = |first| given_back(&whole, first, 3, [1; 16]);
    let (mut session, _) = greeted(&mut old, vec![whole.own()]);
    let again = [Action::Send(Frame::Want { log, first: 0 })];
    assert_eq!(hear(&mut session, &mut old, run(1)), again);
    assert!(session.recovering());
    let given_up = [Action::Notice(Notice::PartnerHoldsMore(log))];
    assert_eq!(hear(&mut session, &mut old, run(1)), given_up, "not for ever");
    assert!(!session.recovering());
    let (mut session, _) = greeted(&mut old, vec![whole.own()]);
    assert_eq!(hear(&mut session, &mut old, run(0)), given_up, "it is from the beginning");
}

#[test]
fn a_generation_goes_out_once_all_of_the_one_before_it_has() {
    let mut phone = Phone::new(0);
    let mut other = Phone::new(1);
    other.write(&[1]);
    phone.append(1, &other.entries[1][0]).unwrap();
    // As if it were a later log of one's own.
    phone.later = Some(other.own().log);
    let sent = |phone: &mut Phone| {
        let (mut session, actions) = greeted(phone, vec![]);
        let of = |action: &Action| match action {
            Action::Send(Frame::Entries(run)) => Some(phone.at(run.log)),
            _ => None,
        };
        let sent: Vec<usize> = actions.iter().filter_map(of).collect();
        (sent, session.pump_all(phone).is_ok() && session.unsent())
    };
    assert_eq!(sent(&mut phone), (vec![1], false), "there is nothing before it");
    phone.write(&[2]);
    assert_eq!(sent(&mut phone), (vec![0, 1], false));
    let more = RUN_BYTES / 1_000 + 9;
    (0..more).for_each(|_| phone.write(&[7; 1_000]));
    let (mut session, actions) = greeted(&mut phone, vec![]);
    assert!(entries(&actions) < more && session.unsent(), "a run at a time");
    assert!(!actions.iter().any(|action| match action {
        Action::Send(Frame::Entries(run)) => phone.at(run.log) == 1,
        _ => false,
    }));
    session.config.window = usize::MAX;
    let Ok(rest) = session.pump_all(&mut phone);
    assert!(entries(&rest) > 0 && !session.unsent());
}

#[test]
fn a_session_tells_the_time_that_was_said_to_it() {
    let mut session = Session::new(Config::new([0; 8]), 3);
    assert_eq!(session.now(), 3);
    session.at(5_000);
    assert_eq!(session.now(), 5_000);
}
