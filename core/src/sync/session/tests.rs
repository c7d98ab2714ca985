#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod edges;

use super::*;
use crate::id::Head;
use crate::id::{PairId, PersonId};
use crate::log::{Entry, Follower};
use proptest::prelude::*;
use std::convert::Infallible;

const PAIR: PairId = PairId([1; 16]);
const PEOPLE: [PersonId; 2] = [PersonId([2; 16]), PersonId([3; 16])];

/// Both logs as one phone holds them, in memory.
#[derive(Clone)]
struct Phone {
    me: usize,
    logs: [Follower; 2],
    entries: [Vec<Vec<u8>>; 2],
    heads: [Vec<Head>; 2],
    frozen: bool,
    /// The bodies that are not here, those that are, and those that came.
    missing: Vec<(LogId, u64, u8)>,
    kept: Vec<BodyAt>,
    came: Vec<(LogId, BodyAt)>,
    /// The bodies that go with a run.
    carried: Vec<BodyAt>,
    /// A later log of one's own, of which nothing is here.
    later: Option<LogId>,
}

impl Phone {
    fn new(me: usize) -> Self {
        let logs = PEOPLE.map(|person| Follower::new(PAIR, person, 0));
        let heads = [0, 1].map(|at: usize| vec![logs[at].checkpoint().head]);
        let (entries, missing, kept, came, carried, later) = Default::default();
        Self { me, logs, entries, heads, frozen: false, missing, kept, came, carried, later }
    }

    /// How long the own log is, and what it is called.
    fn own(&self) -> Checkpoint {
        self.logs[self.me].checkpoint()
    }

    /// The own log when it had so many entries.
    fn own_to(&self, length: usize) -> Checkpoint {
        Checkpoint { length: length as u64, head: self.heads[self.me][length], ..self.own() }
    }

    /// The partner's log, as it is held here.
    fn partners(&self) -> Checkpoint {
        self.logs[1 - self.me].checkpoint()
    }

    fn at(&self, log: LogId) -> usize {
        usize::from(self.logs[1].checkpoint().log == log)
    }

    fn append(&mut self, whose: usize, bytes: &[u8]) -> Result<(), LogRefusal> {
        let heads = self.heads.clone();
        let other = self.logs[1 - whose].checkpoint().log;
        let head_at = move |log, length: u64| {
            (log == other).then(|| heads[1 - whose].get(length as usize).copied()).flatten()
        };
        let followed = self.logs[whose].follow(bytes, &head_at)?;
        self.entries[whose].push(bytes.to_vec());
        self.heads[whose].push(followed.head);
        Ok(())
    }

    fn write(&mut self, words: &[u8]) {
        let held = self.logs[1 - self.me].checkpoint();
        let entry = self.logs[self.me].next_entry(&[held], vec![words.to_vec()]);
        self.append(self.me, &entry.encode()).unwrap();
    }
}

