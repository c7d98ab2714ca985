//! Making two phones a pair.

use crate::error::AmendsError;
use crate::runtime::Running;
use crate::space::Space;
use amends::{Asked, Pairing as Core};
use std::sync::{Arc, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};

/// A pairing under way. Show `code` or `qr`, wait for
/// `asked`, let both people compare, `answer`, and wait for
/// `finished`. It belongs to its space: letting this object go, or closing it, ends nothing, and
/// `Space.pairing` gives it again. `cancel` ends it, as does another one that is begun.
#[derive(uniffi::Object)]
pub struct Pairing {
    address: Option<String>,
    code: Option<String>,
    qr: Option<String>,
    asked: watch::Receiver<Option<Asked>>,
    outcome: watch::Receiver<Option<Result<(), AmendsError>>>,
    answers: mpsc::UnboundedSender<bool>,
}

impl Pairing {
    /// Ends what is under way, and waits for that: it may listen where the next one is to.
    pub(crate) async fn end_before(running: &Arc<Running>) {
        let before = under_way(running).take();
        if let Some(before) = before {
            before.cancel();
            drop(before.finished().await);
        }
    }

    /// Begins, in place of what is under way.
    pub(crate) fn begin(core: Core, running: &Arc<Running>) -> Arc<Self> {
        // Held, so that one that fails at once is not noted after it has ended.
        let mut under_way = under_way(running);
        let pairing = Self::new(core, running);
        if let Some(before) = under_way.replace(pairing.clone()) {
            before.cancel();
        }
        pairing
    }

    fn new(core: Core, running: &Arc<Running>) -> Arc<Self> {
        let address = core.address.map(|address| address.to_string());
        let code = core.code.as_ref().map(ToString::to_string);
        let qr = core.invitation.as_ref().map(|invitation| invitation.to_text());
        let (ask, asked) = watch::channel(None);
        let (end, outcome) = watch::channel(None);
        let (answers, said) = mpsc::unbounded_channel();
        // What both have confirmed is brought to its end, whoever goes away meanwhile.
        let keep = running.clone();
        running.handle().spawn(async move {
            let result = tokio::select! {
                result = drive(core, &ask, said) => result,
                () = keep.space.closed() => Err(amends::Error::Closed),
            };
            end.send_replace(Some(result.map_err(AmendsError::from)));
            let mut under_way = under_way(&keep);
            if under_way.as_ref().is_some_and(|pairing| pairing.outcome.borrow().is_some()) {
                *under_way = None;
            }
        });
        Arc::new(Self { address, code, qr, asked, outcome, answers })
    }
}

fn under_way(running: &Running) -> MutexGuard<'_, Option<Arc<Pairing>>> {
    running.pairing.lock().unwrap_or_else(PoisonError::into_inner)
}

#[uniffi::export]
impl Space {
    /// The pairing under way, if there is one: for a screen that was made anew, say.
    pub fn pairing(&self) -> Option<Arc<Pairing>> {
        under_way(&self.0).clone()
    }
}

/// Asks, answers and ends it, in whatever order the app calls.
async fn drive(
    mut core: Core,
    ask: &watch::Sender<Option<Asked>>,
    mut said: mpsc::UnboundedReceiver<bool>,
) -> Result<(), amends::Error> {
    let asked = loop {
        tokio::select! {
            asked = core.asked() => break asked?,
            // Nobody holds it any more, or somebody has said no before being asked. A yes
            // before the question counts for nothing.
            answer = said.recv() => if answer != Some(true) { return core.cancel().await }
        }
    };
    while let Ok(early) = said.try_recv() {
        if !early {
            return core.cancel().await;
        }
    }
    ask.send_replace(Some(asked));
    loop {
        tokio::select! {
            result = core.finished() => return result,
            answer = said.recv() => match answer {
                Some(equal) => core.answer(equal),
                None => return core.finished().await,
            },
        }
    }
}

#[uniffi::export]
impl Pairing {
    /// Where the other phone finds this one, where this one shows the code.
    pub fn address(&self) -> Option<String> {
        self.address.clone()
    }

    /// The code to type on the other phone, where this one shows it.
    pub fn code(&self) -> Option<String> {
        self.code.clone()
    }

    /// What the QR code holds, where this phone shows it.
    pub fn qr(&self) -> Option<String> {
        self.qr.clone()
    }

    /// Waits for the other phone; gives what both people must compare.
    ///
    /// # Errors
    /// `Pairing`, `Link`; nothing is then kept.
    pub async fn asked(&self) -> Result<Asked, AmendsError> {
        let (mut asked, mut outcome) = (self.asked.clone(), self.outcome.clone());
        tokio::select! {
            biased;
            Ok(asked) = async { asked.wait_for(Option::is_some).await.map(|asked| asked.clone()) } =>
                asked.ok_or_else(|| AmendsError::internal("nothing was asked")),
            ended = ended(&mut outcome) =>
                Err(ended.err().unwrap_or_else(|| amends::Error::Closed.into())),
        }
    }

    /// This phone's person says whether the codes are equal. `false` before being asked
    /// cancels.
    pub fn answer(&self, equal: bool) {
        if self.answers.send(equal).is_err() {
            tracing::debug!("the pairing was over already");
        }
    }

    /// Ends it: nothing is kept. Where it is over already nothing happens.
    pub fn cancel(&self) {
        self.answer(false);
    }

    /// Waits until both are paired: confirmed twice, and proved by a first session.
    ///
    /// # Errors
    /// `Pairing`, `Link`; nothing is then kept, but for a pairing that both confirmed and
    /// whose first session failed: the next exchange proves it.
    pub async fn finished(&self) -> Result<(), AmendsError> {
        ended(&mut self.outcome.clone()).await
    }
}

async fn ended(
    outcome: &mut watch::Receiver<Option<Result<(), AmendsError>>>,
) -> Result<(), AmendsError> {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
        Err(_) => Err(amends::Error::Closed.into()),
    }
}
