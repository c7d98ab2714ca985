#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::cbor::Value;
use crate::domain::action::Action;
use crate::domain::agreement::tests::{
    Story, agreed, hash, not_any_more, offer, own, plain, propose, sentence, yes,
};
use crate::domain::agreement::{AgreementKind, Category, Obligor, Revision};
use crate::domain::capability::NotUnderstood;
use crate::domain::ledger::{Month, ledger, own_document};
use crate::domain::openness::{self, Posts};
use crate::domain::promise::PromiseDocs;
use crate::domain::recurrence::Due;
use crate::domain::testing::*;
use crate::domain::words;
use crate::id::PersonId;
use crate::time::DAY;

/// What one of them shares of one agreement, with how far it has come, and how it stops.
fn shares(story: &Story, who: PersonId, at: i64) -> Vec<(Sharing, Stopping, bool)> {
    listed(&story.seen(who, at))
}

fn listed(view: &AgreementView) -> Vec<(Sharing, Stopping, bool)> {
    let mine = Mine { agreements: std::slice::from_ref(view), promises: &[], posts: &[] };
    let items = what_i_share(mine);
    items.into_iter().map(|item| (item.sharing, item.stops_by, item.sensitive)).collect()
}

fn stops(story: &Story, who: PersonId, at: i64) -> Vec<Act> {
    let all = [(Arc::new(story.folded(who)), story.seen(who, at))];
    let drafts = stop_all(&all, &[], &[], BEGIN.plus(at));
    let act = |draft: Draft| match draft.action {
        Action::Agreement(act) => act,
        other => panic!("{other:?}"),
    };
    drafts.into_iter().map(act).collect()
}

fn money(who: PersonId) -> Revision {
    own(who, Category::Money, 30)
}

#[test]
fn r08_what_binds_me_is_listed_and_what_binds_the_other_alone_is_not() {
    let plain = agreed(&plain(30));
    for who in [ANA, BEN] {
        assert_eq!(shares(&plain, who, 90), [(Sharing::InForce, Stopping::Pause, false)]);
        assert_eq!(stops(&plain, who, 90), [Act::Suspend]);
    }
    let hers = agreed(&money(ANA));
    assert_eq!(shares(&hers, ANA, 2 * DAY), [(Sharing::InForce, Stopping::End, true)]);
    assert_eq!(stops(&hers, ANA, 2 * DAY), [Act::End]);
    assert_eq!(shares(&hers, BEN, 2 * DAY), []);
    assert_eq!(stops(&hers, BEN, 2 * DAY), []);
    let mut ended = hers.clone();
    ended.writes(BEN, 3 * DAY, Act::End);
    assert_eq!((shares(&ended, ANA, 4 * DAY), stops(&ended, ANA, 4 * DAY)), (vec![], vec![]));
    assert_eq!(shares(&hers, ANA, 30 * DAY), [], "its time is over");
}

/// One sentence that is sensitive ends the whole: the others go with it.
#[test]
fn r08_one_sensitive_sentence_ends_the_whole_and_stands_first() {
    let mut text = plain(30);
    text.clauses.push(sentence("2", Obligor::Person(ANA), Category::Money));
    let story = agreed(&text);
    let seen = shares(&story, ANA, 2 * DAY);
    let end = |sensitive| (Sharing::InForce, Stopping::End, sensitive);
    assert_eq!(seen, [end(true), end(false)]);
    assert_eq!(shares(&story, BEN, 2 * DAY), [end(false)], "to him it is not sensitive");
    assert_eq!(stops(&story, BEN, 2 * DAY), [Act::End]);
}

#[test]
fn r08_what_is_paused_by_whomever_ends_where_it_is_sensitive() {
    let mut hers = agreed(&money(ANA));
    hers.writes(BEN, 90, Act::Suspend);
    assert_eq!(shares(&hers, ANA, 2 * DAY), [(Sharing::Paused, Stopping::End, true)]);
    hers.writes(ANA, 95, Act::Suspend);
    assert_eq!(stops(&hers, ANA, 2 * DAY), [Act::End], "her own pause does not hide it");
    let mut plain = agreed(&plain(30));
    plain.writes(BEN, 90, Act::Suspend);
    assert_eq!(shares(&plain, ANA, 99), [(Sharing::Paused, Stopping::Pause, false)]);
    assert_eq!(stops(&plain, ANA, 99), [Act::Suspend]);
    plain.writes(ANA, 95, Act::Suspend);
    assert_eq!((shares(&plain, ANA, 99), stops(&plain, ANA, 99)), (vec![], vec![]));
}