impl Replica for Phone {
    type Error = Infallible;
    fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, Infallible> {
        Ok(self.logs.iter().map(Follower::checkpoint).collect())
    }
    fn own_generation(&self, log: LogId) -> Option<u8> {
        let later = (self.later == Some(log)).then_some(1);
        (self.logs[self.me].checkpoint().log == log).then_some(0).or(later)
    }
    fn head_at(&mut self, log: LogId, length: u64) -> Result<Option<Head>, Infallible> {
        Ok(self.heads[self.at(log)].get(length as usize).copied())
    }
    fn read(&mut self, log: LogId, first: u64, bytes: usize) -> Result<Option<Run>, Infallible> {
        let at = self.at(log);
        let mut size = 0;
        let entries: Vec<Vec<u8>> = self.entries[at][first as usize..]
            .iter()
            .take_while(|entry| {
                let fits = size < bytes;
                size += entry.len();
                fits
            })
            .cloned()
            .collect();
        let head = self.heads[at][first as usize + entries.len()];
        let tags = vec![[0; 16]; entries.len()];
        let bodies = self.carried.clone();
        Ok((!entries.is_empty()).then_some(Run { log, first, entries, tags, bodies, head }))
    }
    fn accept(&mut self, run: &Run) -> Result<Intake, Infallible> {
        let whose = self.at(run.log);
        let held = self.logs[whose].checkpoint();
        if self.frozen {
            return Ok(Intake::Contradiction);
        }
        if run.first > held.length {
            return Ok(Intake::Missing(held));
        }
        let before = self.clone();
        for entry in run.entries.iter().skip((held.length - run.first) as usize) {
            if let Err(refusal) = self.append(whose, entry) {
                *self = before;
                return Ok(Intake::Refused(refusal));
            }
        }
        let now = self.logs[whose].checkpoint();
        if run.first + run.entries.len() as u64 == now.length && now.head != run.head {
            *self = before;
            return Ok(Intake::Contradiction);
        }
        Ok(Intake::Stored(now))
    }
    fn recover(&mut self, run: &Run) -> Result<Intake, Infallible> {
        // The mark of this test's author is all zeros.
        if run.tags.iter().any(|tag| *tag != [0; 16]) {
            return Ok(Intake::Refused(LogRefusal::ForeignPin));
        }
        let me = self.me;
        for entry in &run.entries {
            let pins = Entry::decode(entry).unwrap().seen;
            let head_at = |log, length| {
                pins.iter().find(|pin| pin.log == log && pin.length == length).map(|pin| pin.head)
            };
            let Ok(followed) = self.logs[me].follow(entry, &head_at) else {
                return Ok(Intake::Refused(LogRefusal::ForeignPin));
            };
            self.entries[me].push(entry.clone());
            self.heads[me].push(followed.head);
        }
        Ok(Intake::Stored(self.logs[me].checkpoint()))
    }
    fn freeze(&mut self, _: LogId) -> Result<(), Infallible> {
        self.frozen = true;
        Ok(())
    }
    fn thaw(&mut self, _: LogId) -> Result<(), Infallible> {
        self.frozen = false;
        Ok(())
    }
    fn missing_bodies(&mut self) -> Result<Vec<(LogId, u64, u8)>, Infallible> {
        Ok(self.missing.clone())
    }
    fn bodies(&mut self, _: LogId, _: &[(u64, u8)]) -> Result<Vec<BodyAt>, Infallible> {
        Ok(self.kept.clone())
    }
    fn accept_bodies(&mut self, log: LogId, bodies: &[BodyAt]) -> Result<(), Infallible> {
        self.came.extend(bodies.iter().map(|body| (log, body.clone())));
        Ok(())
    }
}

/// Two sessions over two wires; `cut` frames may arrive before both wires break.
struct Meeting {
    sessions: [Session; 2],
    wires: [VecDeque<Frame>; 2],
    notices: Vec<(usize, Notice)>,
    ended: Option<(usize, Ended)>,
    longest_wire: usize,
}

impl Meeting {
    fn new(window: usize) -> Self {
        let config = |at: u8| Config { window, ..Config::new([at; 8]) };
        Self {
            sessions: [Session::new(config(0), 0), Session::new(config(1), 0)],
            wires: Default::default(),
            notices: vec![],
            ended: None,
            longest_wire: 0,
        }
    }

    fn act(&mut self, who: usize, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Send(frame) => self.wires[1 - who].push_back(frame),
                Action::Notice(notice) => self.notices.push((who, notice)),
                Action::End(ended) => self.ended = Some((who, ended)),
                _ => {}
            }
        }
        let bytes: usize = self.wires[1 - who].iter().map(|frame| frame.encode().len()).sum();
        self.longest_wire = self.longest_wire.max(bytes);
    }

    fn run(&mut self, phones: &mut [Phone; 2], cut: usize) {
        for (who, phone) in phones.iter_mut().enumerate() {
            let Ok(actions) = self.sessions[who].start(phone);
            self.act(who, actions);
        }
        for step in 0..cut {
            let who = if self.wires[step % 2].is_empty() { 1 - step % 2 } else { step % 2 };
            let Some(frame) = self.wires[who].pop_front() else { break };
            let frame = Frame::decode(&frame.encode()).unwrap();
            let Ok(actions) = self.sessions[who].receive(frame, 0, &mut phones[who]);
            self.act(who, actions);
        }
    }

    /// The first phone writes something; what it does about it.
    fn write(&mut self, phones: &mut [Phone; 2], now: u64) -> Vec<Action> {
        phones[0].write(&[7]);
        self.sessions[0].at(now);
        let Ok(actions) = self.sessions[0].pump(&mut phones[0]);
        self.act(0, actions.clone());
        actions
    }

    /// The second phone takes what is on its way; what the first does at its `ack`.
    fn acknowledge(&mut self, phones: &mut [Phone; 2], now: u64) -> Vec<Action> {
        let Some(run) = self.wires[1].pop_front() else { panic!() };
        let Ok(answer) = self.sessions[1].receive(run, now, &mut phones[1]);
        self.act(1, answer);
        let Some(ack) = self.wires[0].pop_front() else { panic!() };
        let Ok(actions) = self.sessions[0].receive(ack, now, &mut phones[0]);
        self.act(0, actions.clone());
        actions
    }

    fn in_step(&self, phones: &mut [Phone; 2]) -> bool {
        (0..2).all(|who| self.sessions[who].left(&mut phones[who]) == Ok(Some(0)))
    }
}

