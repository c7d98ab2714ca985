//! What is silent, and when: next things, a withdrawal, after a leave.

use super::daily::promise;
use super::rules::both;
use amends::NewTalk;
use amends::time::DAY;
use amends::{AgreementState, Category, Contact, Leaving, Who};
use amends_tests::phones::{BEGIN, paired, plain, terms};

#[tokio::test(flavor = "multi_thread")]
async fn r31_forty_proposals_of_talks_push_nothing_else_away() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    for hour in 1..=40 {
        let begins = BEGIN.plus(3_600 * hour);
        ben.space.hearing().propose_talk(NewTalk::about("The weekend", begins)).await.unwrap();
    }
    ben.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    ana.space.promises().make(promise("I call you.", 5)).await.unwrap();
    both(&phones).await;
    let next = ana.space.next_due().await.unwrap();
    assert!(next.iter().any(|next| next.promise.is_some()));
    assert!(next.iter().any(|next| next.agreement.is_some()));
    assert_eq!(next.iter().filter(|next| next.talk.is_some()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f83_in_a_space_next_shows_nothing_that_the_partner_began() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    ben.space
        .hearing()
        .propose_talk(NewTalk::about("The weekend", BEGIN.plus(3_600)))
        .await
        .unwrap();
    ben.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    ana.space.promises().make(promise("I call you.", 5)).await.unwrap();
    both(&phones).await;
    assert_eq!(ana.space.next_due().await.unwrap().len(), 3);
    ana.space.begin_space(Some(BEGIN.plus(DAY)), Contact::None).await.unwrap();
    both(&phones).await;
    let next = ana.space.next_due().await.unwrap();
    assert!(next.len() == 1 && next[0].promise.is_some(), "{next:?}");
    assert_eq!(ana.space.progress().today().await.unwrap().next, next);
    ana.space.end_space().await.unwrap();
    assert_eq!(ana.space.next_due().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_after_a_leave_nothing_is_next() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    for phone in &phones {
        phone.space.promises().make(promise("I call you.", 5)).await.unwrap();
    }
    both(&phones).await;
    assert_eq!(ana.space.next_due().await.unwrap().len(), 1);
    ana.space.leave(Leaving::Announced).await.unwrap();
    both(&phones).await;
    for phone in [ana, ben] {
        assert_eq!(phone.space.next_due().await.unwrap(), vec![]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r33_a_yes_that_is_taken_back_while_cooling_off_is_told_as_not_agreed_and_no_more() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let own = terms("I say where I am.", Who::Me, Category::Whereabouts);
    let id = ana.space.agreements().propose(own).await.unwrap().id;
    both(&phones).await;
    let shown = ben.space.agreements().show(id).await.unwrap();
    let hash = shown.on_table[0].hash;
    ben.space.agreements().consent(&shown, hash, None).await.unwrap();
    both(&phones).await;
    let cooling = ben.space.agreements().show(id).await.unwrap();
    assert_eq!(cooling.state, AgreementState::CoolingOff);
    let took = ben.space.agreements().withdraw(id, Some(hash)).await.unwrap();
    assert_eq!(took.state, AgreementState::Withdrawn);
    both(&phones).await;
    let view = ana.space.agreements().show(id).await.unwrap();
    assert_eq!(view.state, AgreementState::NotAgreed);
    let history = ana.space.agreements().history(id).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.what.as_str(), last.by), ("agreement.not-agreed", None));
    // An end and any other answer of his look the same in the list of his log.
    let talk = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap().id;
    both(&phones).await;
    ben.space.agreements().end(talk).await.unwrap();
    both(&phones).await;
    let log = ana.space.log_items().await.unwrap();
    let his: Vec<_> = log.iter().filter(|item| !item.own).flat_map(|item| &item.kinds).collect();
    assert_eq!(his.iter().filter(|kind| ***kind == "agreement").count(), 3, "{his:?}");
    assert!(his.iter().all(|kind| !kind.contains("withdraw") && !kind.contains("end")));
}
