//! What is silent, and when: next things, a withdrawal, after a leave.

use super::daily::promise;
use super::rules::both;
use amends::time::DAY;
use amends::{Contact, Leaving};
use amends_tests::phones::{BEGIN, paired, plain};

#[tokio::test(flavor = "multi_thread")]
async fn r31_forty_proposals_of_talks_push_nothing_else_away() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    for hour in 1..=40 {
        let begins = BEGIN.plus(3_600 * hour);
        ben.space.hearing().propose_talk("The weekend", begins).await.unwrap();
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
    ben.space.hearing().propose_talk("The weekend", BEGIN.plus(3_600)).await.unwrap();
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