fn same(phones: &[Phone; 2]) -> bool {
    phones[0].entries == phones[1].entries && phones[0].heads == phones[1].heads
}

proptest! {
    /// Any number of connections, each cut after any number of frames, and
    /// writes by both in between: the next whole one brings both in step.
    #[test]
    fn a_session_goes_on_from_the_last_durable_entry_wherever_it_was_cut(
        rounds in prop::collection::vec((0usize..5, 0usize..5, 0usize..9), 1..8)
    ) {
        let mut phones = [Phone::new(0), Phone::new(1)];
        for (a, b, cut) in rounds {
            (0..a).for_each(|n| phones[0].write(&[n as u8]));
            (0..b).for_each(|n| phones[1].write(&[n as u8]));
            Meeting::new(100).run(&mut phones, cut);
        }
        let mut meeting = Meeting::new(100);
        meeting.run(&mut phones, usize::MAX);
        prop_assert!(meeting.in_step(&mut phones));
        prop_assert!(same(&phones));
        prop_assert!(meeting.notices.is_empty());
    }
}

#[test]
fn a_bounded_number_of_bytes_is_ahead_of_its_acknowledgement() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    (0..2_000).for_each(|_| phones[0].write(&[7; 1_000]));
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    assert!(same(&phones));
    assert!(meeting.longest_wire < 2 * RUN_BYTES + 100_000, "{}", meeting.longest_wire);
}

/// How many entries are sent by these actions.
fn entries(actions: &[Action]) -> usize {
    let runs = actions.iter().filter_map(|action| match action {
        Action::Send(Frame::Entries(run)) => Some(run.entries.len()),
        _ => None,
    });
    runs.sum()
}

/// Two phones in step, the first of which gathers for so many milliseconds.
fn in_step(pace: u64) -> ([Phone; 2], Meeting) {
    let mut phones = [Phone::new(0), Phone::new(1)];
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.sessions[0].config.pace = pace;
    meeting.run(&mut phones, usize::MAX);
    (phones, meeting)
}

#[test]
fn actions_made_while_one_is_on_its_way_go_together_when_it_has_arrived() {
    let (mut phones, mut meeting) = in_step(0);
    assert_eq!(entries(&meeting.write(&mut phones, 0)), 1, "the first goes at once");
    for _ in 0..9 {
        assert_eq!(entries(&meeting.write(&mut phones, 0)), 0);
    }
    assert_eq!(entries(&meeting.acknowledge(&mut phones, 0)), 9);
}

#[test]
fn in_a_stream_of_actions_they_are_gathered_and_a_lone_one_goes_at_once() {
    let (mut phones, mut meeting) = in_step(10);
    // Each acknowledged before the next: no waiting.
    for now in [100, 102, 104] {
        assert_eq!(entries(&meeting.write(&mut phones, now)), 1);
        assert_eq!(entries(&meeting.acknowledge(&mut phones, now + 1)), 0);
    }
    // The next comes before this one is acknowledged: it goes with the acknowledgement.
    assert_eq!(entries(&meeting.write(&mut phones, 105)), 1);
    assert_eq!(entries(&meeting.write(&mut phones, 105)), 0);
    assert_eq!(entries(&meeting.acknowledge(&mut phones, 106)), 1);
    // The next two do.
    assert_eq!(entries(&meeting.write(&mut phones, 107)), 0);
    assert_eq!(entries(&meeting.write(&mut phones, 107)), 0);
    assert_eq!(entries(&meeting.acknowledge(&mut phones, 108)), 0, "it is gathered");
    assert_eq!(meeting.sessions[0].gathers(), Some(8));
    meeting.sessions[0].at(116);
    let Ok(actions) = meeting.sessions[0].pump(&mut phones[0]);
    assert_eq!(entries(&actions), 2);
    assert_eq!(meeting.sessions[0].gathers(), None);
}