#[test]
fn r08_r33_what_cools_off_is_taken_back_in_silence_while_that_is_in_time() {
    let hers = agreed(&money(ANA));
    let cooling = [(Sharing::CoolingOff, Stopping::TakeBack, true)];
    assert_eq!(shares(&hers, ANA, 90), cooling);
    let held = Some(BEGIN.plus(60));
    let back = Act::WithdrawConsent { revision: hash(&money(ANA)), held };
    assert_eq!(stops(&hers, ANA, 90), [back]);
    // A phone that held both yeses too late for that ends it.
    let mut late = hers.clone();
    let most = 60 + limits::PROPOSAL_LAPSE;
    late.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(most));
    let late_back =
        Act::WithdrawConsent { revision: hash(&money(ANA)), held: Some(BEGIN.plus(most)) };
    assert_eq!(stops(&late, ANA, most + 9), [late_back]);
    late.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(most + 1));
    let long = own(ANA, Category::Money, 60);
    let mut later = agreed(&long);
    later.0.held.iter_mut().for_each(|held| held.received = BEGIN.plus(most + 1));
    assert_eq!(stops(&later, ANA, most + 9), [Act::End]);
}

#[test]
fn r08_what_is_scheduled_ends_or_pauses_and_a_cooling_amendment_goes_beside_it() {
    let later = |text: Revision| Revision { starts: Some(BEGIN.plus(9 * DAY)), ..text };
    let scheduled = agreed(&later(money(ANA)));
    let end = [(Sharing::CoolingOff, Stopping::End, true)];
    assert_eq!(shares(&scheduled, ANA, 2 * DAY), end);
    assert_eq!(stops(&scheduled, ANA, 2 * DAY), [Act::End]);
    let scheduled = agreed(&later(plain(30)));
    assert_eq!(shares(&scheduled, ANA, 90), [(Sharing::CoolingOff, Stopping::Pause, false)]);
    assert_eq!(stops(&scheduled, ANA, 90), [Act::Suspend]);
    let first = plain(30);
    let mut amended = agreed(&first);
    let next = Revision { parents: vec![hash(&first)], ..money(ANA) };
    amended.writes(ANA, 90, propose(&next));
    amended.writes(BEN, 95, yes(&next));
    let both = [
        (Sharing::CoolingOff, Stopping::TakeBack, true),
        (Sharing::InForce, Stopping::Pause, false),
    ];
    assert_eq!(shares(&amended, ANA, 99), both);
    let held = Some(BEGIN.plus(95));
    let back = Act::WithdrawConsent { revision: hash(&next), held };
    assert_eq!(stops(&amended, ANA, 99), [Act::Suspend, back]);
}

#[test]
fn r08_a_yes_to_something_sensitive_that_waits_is_taken_back() {
    let mut mine = Story::default();
    mine.writes(ANA, 0, propose(&money(ANA)));
    let waiting = [(Sharing::Waiting, Stopping::TakeBack, true)];
    assert_eq!(shares(&mine, ANA, 90), waiting);
    let revision = hash(&money(ANA));
    assert_eq!(stops(&mine, ANA, 90), [Act::WithdrawProposal { revision }]);
    assert_eq!(shares(&mine, BEN, 90), []);
    let mut plain_one = Story::default();
    plain_one.writes(ANA, 0, propose(&plain(30)));
    assert_eq!((shares(&plain_one, ANA, 90), stops(&plain_one, ANA, 90)), (vec![], vec![]));
    // His yes to hers of a fork, which binds him.
    let mut fork = Story::default();
    let his = own(BEN, Category::Money, 30);
    fork.apart(BEN, 0, propose(&his));
    fork.apart(ANA, 0, propose(&plain(31)));
    fork.writes(ANA, 9, yes(&his));
    assert_eq!(shares(&fork, ANA, 90), [], "it binds him");
    fork.writes(BEN, 9, not_any_more(&his));
    assert_eq!(stops(&fork, BEN, 90), []);
}

#[test]
fn r08_an_offer_of_mine_ends_in_every_state_and_the_others_is_not_mine() {
    let mut offered = Story::default();
    offered.writes(ANA, 0, offer(&own(ANA, Category::General, 14)));
    assert_eq!(shares(&offered, ANA, 90), [(Sharing::CoolingOff, Stopping::End, true)]);
    assert_eq!(shares(&offered, ANA, 2 * DAY), [(Sharing::InForce, Stopping::End, true)]);
    assert_eq!(stops(&offered, ANA, 90), [Act::End]);
    assert_eq!(stops(&offered, ANA, 2 * DAY), [Act::End]);
    assert_eq!((shares(&offered, BEN, 2 * DAY), stops(&offered, BEN, 2 * DAY)), (vec![], vec![]));
    offered.writes(ANA, 3 * DAY, Act::Suspend);
    assert_eq!(stops(&offered, ANA, 4 * DAY), [Act::End]);
}

