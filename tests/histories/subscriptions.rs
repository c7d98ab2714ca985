//! Subscriptions: the current view first, then every change, whoever waits how.

use amends_tests::phones::{paired, plain};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_dropped_loses_no_change() {
    let [ana, _ben] = paired().await;
    let mut views = ana.space.subscribe();
    assert_eq!(views.next().await.unwrap().unwrap().len(), 0);
    for count in 1..60_usize {
        let agreements = ana.space.agreements();
        let write = agreements.propose(plain(&format!("We talk, {count}.")));
        let drops = async {
            // Dropped at every stage of its way.
            for wait in 0..40 {
                let next = timeout(Duration::from_micros(wait * 23), views.next()).await;
                if let Ok(view) = next
                    && view.unwrap().unwrap().len() == count
                {
                    return true;
                }
            }
            false
        };
        let (written, seen) = tokio::join!(write, drops);
        written.unwrap();
        if !seen {
            let view = timeout(Duration::from_secs(5), views.next()).await;
            assert_eq!(view.expect("the change was lost").unwrap().unwrap().len(), count);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_asked_for_while_the_space_sleeps_comes_when_it_wakes() {
    let [ana, _ben] = paired().await;
    ana.space.agreements().propose(plain("We talk.")).await.unwrap();
    ana.space.suspend().await.unwrap();
    let mut views = ana.space.subscribe();
    let early = timeout(Duration::from_millis(200), views.next()).await;
    assert!(early.is_err(), "{early:?}");
    ana.space.resume().await.unwrap();
    let view = timeout(Duration::from_secs(5), views.next()).await;
    assert_eq!(view.expect("nothing came").unwrap().unwrap().len(), 1);
}