#[test]
fn what_is_held_back_still_goes_when_the_other_side_says_goodbye() {
    let (mut phones, mut meeting) = in_step(0);
    meeting.write(&mut phones, 0);
    meeting.write(&mut phones, 0);
    let Ok(actions) = meeting.sessions[0].receive(Frame::Bye, 0, &mut phones[0]);
    assert_eq!(entries(&actions), 1);
    assert!(!actions.contains(&Action::End(Ended::Bye)), "what is on its way is waited for");
}

#[test]
fn after_a_goodbye_nothing_is_gathered_any_more() {
    let (mut phones, mut meeting) = in_step(10);
    meeting.write(&mut phones, 0);
    let Ok(_) = meeting.sessions[0].receive(Frame::Bye, 0, &mut phones[0]);
    phones[0].write(&[8]);
    let actions = meeting.acknowledge(&mut phones, 1);
    assert_eq!(entries(&actions), 1);
    assert!(!actions.contains(&Action::End(Ended::Bye)));
}

#[test]
fn entries_whose_acknowledgement_does_not_come_hold_others_back_for_a_second_at_most() {
    let (mut phones, mut meeting) = in_step(0);
    let mut sent = |now| entries(&meeting.write(&mut phones, now));
    assert_eq!([sent(5), sent(500), sent(1_004), sent(1_005)], [1, 0, 0, 3]);
}

#[test]
fn what_came_another_way_may_be_acknowledged_before_it_was_sent() {
    let (mut phones, mut meeting) = in_step(0);
    (0..3).for_each(|_| phones[0].write(&[7]));
    let at = phones[0].logs[0].checkpoint();
    let Ok(actions) = meeting.sessions[0].receive(Frame::Ack(at), 0, &mut phones[0]);
    assert_eq!(actions, [Action::Acked(at)]);
}

#[test]
fn reconnecting_without_news_takes_a_few_hundred_bytes_however_long_the_history() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    (0..3_000).for_each(|_| phones[0].write(&[7]));
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    let mut again = Meeting::new(RUN_BYTES);
    again.run(&mut phones, usize::MAX);
    assert!(again.in_step(&mut phones));
    assert!(again.longest_wire < 300, "{}", again.longest_wire);
}

#[test]
fn a_rewritten_log_is_noticed_and_nothing_of_it_is_taken() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    phones[0].write(b"the truth");
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    let kept = phones[1].entries.clone();
    phones[0] = Phone::new(0);
    phones[0].write(b"another story");
    phones[0].write(b"and more");
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    let log = phones[1].logs[0].checkpoint().log;
    assert!(meeting.notices.contains(&(1, Notice::Contradiction(log))));
    assert_eq!(phones[1].entries, kept);
    assert!(phones[1].frozen);
}

#[test]
fn a_rolled_back_phone_gets_its_own_words_back_and_the_partner_s_that_pin_them() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    phones[1].write(b"before");
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    let old = phones[0].clone();
    phones[0].write(b"one");
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    phones[1].write(b"I have seen one");
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    phones[0].write(b"two");
    Meeting::new(RUN_BYTES).run(&mut phones, usize::MAX);
    let whole = phones.clone();
    phones[0] = old;
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    let log = phones[0].logs[0].checkpoint().log;
    assert!(meeting.notices.contains(&(0, Notice::PartnerHoldsMore(log))));
    assert!(same(&phones));
    assert_eq!(phones[0].entries, whole[0].entries);
    assert!(meeting.in_step(&mut phones));
}

#[test]
fn a_claim_to_hold_more_of_my_log_has_no_effect_without_my_own_mark() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    let mut session = Session::new(Config::new([0; 8]), 0);
    let mut forged = Phone::new(0);
    forged.write(b"in your name");
    let at = forged.logs[0].checkpoint();
    let hello = Frame::Hello { epoch: [1; 8], logs: vec![at.into()] };
    let Ok(actions) = session.receive(hello, 0, &mut phones[0]);
    assert!(actions.contains(&Action::Send(Frame::Want { log: at.log, first: 0 })));
    let Ok(run) = forged.read(at.log, 0, 100);
    let run = Run { tags: vec![[9; 16]], ..run.unwrap() };
    let Ok(actions) = session.receive(Frame::Entries(run), 0, &mut phones[0]);
    assert_eq!(actions, vec![Action::Notice(Notice::PartnerHoldsMore(at.log))]);
    assert!(phones[0].entries[0].is_empty());
}

