//! The partner's real keys in a lying app.

use amends::StatusNotice;
use amends::Who;
use amends::id::{DocId, Head, LogId, Position};
use amends::internals::cbor::Value;
use amends::internals::domain::action::Action;
use amends::internals::domain::agreement::{AgreementKind, Category, Clause, Obligor, Revision};
use amends::internals::domain::pacing::Act;
use amends::internals::domain::record::Record;
use amends::internals::domain::{agreement, pair, words};
use amends::internals::limits;
use amends::internals::log::{Checkpoint, Entry};
use amends::internals::sync::{BodyAt, Frame, Run};
use amends::time::{DAY, Moment, Stated};
use amends_tests::liar::{Liar, entry};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain};

const DOC: DocId = DocId([5; 16]);

/// An honest Ana, and what a lying Ben needs: his log as she holds it.
async fn ana_and_liar() -> (Phone, Liar, Checkpoint, Checkpoint) {
    let [ana, ben] = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ben.space.shutdown().await;
    let liar = Liar::of(&ben);
    let logs = ana.space.verify_logs().await.unwrap();
    let find = |own| logs.iter().find(|log| log.own == own).unwrap().checkpoint;
    (ana, liar, find(false), find(true))
}

fn record(action: Action) -> Value {
    let at = Stated { moment: BEGIN, zone: "UTC".into() };
    Record { target: DOC, at, action, body: None }.to_value()
}

/// Ben's log is as Ana holds it; then comes what he says.
async fn tell(ana: &Phone, liar: &Liar, at: Checkpoint, entries: Vec<Entry>) -> Vec<Frame> {
    let mut head = at.head;
    for entry in &entries {
        head = amends::internals::log::next_head(head, &entry.encode());
    }
    let said = liar.entries(at.length, &entries, head);
    liar.say(ana, vec![at], vec![said]).await
}

async fn length(ana: &Phone) -> u64 {
    let logs = ana.space.verify_logs().await.unwrap();
    logs.iter().find(|log| !log.own).unwrap().checkpoint.length
}

