//! Hearing of changes: a view as it is, and again whenever it has changed. Who reads
//! slowly sees the newest, never a backlog.

use crate::error::AmendsError;
use crate::runtime::Running;
use crate::views::{CheckInView, all};
use amends::AgreementView;
use amends::PostView;
use amends::PromiseView;
use amends::{CatchUp, Subscription, Today};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

macro_rules! subscriptions {
    ($($(#[$doc:meta])* $name:ident of $view:ty as $shown:ty, $with:expr;)*) => {$(
        $(#[$doc])*
        #[derive(uniffi::Object)]
        pub struct $name {
            subscription: Mutex<Subscription<$view>>,
            cancelled: watch::Sender<bool>,
            // Its runtime lives as long as something listens.
            _running: Arc<Running>,
        }

        impl $name {
            pub(crate) fn new(running: &Arc<Running>, of: Subscription<$view>) -> Arc<Self> {
                Arc::new(Self {
                    subscription: Mutex::new(of),
                    cancelled: watch::Sender::new(false),
                    _running: running.clone(),
                })
            }
        }

        #[uniffi::export]
        impl $name {
            /// The view: at once the first time, then when it has changed. Nothing once
            /// it is cancelled or the space is shut down. Whoever gives up waiting cancels
            /// it and watches anew: a view that came at that very moment is lost with the
            /// call.
            pub async fn next(&self) -> Result<Option<$shown>, AmendsError> {
                let mut cancelled = self.cancelled.subscribe();
                let next = async {
                    let mut subscription = self.subscription.lock().await;
                    Ok(subscription.next().await?.map($with))
                };
                tokio::select! {
                    _ = cancelled.wait_for(|cancelled| *cancelled) => Ok(None),
                    next = next => next,
                }
            }

            /// Ends it: whoever waits hears nothing more.
            pub fn cancel(&self) {
                self.cancelled.send_replace(true);
            }
        }
    )*};
}

subscriptions! {
    /// The agreements.
    AgreementsSubscription of Vec<AgreementView> as Vec<AgreementView>, |views| views;
    /// The promises.
    PromisesSubscription of Vec<PromiseView> as Vec<PromiseView>, |views| views;
    /// What both tell of themselves.
    OpennessSubscription of Vec<PostView> as Vec<PostView>, |views| views;
    /// The check-ins.
    CheckInsSubscription of Vec<amends::CheckInView> as Vec<CheckInView>, all;
    /// Today: what is next, what I share, what waits.
    TodaySubscription of Today as Today, |view| view;
}

/// How far a long catch-up is. Of fewer than 1,000 entries nothing is said (R11).
#[derive(uniffi::Object)]
pub struct CatchUpSubscription {
    /// And what was said last, until its end was said.
    catch_up: Mutex<(watch::Receiver<Option<CatchUp>>, Option<CatchUp>)>,
    cancelled: watch::Sender<bool>,
    _running: Arc<Running>,
}

impl CatchUpSubscription {
    pub(crate) fn new(
        running: &Arc<Running>,
        mut catch_up: watch::Receiver<Option<CatchUp>>,
    ) -> Arc<Self> {
        // What is under way is said at once.
        catch_up.mark_changed();
        Arc::new(Self {
            catch_up: Mutex::new((catch_up, None)),
            cancelled: watch::Sender::new(false),
            _running: running.clone(),
        })
    }
}

#[uniffi::export]
impl CatchUpSubscription {
    /// How far it is, when that has changed; nothing once the exchange is over or this is
    /// cancelled. A catch-up that has ended is `done == of`.
    pub async fn next(&self) -> Option<CatchUp> {
        let mut cancelled = self.cancelled.subscribe();
        let next = async {
            let mut held = self.catch_up.lock().await;
            let (catch_up, said) = &mut *held;
            loop {
                catch_up.changed().await.ok()?;
                let now = *catch_up.borrow_and_update();
                match (now, said.take()) {
                    (Some(now), _) => {
                        *said = Some(now);
                        return Some(now);
                    }
                    (None, Some(last)) => return Some(CatchUp { done: last.of, ..last }),
                    (None, None) => {}
                }
            }
        };
        tokio::select! {
            _ = cancelled.wait_for(|cancelled| *cancelled) => None,
            next = next => next,
        }
    }

    /// Ends it.
    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }
}