#[test]
fn what_both_only_say_binds_nobody() {
    let statement = Revision {
        kind: AgreementKind::Statement,
        about: Some(crate::id::DocId([4; 16])),
        ..plain(300)
    };
    let story = agreed(&statement);
    assert_eq!((shares(&story, ANA, 90), stops(&story, ANA, 90)), (vec![], vec![]));
}

#[test]
fn r08_what_cannot_be_read_is_paused_and_never_ended() {
    let story = agreed(&money(ANA));
    let unread = |paused: bool| {
        let mut story = story.clone();
        if paused {
            story.writes(ANA, 90, Act::Suspend);
        }
        let mut folded = story.folded(ANA);
        folded.not_understood = vec![NotUnderstood { kind: "agreement.sing".into() }];
        let side = pair().side(ANA).unwrap();
        let state = crate::domain::pair::PairState::default();
        let now = BEGIN.plus(2 * DAY);
        let view = crate::domain::agreement::view::project(&folded, &pair(), &state, side, now);
        let seen = listed(&view);
        let drafts = stop_all(&[(Arc::new(folded), view)], &[], &[], now);
        (seen, drafts.into_iter().map(|draft| draft.action).collect::<Vec<_>>())
    };
    let paused = (Sharing::Paused, Stopping::Pause, true);
    assert_eq!(unread(false), (vec![paused], vec![Act::Suspend.into()]));
    assert_eq!(unread(true), (vec![], vec![]));
}

#[test]
fn r08_a_practice_of_mine_and_every_post_that_lives_are_listed_and_taken_back() {
    let doc = own_document(PAIR, ANA, &[5; 16]);
    let practice = |count: u16| {
        let start = crate::time::local_date(BEGIN.plus(DAY), "UTC");
        let rule = format!("FREQ=DAILY;COUNT={count}").parse().unwrap();
        let due = Due::Every { start, time: None, rule };
        let act =
            promise::Act::Make { due, zone: "UTC".into(), grace: None, link: None, salt: [5; 16] };
        let mut written = Written::default();
        let made = written.write(ANA, 0, doc, act.into());
        written.say(made, Value::map([("action", Some("I call you.".into()))]));
        written
    };
    let seen = |written: &Written, who, at| {
        let view = written.view::<PromiseDocs>(doc, who, BEGIN.plus(at)).unwrap();
        let mine = Mine { agreements: &[], promises: std::slice::from_ref(&view), posts: &[] };
        let drafts = stop_all(&[], std::slice::from_ref(&view), &[], BEGIN.plus(at));
        let stopped: Vec<Action> = drafts.into_iter().map(|draft| draft.action).collect();
        (what_i_share(mine), stopped)
    };
    let written = practice(5);
    let (items, stopped) = seen(&written, ANA, 60);
    assert_eq!((items[0].text.as_str(), items[0].practice), ("I call you.", Some(doc.into())));
    assert_eq!((items[0].sharing, items[0].stops_by), (Sharing::InForce, Stopping::TakeBack));
    assert!(!items[0].sensitive);
    assert_eq!(stopped, [promise::Act::Retract.into()]);
    assert_eq!(seen(&written, BEN, 60), (vec![], vec![]), "it is hers");
    assert_eq!(seen(&written, ANA, 9 * DAY), (vec![], vec![]), "nothing is still to come");
    let mut back = written.clone();
    back.write(ANA, 90, doc, promise::Act::Retract.into());
    assert_eq!(seen(&back, ANA, 99), (vec![], vec![]));

    let ledger = ledger(PAIR, ANA, Month::of(BEGIN));
    let mut posts = Written::default();
    let until = BEGIN.plus(5 * DAY);
    let act = openness::Act::Post { kind: openness::Kind::Day, until, under: None };
    let of = posts.write(ANA, 0, ledger, act.into());
    posts.say(of, words("At work."));
    let seen = |posts: &Written, who| {
        let views = posts.view::<Posts>(ledger, who, BEGIN.plus(60)).unwrap();
        let items = what_i_share(Mine { agreements: &[], promises: &[], posts: &views });
        let drafts = stop_all(&[], &[], &views, BEGIN.plus(60));
        (items, drafts.into_iter().map(|draft| draft.action).collect::<Vec<_>>())
    };
    let (items, stopped) = seen(&posts, ANA);
    let item = &items[0];
    assert_eq!(
        (item.text.as_str(), item.post, item.until),
        ("At work.", Some(of.item().into()), until)
    );
    assert_eq!((item.sensitive, item.stops_by), (true, Stopping::Withdraw));
    assert_eq!(stopped, [Action::Words(words::Act::Withdraw { of })]);
    assert_eq!(seen(&posts, BEN), (vec![], vec![]));
    posts.write(ANA, 9, ledger, Action::Words(words::Act::Withdraw { of }));
    assert_eq!(seen(&posts, ANA), (vec![], vec![]));
}
