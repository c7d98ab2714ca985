//! Hearing of changes: a view as it is, and again whenever it has changed. Who reads
//! slowly sees the newest, never a backlog.

use crate::error::AmendsError;
use crate::runtime::Running;
use crate::space::Space;
use crate::views::{CheckInView, all};
use amends::{
    AgreementView, Diagnostics, ItemView, Note, PostView, PromiseView, SharedItem, Status,
    Subscription, TalkView, Today,
};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Where the views come from.
pub(crate) enum Source<V> {
    Views(Box<Subscription<V>>),
    /// One that the exchange tells: the first is the one that there is.
    Told(watch::Receiver<V>, bool),
}

impl<V> From<Subscription<V>> for Source<V> {
    fn from(views: Subscription<V>) -> Self {
        Self::Views(Box::new(views))
    }
}

impl<V> From<watch::Receiver<V>> for Source<V> {
    fn from(told: watch::Receiver<V>) -> Self {
        Self::Told(told, true)
    }
}

/// What every subscription is.
struct Listening<V> {
    source: Mutex<(Source<V>, bool)>,
    cancelled: watch::Sender<bool>,
    /// Ends with the object of the space that it was asked of.
    held: watch::Receiver<()>,
    // Its runtime lives as long as something listens.
    running: Arc<Running>,
}

impl<V: Clone + Default + PartialEq + Send + Sync + 'static> Listening<V> {
    fn new(space: &Space, source: Source<V>) -> Self {
        Self {
            source: Mutex::new((source, false)),
            cancelled: watch::Sender::new(false),
            held: space.1.subscribe(),
            running: space.0.clone(),
        }
    }

    async fn next(&self) -> Result<Option<V>, AmendsError> {
        let (mut cancelled, mut held) = (self.cancelled.subscribe(), self.held.clone());
        let mut source = tokio::select! {
            biased;
            _ = cancelled.wait_for(|cancelled| *cancelled) => return Ok(None),
            source = self.source.lock() => source,
        };
        let (source, given) = &mut *source;
        let ended = |given: bool| match given {
            true => Ok(None),
            false => Err(amends::Error::Closed.into()),
        };
        let next = tokio::select! {
            biased;
            _ = cancelled.wait_for(|cancelled| *cancelled) => return Ok(None),
            Err(_) = held.changed() => return ended(*given),
            next = Self::of(source, &self.running) => next?,
        };
        match next {
            Some(view) => {
                *given = true;
                Ok(Some(view))
            }
            None => ended(*given),
        }
    }

    async fn of(source: &mut Source<V>, running: &Running) -> Result<Option<V>, AmendsError> {
        match source {
            Source::Views(views) => Ok(views.next().await?),
            Source::Told(told, true) => {
                let now = told.borrow_and_update().clone();
                *source = Source::Told(told.clone(), false);
                Ok((!running.space.is_closed()).then_some(now))
            }
            Source::Told(told, false) => tokio::select! {
                () = running.space.closed() => Ok(None),
                changed = told.changed() => {
                    Ok(changed.ok().map(|()| told.borrow_and_update().clone()))
                }
            },
        }
    }

    fn cancel(&self) {
        self.cancelled.send_replace(true);
    }
}

macro_rules! subscriptions {
    ($($(#[$doc:meta])* $name:ident of $view:ty as $shown:ty, $with:expr;)*) => {$(
        $(#[$doc])*
        #[derive(uniffi::Object)]
        pub struct $name(Listening<$view>);

        impl $name {
            pub(crate) fn new(space: &Space, source: Source<$view>) -> Arc<Self> {
                Arc::new(Self(Listening::new(space, source)))
            }
        }

        #[uniffi::export]
        impl $name {
            /// The view: at once the first time, then when it has changed. Nothing more once
            /// it is cancelled, or the space is shut down or closed. Whoever gives up waiting
            /// cancels it and watches anew: a view that came at that very moment is lost with
            /// the call.
            ///
            /// # Errors
            /// `Storage`; `Closed` where the space was shut down or closed before there was a
            /// first view.
            pub async fn next(&self) -> Result<Option<$shown>, AmendsError> {
                Ok(self.0.next().await?.map($with))
            }

            /// Ends it: whoever waits hears nothing more.
            pub fn cancel(&self) {
                self.0.cancel();
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
    /// The talks.
    TalksSubscription of Vec<TalkView> as Vec<TalkView>, |views| views;
    /// What one tells and the other may answer.
    ItemsSubscription of Vec<ItemView> as Vec<ItemView>, |views| views;
    /// What one writes for oneself.
    NotesSubscription of Vec<Note> as Vec<Note>, |views| views;
    /// All that I share or would share.
    SharesSubscription of Vec<SharedItem> as Vec<SharedItem>, |views| views;
    /// Who the two are and how things stand.
    StatusSubscription of Status as Status, |view| view;
    /// Today: what is next, what I share, what waits.
    TodaySubscription of Today as Today, |view| view;
    /// How the exchange of this phone stands.
    DiagnosticsSubscription of Diagnostics as Diagnostics, |view| view;
}

#[uniffi::export]
impl Space {
    /// The agreements, and again whenever they change.
    pub fn watch_agreements(&self) -> Arc<AgreementsSubscription> {
        AgreementsSubscription::new(self, self.0.space.subscribe().into())
    }

    /// The promises, and again whenever they change.
    pub fn watch_promises(&self) -> Arc<PromisesSubscription> {
        PromisesSubscription::new(self, self.0.space.promises().subscribe().into())
    }

    /// What both tell, and again whenever it changes.
    pub fn watch_openness(&self) -> Arc<OpennessSubscription> {
        OpennessSubscription::new(self, self.0.space.openness().subscribe().into())
    }

    /// The check-ins, and again whenever they change.
    pub fn watch_check_ins(&self) -> Arc<CheckInsSubscription> {
        CheckInsSubscription::new(self, self.0.space.check_ins().subscribe().into())
    }

    /// The talks, and again whenever they change.
    pub fn watch_talks(&self) -> Arc<TalksSubscription> {
        TalksSubscription::new(self, self.0.space.hearing().subscribe().into())
    }

    /// What is told and answered, and again whenever it changes.
    pub fn watch_items(&self) -> Arc<ItemsSubscription> {
        ItemsSubscription::new(self, self.0.space.shared().subscribe().into())
    }

    /// The notes that only I see, newest first, and again whenever they change.
    pub fn watch_notes(&self) -> Arc<NotesSubscription> {
        NotesSubscription::new(self, self.0.space.inner().subscribe().into())
    }

    /// All that I share or would share, and again whenever it changes.
    pub fn watch_shares(&self) -> Arc<SharesSubscription> {
        SharesSubscription::new(self, self.0.space.subscribe_shares().into())
    }

    /// Who the two are and how things stand, pairing among it, and again whenever that changes.
    pub fn watch_status(&self) -> Arc<StatusSubscription> {
        StatusSubscription::new(self, self.0.space.subscribe_status().into())
    }

    /// Today, and again whenever it changes.
    pub fn watch_today(&self) -> Arc<TodaySubscription> {
        TodaySubscription::new(self, self.0.space.progress().subscribe().into())
    }
}
