//! Announcing this phone, and dialling where the other one is seen.

use super::AGAIN;
use super::lifecycle::TroubleOf;
use super::links::{Links, dial, stopped};
use crate::engine::Engine;
use crate::net::{Announcer, Beacon, DiscoveryError, Round, Sighting, Sightings};
use crate::time::DAY;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::sleep;

/// How often the day of the announced name is looked at.
const DAY_CHECK: Duration = Duration::from_secs(60);
/// Addresses of the other phone that are dialled at once.
const HINTS: usize = 8;

/// Announces this phone and dials where the other one is seen.
pub(super) async fn search(announcer: Announcer, port: u16, links: Links) {
    /// Takes the announcement back, also where this is given up in the middle.
    struct Announced(Option<Round>);

    impl Announced {
        fn take_back(&mut self) -> Option<JoinHandle<()>> {
            let round = self.0.take()?;
            Some(spawn_blocking(move || round.stop()))
        }
    }

    impl Drop for Announced {
        fn drop(&mut self) {
            if tokio::runtime::Handle::try_current().is_ok() {
                drop(self.take_back());
            }
        }
    }

    let mut announced = Announced(None);
    let mut stop = links.stop.clone();
    let mut dialling = JoinSet::new();
    let mut hints: VecDeque<(String, String, watch::Sender<()>)> = VecDeque::new();
    let lifecycle = links.phone.lifecycle.clone();
    let trouble = |error: DiscoveryError| {
        let (of, what) = match error {
            DiscoveryError::Denied(what) => (TroubleOf::LocalNetworkDenied, what),
            DiscoveryError::Failed(what) => (TroubleOf::Discovery, what),
        };
        lifecycle.trouble(of, what, links.phone.now());
    };
    'days: while !*stop.borrow() {
        let Ok(keys) = links.phone.ask(Engine::link_keys).await else { break };
        let now = links.phone.now();
        let day = now.0.div_euclid(DAY);
        let beacon = Beacon::new(&keys.secret, keys.me, keys.partner, now, port);
        let wanted = beacon.wanted.clone();
        let (sightings, mut seen) = Sightings::channel();
        let round = announcer.round();
        announced.0 = Some(round.clone());
        let started = spawn_blocking(move || round.start(beacon, sightings)).await;
        let mut failed = !matches!(started, Ok(Ok(())));
        match started {
            Ok(Ok(())) => {
                lifecycle.works(TroubleOf::Discovery);
                lifecycle.works(TroubleOf::LocalNetworkDenied);
                lifecycle.with(|diagnostics| diagnostics.looking = true);
            }
            Ok(Err(error)) => trouble(error),
            Err(_) => trouble(DiscoveryError::Failed("the system's discovery failed".to_owned())),
        }
        if failed {
            lifecycle.with(|diagnostics| diagnostics.looking = false);
        }
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break 'days,
                () = sleep(if failed { AGAIN } else { DAY_CHECK }) => {
                    if failed || links.phone.now().0.div_euclid(DAY) != day {
                        break;
                    }
                }
                Some(_) = dialling.join_next(), if !dialling.is_empty() => {}
                Some(sighting) = seen.recv() => match sighting {
                    Sighting::Seen { name, address } => {
                        let known = hints.iter().any(|(_, at, _)| *at == address);
                        if known || !wanted.contains(&name) {
                            continue;
                        }
                        if hints.len() >= HINTS {
                            // Whoever floods the network with addresses wastes some
                            // dialling; the other phone dials as well.
                            hints.pop_front();
                        }
                        let (hint, known) = watch::channel(());
                        dialling.spawn(dial(address.clone(), links.clone(), Some(known)));
                        hints.push_back((name, address, hint));
                    }
                    Sighting::Gone { name } => hints.retain(|(of, _, _)| *of != name),
                    Sighting::Trouble(error) => {
                        // It may be allowed by then: it is begun again.
                        if matches!(error, DiscoveryError::Denied(_)) {
                            failed = true;
                            lifecycle.with(|diagnostics| diagnostics.looking = false);
                        }
                        trouble(error);
                    }
                },
            }
        }
    }
    hints.clear();
    if let Some(stopping) = announced.take_back()
        && stopping.await.is_err()
    {
        tracing::warn!("the system's discovery failed to stop");
    }
    while dialling.join_next().await.is_some() {}
}
