//! A replaced phone, a disk that was set back, a log with two pasts: what comes back,
//! what waits, and what nothing can stop.

use amends::RefusalCode;
use amends::id::AgreementId;
use amends::time::DAY;
use amends::{Category, Error, Space, Who};
use amends::{ExchangeOptions, Leaving, PairingState, StatusNotice};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain, post, terms};
use std::path::Path;
use std::time::Duration;

async fn met(a: &Phone, b: &Phone) {
    assert_eq!(meet(&a.space, &b.space).await, [Ok(()), Ok(())]);
}

async fn agreed(ana: &Phone, ben: &Phone, text: &str) -> AgreementId {
    let made = ana.space.agreements().propose(plain(text)).await.unwrap();
    met(ana, ben).await;
    let shown = ben.space.agreements().show(made.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    met(ana, ben).await;
    made.id
}

async fn in_force(phone: &Phone, id: AgreementId) -> bool {
    phone.space.agreements().show(id).await.unwrap().in_force()
}

async fn texts(phone: &Phone) -> Vec<String> {
    let views = phone.space.agreements().page(u32::MAX, None).await.unwrap();
    let views = views.iter().filter(|view| view.ended_at.is_none());
    let revisions = views.flat_map(|view| view.on_table.iter().chain(&view.current));
    let mut texts: Vec<String> =
        revisions.flat_map(|one| one.clauses.iter().map(|clause| clause.text.clone())).collect();
    texts.sort();
    texts
}

async fn sound(phones: [&Phone; 2]) {
    let mut heads = Vec::new();
    for phone in phones {
        assert_eq!(phone.space.doctor().await.unwrap().findings, vec![]);
        let notices = phone.space.status().await.unwrap().notices;
        assert!(!notices.contains(&StatusNotice::OtherLogChanged), "{notices:?}");
        assert!(!notices.contains(&StatusNotice::OtherPhoneHoldsMore), "{notices:?}");
        let logs = phone.space.verify_logs().await.unwrap();
        let mut ends: Vec<_> = logs.into_iter().map(|log| log.checkpoint).collect();
        ends.sort_by_key(|at| at.log);
        heads.push(ends);
    }
    assert_eq!(heads[0], heads[1]);
}

/// Ana's phone stays; `new` takes the place of Ben's.
async fn replace(ana: &Phone, new: &Phone, answers: [bool; 2]) -> [Result<(), Error>; 2] {
    let mut show = ana.space.pair_replace("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (address, code) = (show.address.unwrap().to_string(), show.code.clone().unwrap());
    let mut join = new.space.pair_join(&code, &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.code, b.code);
    assert!(a.replaces && b.replaces, "both people are told what this is");
    show.answer(answers[0]);
    join.answer(answers[1]);
    let (a, b) = tokio::join!(show.finished(), join.finished());
    [a, b]
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_a_new_phone_gets_back_what_was_shared_and_all_of_it_waits_for_its_owner() {
    let [ana, old] = paired().await;
    let talk = agreed(&ana, &old, "We talk on Sundays.").await;
    let money = terms("I show my account.", Who::Me, Category::Money);
    let money = ana.space.agreements().propose(money).await.unwrap().id;
    met(&ana, &old).await;
    let shown = old.space.agreements().show(money).await.unwrap();
    old.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    met(&ana, &old).await;
    for phone in [&ana, &old] {
        phone.clock.set(BEGIN.plus(2 * DAY));
    }
    ana.space.agreements().end(money).await.unwrap();
    let asked = old.space.agreements().propose(plain("His question.")).await.unwrap();
    met(&ana, &old).await;
    // Ana answers while his phone is already gone.
    let shown = ana.space.agreements().show(asked.id).await.unwrap();
    ana.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();

    let new = Phone::new("Ben", None);
    new.clock.set(BEGIN.plus(2 * DAY));
    assert_eq!(replace(&ana, &new, [true, true]).await, [Ok(()), Ok(())]);
    met(&ana, &new).await;
    assert_eq!(texts(&new).await, ["His question.", "We talk on Sundays."]);
    let kept = new.space.agreements().show(money).await.unwrap();
    assert_eq!(kept.current.unwrap().clauses[0].text, "I show my account.", "what has ended too");
    let status = new.space.status().await.unwrap();
    assert_eq!(status.partner.as_deref(), Some("Ana"));
    assert!(status.notices.contains(&StatusNotice::WaitsForReconfirmation), "{status:?}");
    for id in [talk, asked.id] {
        assert!(!in_force(&new, id).await && !in_force(&ana, id).await, "it waits, for both");
        assert!(new.space.agreements().show(id).await.unwrap().suspended_by_me);
        new.space.agreements().resume(id).await.unwrap();
    }
    met(&ana, &new).await;
    assert!(in_force(&new, talk).await && in_force(&ana, talk).await);
    assert!(in_force(&new, asked.id).await && in_force(&ana, asked.id).await);
    sound([&ana, &new]).await;
    let logs = new.space.verify_logs().await.unwrap();
    let own: Vec<bool> = logs.iter().filter(|log| log.own).map(|log| log.kept).collect();
    assert_eq!(own, [true, false], "his earlier log is as Ana's phone kept it");

    // The phone before is a stranger, however often it knocks.
    let [a, b] = meet(&ana.space, &old.space).await;
    assert!(a.is_err() && b.is_err());
    // And once more: that phone is lost too.
    let third = Phone::new("Ben", None);
    third.clock.set(BEGIN.plus(2 * DAY));
    assert_eq!(replace(&ana, &third, [true, true]).await, [Ok(()), Ok(())]);
    met(&ana, &third).await;
    assert_eq!(texts(&third).await, ["His question.", "We talk on Sundays."]);
    third.space.agreements().end(talk).await.unwrap();
    met(&ana, &third).await;
    assert!(ana.space.agreements().show(talk).await.unwrap().ended_at.is_some());
    sound([&ana, &third]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_a_phone_is_replaced_only_when_both_say_so() {
    for answers in [[false, true], [true, false]] {
        let [ana, old] = paired().await;
        let talk = agreed(&ana, &old, "We talk.").await;
        let new = Phone::new("Ben", None);
        let [a, b] = replace(&ana, &new, answers).await;
        assert!(a.is_err() && b.is_err());
        assert_eq!(new.space.status().await.unwrap().pairing, PairingState::Unpaired);
        old.space.agreements().end(talk).await.unwrap();
        met(&ana, &old).await;
        assert!(ana.space.agreements().show(talk).await.unwrap().ended_at.is_some());
    }
    let [ana, _ben] = paired().await;
    ana.space.leave(Leaving::Silent).await.unwrap();
    let after = ana.space.pair_replace("127.0.0.1:0".parse().unwrap()).await;
    assert_eq!(after.err().unwrap(), RefusalCode::PairLeft.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn inv8_stop_all_and_leaving_work_on_a_phone_that_has_just_taken_a_place() {
    let [ana, old] = paired().await;
    let talk = agreed(&ana, &old, "We talk.").await;
    let new = Phone::new("Ben", None);
    assert_eq!(replace(&ana, &new, [true, true]).await, [Ok(()), Ok(())]);
    new.space.stop_all().await.unwrap();
    new.space.agreements().end(talk).await.unwrap();
    new.space.leave(Leaving::Announced).await.unwrap();
    met(&ana, &new).await;
    assert_eq!(ana.space.status().await.unwrap().pairing, PairingState::Left);
    assert!(ana.space.agreements().show(talk).await.unwrap().ended_at.is_some());
}

const FILES: [&str; 2] = ["pair.db", "vault.db"];

fn copy(from: &Path, to: &Path) {
    for file in FILES {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// Ben's disk is set back to before he wrote `lost`; then he writes `later`.
async fn two_pasts(lost: &[&str], later: &[&str]) -> ([Phone; 2], AgreementId) {
    let [ana, ben] = paired().await;
    let talk = agreed(&ana, &ben, "We talk.").await;
    let disk = tempfile::tempdir().unwrap();
    ben.space.suspend().await.unwrap();
    copy(ben.folder.path(), disk.path());
    ben.space.resume().await.unwrap();
    for text in lost {
        ben.space.agreements().propose(plain(text)).await.unwrap();
    }
    met(&ana, &ben).await;
    ben.space.suspend().await.unwrap();
    copy(disk.path(), ben.folder.path());
    ben.space.resume().await.unwrap();
    for text in later {
        ben.space.agreements().propose(plain(text)).await.unwrap();
    }
    ([ana, ben], talk)
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_a_log_with_two_pasts_keeps_the_delivered_one_and_sets_the_other_aside() {
    // The new past is longer than the lost one, as long, and shorter.
    for (lost, later) in [
        (&["Lost."][..], &["Later.", "Latest."][..]),
        (&["Lost.", "Gone."], &["Later."]),
        (&["Lost.", "Gone.", "Missing.", "Away."], &["Later."]),
    ] {
        let ([ana, ben], talk) = two_pasts(lost, later).await;
        ben.space.agreements().end(talk).await.unwrap();
        let [a, b] = meet(&ana.space, &ben.space).await;
        assert_eq!([a, b], [Ok(()), Ok(())], "{lost:?} {later:?}");
        // The ending counts at once, on both phones.
        for phone in [&ana, &ben] {
            let view = phone.space.agreements().show(talk).await.unwrap();
            assert!(view.ended_at.is_some(), "{lost:?} {later:?}");
        }
        let mut delivered: Vec<String> = lost.iter().map(|text| text.to_string()).collect();
        delivered.sort();
        assert_eq!(texts(&ben).await, delivered);
        assert_eq!(texts(&ana).await, delivered);
        sound([&ana, &ben]).await;
        let status = ben.space.status().await.unwrap();
        assert!(status.notices.contains(&StatusNotice::SomethingSetAside), "{status:?}");
        let aside = ben.space.set_aside().await.unwrap();
        let words: Vec<&str> =
            aside.iter().flat_map(|one| &one.words).map(String::as_str).collect();
        assert_eq!(words, later, "nothing that was written is lost");
        assert!(aside.iter().all(|one| one.repeatable));
        ben.space.say_again(aside[0].number).await.unwrap();
        for one in &aside[1..] {
            ben.space.let_go(one.number).await.unwrap();
        }
        assert_eq!(ben.space.set_aside().await.unwrap(), vec![]);
        met(&ana, &ben).await;
        assert!(texts(&ana).await.contains(&later[0].to_owned()));
        sound([&ana, &ben]).await;
        let gone = ben.space.let_go(aside[0].number).await;
        assert_eq!(gone, Err(RefusalCode::NotFound.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv8_a_leave_that_was_said_in_another_past_still_arrives() {
    let ([ana, ben], _) = two_pasts(&["Lost.", "Gone."], &["Later."]).await;
    ben.space.leave(Leaving::Announced).await.unwrap();
    for phone in [&ben] {
        assert_eq!(phone.space.status().await.unwrap().pairing, PairingState::Left);
    }
    let [a, _] = meet(&ana.space, &ben.space).await;
    assert_eq!(a, Ok(()));
    assert_eq!(ana.space.status().await.unwrap().pairing, PairingState::Left);
    assert_eq!(ben.space.status().await.unwrap().pairing, PairingState::Left);
}

#[tokio::test(flavor = "multi_thread")]
async fn r32_saying_again_with_a_clock_set_back_pauses_first() {
    let ([ana, ben], talk) = two_pasts(&["Lost."], &["Later."]).await;
    met(&ana, &ben).await;
    ben.space.agreements().resume(talk).await.unwrap();
    let aside = ben.space.set_aside().await.unwrap();
    let written = async || {
        let items = ben.space.log_items().await.unwrap();
        let own = items.into_iter().filter(|item| item.own);
        own.flat_map(|item| item.kinds).collect::<Vec<String>>()
    };
    let before = written().await;
    ben.clock.set(ben.space.now().plus(-2 * DAY));
    ben.space.say_again(aside[0].number).await.unwrap();
    let after = written().await;
    let new = after.strip_prefix(before.as_slice()).unwrap();
    assert_eq!(new.first().map(String::as_str), Some("agreement.suspend"), "{new:?}");
    assert_eq!(new.last().map(String::as_str), Some("agreement.propose"), "{new:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_outlives_the_app() {
    let ([ana, ben], _) = two_pasts(&["Lost."], &["Later."]).await;
    met(&ana, &ben).await;
    let before = ben.space.set_aside().await.unwrap();
    assert_eq!(before.len(), 1);
    ben.space.shutdown().await;
    let again: Space = ben.reopen().unwrap();
    assert_eq!(again.set_aside().await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_in_another_past_takes_nothing_of_this_one() {
    let [ana, ben] = paired().await;
    met(&ana, &ben).await;
    let disk = tempfile::tempdir().unwrap();
    ben.space.suspend().await.unwrap();
    copy(ben.folder.path(), disk.path());
    ben.space.resume().await.unwrap();
    ben.space.openness().post(post("On the tram.")).await.unwrap();
    met(&ana, &ben).await;
    ben.space.suspend().await.unwrap();
    copy(disk.path(), ben.folder.path());
    ben.space.resume().await.unwrap();
    // It stands where the other one stood, and is taken back.
    let other = ben.space.openness().post(post("NEEDLE")).await.unwrap();
    ben.space.openness().withdraw(other.id).await.unwrap();
    for _ in 0..2 {
        met(&ana, &ben).await;
    }
    for phone in [&ana, &ben] {
        let posts = phone.space.openness().list().await.unwrap();
        let texts: Vec<_> = posts.iter().filter_map(|post| post.text.as_deref()).collect();
        assert_eq!(texts, ["On the tram."]);
    }
    assert_eq!(ben.space.set_aside().await.unwrap(), vec![], "what he took back stays gone");
    sound([&ana, &ben]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_come_while_a_phone_is_being_replaced_are_not_lost_with_it() {
    let [ana, old] = paired().await;
    met(&ana, &old).await;
    let new = Phone::new("Ben", None);
    let mut show = ana.space.pair_replace("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (address, code) = (show.address.unwrap().to_string(), show.code.clone().unwrap());
    // His phone is still there, and says something while the code is typed.
    old.space.agreements().propose(plain("Late.")).await.unwrap();
    met(&ana, &old).await;
    let mut join = new.space.pair_join(&code, &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    assert!(a.is_ok() && b.is_ok());
    show.answer(true);
    join.answer(true);
    assert_eq!(show.finished().await, Err(RefusalCode::StaleView.into()));
    // Again, with what there is now.
    let another = Phone::new("Ben", None);
    assert_eq!(replace(&ana, &another, [true, true]).await, [Ok(()), Ok(())]);
    met(&ana, &another).await;
    assert_eq!(texts(&another).await, ["Late."]);
    sound([&ana, &another]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_phone_hears_nothing_more_not_even_over_a_link_that_stands() {
    let [ana, old] = paired().await;
    met(&ana, &old).await;
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, ..Default::default() };
    let listening = ana.space.exchange(options).await.unwrap();
    let peers = vec![listening.address().unwrap().to_string()];
    let options = ExchangeOptions { peers, ..Default::default() };
    let _dialling = old.space.exchange(options).await.unwrap();
    let mut views = old.space.subscribe();
    ana.space.agreements().propose(plain("Before.")).await.unwrap();
    let arrives = async { while views.next().await.unwrap().unwrap().is_empty() {} };
    tokio::time::timeout(Duration::from_secs(10), arrives).await.unwrap();

    let new = Phone::new("Ben", None);
    assert_eq!(replace(&ana, &new, [true, true]).await, [Ok(()), Ok(())]);
    ana.space.agreements().propose(plain("After.")).await.unwrap();
    old.space.agreements().propose(plain("Mine.")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(texts(&old).await, ["Before.", "Mine."]);
    assert_eq!(texts(&ana).await, ["After.", "Before."]);
}