/// Whatever was said, Ana's phone is whole and she can act.
async fn unharmed(ana: &Phone) {
    assert_eq!(ana.space.doctor().await.unwrap().findings, vec![]);
    let mine = ana.space.agreements().propose(plain("We talk.")).await.unwrap();
    ana.space.agreements().end(mine.id).await.unwrap();
    ana.space.stop_all().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_a_skipped_index_a_false_pin_or_a_bad_envelope_is_refused_and_nothing_changes() {
    let (ana, liar, at, hers) = ana_and_liar().await;
    let end = || vec![record(Action::Agreement(agreement::Act::End))];
    let next = entry(at.length, end());
    let pin = |checkpoint| Entry { seen: vec![checkpoint], ..next.clone() };
    let own_log = Checkpoint { log: liar.own_log(), length: 0, head: Head([0; 32]) };
    let lies = [
        entry(at.length + 1, end()),
        entry(at.length - 1, end()),
        pin(Checkpoint { length: hers.length + 1, ..hers }),
        pin(Checkpoint { head: Head([9; 32]), ..hers }),
        pin(own_log),
        Entry { continues: Some(hers), ..next.clone() },
        Entry { records: vec![], ..next.clone() },
        Entry { records: vec![vec![0; limits::RECORD_BYTES + 1]], ..next.clone() },
    ];
    for lie in lies {
        tell(&ana, &liar, at, vec![lie.clone()]).await;
        assert_eq!(length(&ana).await, at.length, "{lie:?}");
    }
    // A million records in one entry, by hand: it exceeds the entry's size.
    let million = Entry { records: vec![vec![]; 700_000], ..next };
    tell(&ana, &liar, at, vec![million]).await;
    assert_eq!(length(&ana).await, at.length);
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_past_is_a_contradiction_her_copy_stays_and_she_is_told() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let other = Checkpoint { head: Head([9; 32]), ..at };
    liar.say(&ana, vec![other], vec![]).await;
    let status = ana.space.status().await.unwrap();
    assert_eq!(status.notices, vec![StatusNotice::OtherLogChanged]);
    unharmed(&ana).await;

    // Other bytes at an index that she holds.
    let (ana, liar, at, _) = ana_and_liar().await;
    let rewritten = entry(at.length - 1, vec![record(Action::Agreement(agreement::Act::End))]);
    let said = liar.entries(at.length - 1, &[rewritten], Head([9; 32]));
    liar.say(&ana, vec![at], vec![said]).await;
    let status = ana.space.status().await.unwrap();
    assert_eq!(status.notices, vec![StatusNotice::OtherLogChanged]);
    // Nothing more is taken in a link that began with another past.
    let end = entry(at.length, vec![record(Action::Agreement(agreement::Act::End))]);
    let head = amends::internals::log::next_head(at.head, &end.encode());
    let said = liar.entries(at.length, std::slice::from_ref(&end), head);
    let other = Checkpoint { head: Head([9; 32]), ..at };
    liar.say(&ana, vec![other], vec![said]).await;
    assert_eq!(length(&ana).await, at.length);
    // Who goes on from what she holds is taken at his word again.
    tell(&ana, &liar, at, vec![end]).await;
    assert_eq!(length(&ana).await, at.length + 1);
    assert_eq!(ana.space.status().await.unwrap().notices, vec![]);
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i18_words_in_my_name_are_never_taken_from_the_partner() {
    let (ana, liar, at, hers) = ana_and_liar().await;
    let forged = entry(hers.length, vec![record(Action::Pair(pair::Act::Leave))]);
    let head = amends::internals::log::next_head(hers.head, &forged.encode());
    let run = Run {
        log: liar.their_log(),
        first: hers.length,
        entries: vec![forged.encode()],
        tags: vec![[7; 16]],
        bodies: vec![],
        head,
    };
    let said = vec![Frame::Entries(run).encode()];
    // Claiming first that there is more of her log makes no difference.
    let claim = Checkpoint { length: hers.length + 1, head, ..hers };
    for logs in [vec![at, hers], vec![at, claim]] {
        liar.say(&ana, logs, said.clone()).await;
        let own = ana.space.verify_logs().await.unwrap();
        assert_eq!(own.iter().find(|log| log.own).unwrap().checkpoint, hers);
        assert_eq!(ana.space.status().await.unwrap().left_at, None);
    }
    let status = ana.space.status().await.unwrap();
    assert_eq!(status.notices, vec![StatusNotice::OtherPhoneHoldsMore]);
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_deep_and_non_canonical_records_stay_in_their_place_and_block_nothing() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let unknown =
        Value::map([("kind", Some("agreement.sing".into())), ("doc", Some(DOC.as_bytes().into()))]);
    let mut first = entry(at.length, vec![unknown]);
    first.records.push(vec![0x81; 500]);
    first.records.push(vec![0x18, 0x01]);
    first.records.push(b"not cbor at all".to_vec());
    first.records.push(vec![]);
    let then = entry(
        at.length + 1,
        vec![record(Action::Agreement(agreement::Act::OpenDraft { text: "Hello".into() }))],
    );
    tell(&ana, &liar, at, vec![first, then]).await;
    assert_eq!(length(&ana).await, at.length + 2);
    let shown = ana.space.agreements().show(DOC.into()).await.unwrap();
    assert_eq!(shown.notices, vec![amends::AgreementNotice::NeedsUpdate]);
    // Fail closed, but ending is never blocked.
    assert!(!shown.in_force());
    ana.space.agreements().end(DOC.into()).await.unwrap();
    unharmed(&ana).await;
}

fn on_ana(liar: &Liar, text: String, days: i64, binds_ana: bool) -> Action {
    labelled(liar, text, days, binds_ana, Category::Whereabouts)
}

fn labelled(liar: &Liar, text: String, days: i64, binds_ana: bool, category: Category) -> Action {
    let clause = Clause {
        id: "1".into(),
        text,
        obligor: if binds_ana { Obligor::Person(liar.partner) } else { Obligor::Both },
        category,
        cadence: None,
    };
    Action::Agreement(agreement::Act::Propose {
        revision: Revision {
            kind: AgreementKind::Conduct,
            about: None,
            clauses: vec![clause],
            starts: None,
            expires_at: BEGIN.plus(days * DAY),
            review_at: None,
            taper: vec![],
            lang: "en".into(),
            parents: vec![],
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn r05_what_only_i_may_write_does_not_count_from_the_partner() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let lies = [
        on_ana(&liar, "You say where you are.".into(), 20, true),
        on_ana(&liar, "We say where we are.".into(), 20, false),
        on_ana(&liar, "x".repeat(8_001), 20, true),
        on_ana(&liar, "I \u{202e}lie".into(), 20, true),
        on_ana(&liar, "Too long a time.".into(), 91, true),
        labelled(&liar, "Too long for an ask.".into(), 91, true, Category::General),
    ];
    let lies: Vec<Entry> = lies
        .into_iter()
        .enumerate()
        .map(|(n, lie)| entry(at.length + n as u64, vec![record(lie)]))
        .collect();
    let count = lies.len() as u64;
    tell(&ana, &liar, at, lies).await;
    assert_eq!(length(&ana).await, at.length + count, "the records stay where they stand");
    assert_eq!(ana.space.agreements().list().await.unwrap(), vec![]);
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
    assert_eq!(ana.space.next_due().await.unwrap(), vec![]);
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_splice_far_outside_the_text_changes_nothing() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let open = Action::Agreement(agreement::Act::OpenDraft { text: "We talk.".into() });
    let draft = Position { log: liar.own_log(), index: at.length, place: 0 };
    let splice = |start: u64, delete: u64| {
        Action::Agreement(agreement::Act::Splice { draft, start, delete, insert: "x".into() })
    };
    let nowhere = Position { log: LogId([1; 16]), index: u64::MAX >> 2, place: 255 };
    let stray = Action::Agreement(agreement::Act::Splice {
        draft: nowhere,
        start: 0,
        delete: 0,
        insert: "x".into(),
    });
    let actions = [open, splice(1 << 60, 0), splice(0, i64::MAX as u64), splice(9, 9), stray];
    let entries: Vec<Entry> = actions
        .into_iter()
        .enumerate()
        .map(|(n, action)| entry(at.length + n as u64, vec![record(action)]))
        .collect();
    tell(&ana, &liar, at, entries).await;
    let shown = ana.space.agreements().show(DOC.into()).await.unwrap();
    assert_eq!(shown.draft.unwrap().text, "We talk.");
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_match_its_commitment_is_not_taken_and_is_asked_for_again() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let named =
        amends::internals::log::body::encode([1; 16], Value::map([("name", Some("Eve".into()))]));
    let at_time = Stated { moment: Moment(BEGIN.0), zone: "UTC".into() };
    let body = Some(amends::internals::log::body::commitment(&named));
    let with_body =
        Record { target: DOC, at: at_time, action: Action::Pair(pair::Act::Open), body };
    let entry = entry(at.length, vec![with_body.to_value()]);
    let head = amends::internals::log::next_head(at.head, &entry.encode());
    let other =
        amends::internals::log::body::encode([2; 16], Value::map([("name", Some("Eve".into()))]));
    let body = |bytes: Vec<u8>| BodyAt { index: at.length, place: 0, bytes };
    let run = Run {
        log: liar.own_log(),
        first: at.length,
        entries: vec![entry.encode()],
        tags: vec![[0; 16]],
        bodies: vec![body(other.clone())],
        head,
    };
    liar.say(&ana, vec![at], vec![Frame::Entries(run).encode()]).await;
    assert_eq!(length(&ana).await, at.length + 1);

    let now = Checkpoint { length: at.length + 1, head, ..at };
    let log = liar.own_log();
    let again = Frame::Bodies { log, bodies: vec![body(other)] }.encode();
    let heard = liar.say(&ana, vec![now], vec![again]).await;
    let asked = Frame::WantBodies { log, bodies: vec![(at.length, 0)] };
    assert!(heard.contains(&asked), "{heard:?}");
    let right = Frame::Bodies { log, bodies: vec![body(named)] }.encode();
    liar.say(&ana, vec![now], vec![right]).await;
    let heard = liar.say(&ana, vec![now], vec![]).await;
    assert!(!heard.contains(&asked), "what is held is not asked for again");
    unharmed(&ana).await;
}

/// A post of Ben's with these words until a moment, in his ledger of that month.
fn post(liar: &Liar, words: &str, until: Moment) -> (Value, Vec<u8>) {
    use amends::internals::domain::ledger::{Month, ledger};
    use amends::internals::domain::openness::{Act, Kind};
    let body =
        amends::internals::log::body::encode([3; 16], Value::map([("text", Some(words.into()))]));
    let act = Act::Post { kind: Kind::Day, until, under: None };
    let record = Record {
        target: ledger(liar.pair, liar.me, Month::of(BEGIN)),
        at: Stated { moment: BEGIN, zone: "UTC".into() },
        action: Action::Openness(act),
        body: Some(amends::internals::log::body::commitment(&body)),
    };
    (record.to_value(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn r07_a_body_that_comes_back_after_its_withdrawal_or_asks_for_91_days_is_not_taken() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let (fine, words) = post(&liar, "I was at the harbour.", BEGIN.plus(5 * DAY));
    let (long, longer) = post(&liar, "For ever and ever.", BEGIN.plus(91 * DAY));
    let first = entry(at.length, vec![fine]);
    let second = entry(at.length + 1, vec![long]);
    let of = Position { log: liar.own_log(), index: at.length, place: 0 };
    let taken = Record {
        target: amends::internals::domain::record::header(
            &Value::decode(&first.records[0]).unwrap(),
        )
        .unwrap()
        .target,
        at: Stated { moment: BEGIN, zone: "UTC".into() },
        action: Action::Words(words::Act::Withdraw { of }),
        body: None,
    };
    let third = entry(at.length + 2, vec![taken.to_value()]);
    let entries = [first, second, third];
    let mut head = at.head;
    let body = |index: u64, bytes: &Vec<u8>| BodyAt { index, place: 0, bytes: bytes.clone() };
    let bodies = vec![body(at.length, &words), body(at.length + 1, &longer)];
    let mut at_second = head;
    for (number, entry) in entries.iter().enumerate() {
        head = amends::internals::log::next_head(head, &entry.encode());
        if number == 1 {
            at_second = head;
        }
    }
    let run = Run {
        log: liar.own_log(),
        first: at.length,
        entries: entries[..2].iter().map(Entry::encode).collect(),
        tags: vec![[0; 16]; 2],
        bodies: bodies.clone(),
        head: at_second,
    };
    liar.say(&ana, vec![at], vec![Frame::Entries(run).encode()]).await;
    let seen = |posts: Vec<amends::PostView>| -> Vec<Option<String>> {
        posts.into_iter().map(|post| post.text).collect()
    };
    let posts = seen(ana.space.openness().list().await.unwrap());
    assert_eq!(posts, [Some("I was at the harbour.".to_owned())], "and nothing of 91 days");

    let held = Checkpoint { length: at.length + 2, head: at_second, ..at };
    let withdrawal = liar.entries(at.length + 2, &entries[2..], head);
    liar.say(&ana, vec![held], vec![withdrawal]).await;
    let held = Checkpoint { length: at.length + 3, head, ..at };
    let again = Frame::Bodies { log: liar.own_log(), bodies }.encode();
    let heard = liar.say(&ana, vec![held], vec![again]).await;
    assert!(!heard.iter().any(|frame| matches!(frame, Frame::WantBodies { .. })), "nor asked for");
    assert_eq!(seen(ana.space.openness().list().await.unwrap()), [None]);
    unharmed(&ana).await;
}

/// Which ledger is whose in which month follows from the pair: the partner knows it too.
#[tokio::test(flavor = "multi_thread")]
async fn inv8_nobody_takes_a_ledger_from_me_by_writing_into_it_first() {
    use amends::internals::domain::ledger::{Month, ledger};
    let (ana, liar, at, _) = ana_and_liar().await;
    let into = |person| Record {
        target: ledger(liar.pair, person, Month::of(BEGIN)),
        at: Stated { moment: BEGIN, zone: "UTC".into() },
        action: Action::Agreement(agreement::Act::Suspend),
        body: None,
    };
    let first = [liar.partner, liar.me].map(|person| into(person).to_value());
    let (theirs, _) = post(&liar, "I was at the harbour.", BEGIN.plus(5 * DAY));
    let entries = vec![entry(at.length, first.to_vec()), entry(at.length + 1, vec![theirs])];
    tell(&ana, &liar, at, entries).await;

    let words = amends_tests::phones::post("I am on the tram.");
    let mine = ana.space.openness().post(words).await.unwrap();
    let listed = ana.space.openness().list().await.unwrap();
    assert!(listed.iter().any(|post| post.id == mine.id));
    ana.space.openness().withdraw(mine.id).await.unwrap();
    let intention = ana.space.check_ins().intend("I listen.").await.unwrap();
    ana.space.check_ins().withdraw(intention.id).await.unwrap();
    let answers = || [(1, amends::Answer { scale: Some(3), words: None })].into();
    ana.clock.set(BEGIN.plus(3 * DAY));
    let week = amends::TemplateId::Week;
    ana.space.check_ins().draft(week, answers()).await.unwrap();
    let sealed = ana.space.check_ins().seal(week).await.unwrap();
    ana.space.check_ins().cancel(week, sealed.period).await.unwrap();
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_frames_end_the_link_and_nothing_else() {
    let (ana, liar, at, _) = ana_and_liar().await;
    let broken: Vec<Vec<u8>> = vec![
        b"not a frame".to_vec(),
        Frame::Hello { epoch: [1; 8], logs: vec![] }.encode(),
        Value::map([("t", Some("sing".into()))]).encode(),
        vec![0x81; 2_000],
        Frame::Ack(Checkpoint { length: 1 << 39, ..at }).encode(),
    ];
    for bytes in broken {
        liar.say(&ana, vec![at], vec![bytes]).await;
        assert_eq!(length(&ana).await, at.length);
    }
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_run_backwards_are_noted_and_decide_nothing() {
    let (ana, liar, at, hers) = ana_and_liar().await;
    let back = Record {
        target: DOC,
        at: Stated { moment: Moment(i64::MIN), zone: "UTC".into() },
        action: Action::Agreement(agreement::Act::OpenDraft { text: "We talk.".into() }),
        body: None,
    };
    let ahead = Record {
        at: Stated { moment: Moment(i64::MAX), zone: "Nowhere/Atall".into() },
        action: Action::Agreement(agreement::Act::Suspend),
        ..back.clone()
    };
    let entries = vec![
        Entry { seen: vec![hers], ..entry(at.length, vec![back.to_value()]) },
        entry(at.length + 1, vec![ahead.to_value()]),
    ];
    tell(&ana, &liar, at, entries).await;
    assert_eq!(length(&ana).await, at.length + 2);
    ana.space.agreements().show(DOC.into()).await.unwrap();
    // Her own clock going back by days pauses what is in force, and no more.
    ana.space.agreements().propose(plain("Now.")).await.unwrap();
    ana.clock.set(BEGIN.plus(-3 * DAY));
    ana.space.agreements().propose(plain("Earlier.")).await.unwrap();
    ana.clock.set(BEGIN.plus(DAY));
    unharmed(&ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inv7_times_beyond_all_bounds_hang_no_view_and_keep_nobody_from_stopping() {
    let (ana, liar, at, hers) = ana_and_liar().await;
    let pair = liar.pair_document();
    let say = |moment: i64, action: Action| {
        let at = Stated { moment: Moment(moment), zone: "UTC".into() };
        Record { target: pair, at, action, body: None }.to_value()
    };
    let mut entries = Vec::new();
    for moment in [i64::MIN, -377_705_116_800, 253_402_300_800, i64::MAX] {
        let limits = Action::Pacing(Act::SetLimits { retention: None, off: vec![] });
        entries.push(entry(at.length + entries.len() as u64, vec![say(moment, limits)]));
    }
    entries[0].seen = vec![hers];
    let count = entries.len() as u64;
    tell(&ana, &liar, at, entries).await;
    assert_eq!(length(&ana).await, at.length + count);
    let views = async {
        let progress = ana.space.progress();
        progress.milestones().await.unwrap();
        progress.today().await.unwrap();
        progress.reminders().await.unwrap();
        progress.follow_through(Who::Partner, 26).await.unwrap();
        ana.space.check_ins().list().await.unwrap();
        ana.space.openness().list().await.unwrap();
        ana.space.stop_all().await.unwrap();
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), views).await.unwrap();
    unharmed(&ana).await;
}

/// Ana's disk is an old copy; Ben's phone gives back only the first of her words
/// and then nothing more: not her ending, and none of his own that she had seen.
#[tokio::test(flavor = "multi_thread")]
async fn r32_words_given_back_in_part_pause_everything_and_ending_still_works() {
    let [ana, ben] = paired().await;
    let talk = ana.space.agreements().propose(plain("We talk.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let shown = ben.space.agreements().show(talk.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ana.space.suspend().await.unwrap();
    let old = tempfile::tempdir().unwrap();
    let files = ["pair.db", "vault.db"];
    for file in files {
        std::fs::copy(ana.folder.path().join(file), old.path().join(file)).unwrap();
    }
    ana.space.resume().await.unwrap();
    // Ben writes, Ana sees it and writes on: her next words pin his.
    ben.space.agreements().propose(plain("His.")).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let other = ana.space.agreements().propose(plain("Hers.")).await.unwrap();
    ana.space.agreements().end(talk.id).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ben.space.shutdown().await;
    let liar = Liar::of(&ben);

    ana.space.suspend().await.unwrap();
    for file in files {
        std::fs::copy(old.path().join(file), ana.folder.path().join(file)).unwrap();
    }
    ana.space.resume().await.unwrap();
    assert!(ana.space.agreements().show(talk.id).await.unwrap().in_force(), "the old copy");
    let logs = ana.space.verify_logs().await.unwrap();
    let find = |own| logs.iter().find(|log| log.own == own).unwrap().checkpoint;
    let (hers, his) = (find(true), find(false));
    let (bytes, tag, head) = liar.theirs[hers.length as usize].clone();
    let run = Run {
        log: liar.their_log(),
        first: hers.length,
        entries: vec![bytes],
        tags: vec![tag],
        bodies: vec![],
        head,
    };
    let claim = Checkpoint { length: hers.length + 500, head: Head([9; 32]), ..hers };
    liar.say(&ana, vec![his, claim], vec![Frame::Entries(run).encode()]).await;

    let status = ana.space.status().await.unwrap();
    assert!(status.notices.contains(&StatusNotice::WaitsForReconfirmation), "{status:?}");
    let view = ana.space.agreements().show(talk.id).await.unwrap();
    assert!(!view.in_force() && view.suspended_by_me);
    assert_eq!(ana.space.what_i_share().await.unwrap(), vec![]);
    // Log invariant 8: no doubt about the own log blocks an ending, not even of
    // what waits to be read again.
    assert!(ana.space.agreements().end(talk.id).await.unwrap().ended_at.is_some());
    assert!(ana.space.agreements().end(other.id).await.unwrap().ended_at.is_some());
    ana.space.stop_all().await.unwrap();
    ana.space.leave(amends::Leaving::Announced).await.unwrap();
    assert!(ana.space.status().await.unwrap().left_at.is_some());
    assert_eq!(ana.space.doctor().await.unwrap().findings.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_another_order_end_the_link_and_nothing_is_taken() {
    use tokio::io::AsyncWriteExt;
    let (ana, liar, at, _) = ana_and_liar().await;
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options =
        amends::ExchangeOptions { listen, peers: vec![], once: None, ..Default::default() };
    let mut exchange = ana.space.exchange(options).await.unwrap();
    let mut channel = liar.connect(&exchange.address().unwrap().to_string()).await;
    let next = entry(
        at.length,
        vec![record(Action::Agreement(agreement::Act::OpenDraft { text: "Hello".into() }))],
    );
    let head = amends::internals::log::next_head(at.head, &next.encode());
    let hello =
        channel.seal(&Frame::Hello { epoch: [1; 8], logs: vec![at.into()] }.encode()).unwrap();
    let first = channel.seal(&liar.entries(at.length, &[next], head)).unwrap();
    let second = channel.seal(&Frame::Ping.encode()).unwrap();
    let mut writer = channel.take_writer().unwrap();
    for wire in [hello, second, first] {
        writer.write_all(&wire).await.unwrap();
    }
    let hung_up = async { while channel.next().await.is_ok() {} };
    tokio::time::timeout(std::time::Duration::from_secs(5), hung_up).await.unwrap();
    exchange.stop();
    exchange.finished().await.unwrap();
    assert_eq!(length(&ana).await, at.length);
    unharmed(&ana).await;
}