#[test]
fn i18_entries_in_my_name_are_not_taken_from_the_partner() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    let mut forged = Phone::new(0);
    forged.write(b"in your name");
    let log = forged.logs[0].checkpoint().log;
    let Ok(run) = forged.read(log, 0, 100);
    let Ok(actions) = meeting.sessions[0].receive(Frame::Entries(run.unwrap()), 0, &mut phones[0]);
    assert_eq!(actions, vec![Action::Notice(Notice::PartnerHoldsMore(log))]);
    assert!(phones[0].entries[0].is_empty());
}

#[test]
fn entries_out_of_order_are_asked_for_again_a_few_times_and_never_stored() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    (0..3).for_each(|_| phones[0].write(b"x"));
    let log = phones[0].logs[0].checkpoint().log;
    let Ok(run) = phones[0].read(log, 2, 100);
    let run = run.unwrap();
    let mut receive =
        || meeting.sessions[1].receive(Frame::Entries(run.clone()), 0, &mut phones[1]);
    let Ok(first) = receive();
    assert_eq!(first, vec![Action::Send(Frame::Want { log, first: 0 })]);
    let Some(last) = (0..STRAYS).map(|_| receive()).last() else { panic!() };
    assert!(matches!(last, Ok(actions) if matches!(actions[..], [Action::End(_)])));
    assert!(phones[1].entries[0].is_empty());
}

#[test]
fn a_bad_entry_closes_its_log_and_leaves_the_other_direction_open() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, usize::MAX);
    let log = phones[0].logs[0].checkpoint().log;
    let bad = Entry { index: 0, seen: vec![], records: vec![], continues: None };
    let run = Run {
        log,
        first: 0,
        entries: vec![bad.encode()],
        tags: vec![[0; 16]],
        bodies: vec![],
        head: Head([0; 32]),
    };
    let Ok(actions) = meeting.sessions[1].receive(Frame::Entries(run), 0, &mut phones[1]);
    assert!(matches!(actions[..], [Action::Notice(Notice::Refused(_))]));
    phones[1].write(b"I end this");
    let Ok(actions) = meeting.sessions[1].pump(&mut phones[1]);
    assert!(matches!(actions[..], [Action::Send(Frame::Entries(_))]));
}

#[test]
fn the_first_frame_is_a_hello_and_comes_once() {
    let mut phone = Phone::new(0);
    let mut session = Session::new(Config::new([0; 8]), 0);
    let Ok(actions) = session.receive(Frame::Ping, 0, &mut phone);
    assert!(matches!(actions[..], [Action::End(Ended::Protocol(_))]));
    let mut session = Session::new(Config::new([0; 8]), 0);
    let hello = || Frame::Hello { epoch: [1; 8], logs: vec![] };
    let Ok(actions) = session.receive(hello(), 0, &mut phone);
    assert_eq!(actions, vec![Action::Established([1; 8])]);
    let Ok(actions) = session.receive(hello(), 0, &mut phone);
    assert!(matches!(actions[..], [Action::End(Ended::Protocol(_))]));
}

#[test]
fn a_false_acknowledgement_ends_the_session() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    phones[0].write(b"x");
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.run(&mut phones, 2);
    let at = Checkpoint { head: Head([9; 32]), ..phones[0].logs[0].checkpoint() };
    let Ok(actions) = meeting.sessions[0].receive(Frame::Ack(at), 0, &mut phones[0]);
    assert!(matches!(actions[..], [Action::End(Ended::Protocol(_))]));
}

#[test]
fn silence_is_asked_about_once_and_then_ends_the_session() {
    let mut session = Session::new(Config::new([0; 8]), 1_000);
    assert!(session.tick(15_999).is_empty());
    assert_eq!(session.tick(16_000), vec![Action::Send(Frame::Ping)]);
    assert!(session.tick(30_000).is_empty());
    assert_eq!(session.tick(46_000), vec![Action::End(Ended::Silent)]);
    assert!(session.tick(90_000).is_empty());
}

#[test]
fn a_phone_that_has_left_delivers_and_takes_nothing() {
    let mut phones = [Phone::new(0), Phone::new(1)];
    phones[0].write(b"leave");
    phones[1].write(b"anything");
    let mut meeting = Meeting::new(RUN_BYTES);
    meeting.sessions[0].config.receive = false;
    meeting.run(&mut phones, usize::MAX);
    assert_eq!(phones[1].entries[0].len(), 1);
    assert!(phones[0].entries[1].is_empty());
    assert_eq!(meeting.sessions[0].left(&mut phones[0]), Ok(Some(0)));
}
