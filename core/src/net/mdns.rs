//! Discovery by multicast DNS (RFC 6762) and DNS-SD (RFC 6763), for desktops, the
//! harness and tests. Phones bring their platform's own.

use super::discovery::{Beacon, Discovery, DiscoveryError, Sightings};
use crate::host::{Entropy, random};
use mdns_sd::{DaemonEvent, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo};
use std::net::{SocketAddr, SocketAddrV6};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a goodbye may take to be sent.
const GOODBYE: Duration = Duration::from_millis(500);
/// How often, in seconds, the daemon looks for addresses that have changed.
const ADDRESSES: u32 = 2;

/// See the [module](self).
pub struct Mdns {
    entropy: Arc<dyn Entropy>,
    running: Mutex<Option<Running>>,
}

struct Running {
    daemon: ServiceDaemon,
    instance: String,
}

impl Mdns {
    /// Not yet running. `entropy` draws a host name anew at every start.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, running: Mutex::new(None) }
    }

    fn replace(&self, next: Option<Running>) {
        let mut running = self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let before = std::mem::replace(&mut *running, next);
        drop(running);
        let Some(Running { daemon, instance }) = before else { return };
        if let Ok(done) = daemon.unregister(&instance)
            && done.recv_timeout(GOODBYE).is_err()
        {
            tracing::debug!("the goodbye may not have been sent");
        }
        if let Err(error) = daemon.shutdown() {
            tracing::debug!(%error, "multicast DNS had ended already");
        }
    }
}

fn failed(error: mdns_sd::Error) -> DiscoveryError {
    DiscoveryError::Failed(error.to_string())
}

impl Discovery for Mdns {
    fn start(&self, beacon: Beacon, sightings: Sightings) -> Result<(), DiscoveryError> {
        self.stop();
        let daemon = ServiceDaemon::new().map_err(failed)?;
        let kind = format!("{}.local.", beacon.service);
        let host: [u8; 8] = random(self.entropy.as_ref())
            .map_err(|error| DiscoveryError::Failed(error.to_string()))?;
        let host: String = host.iter().map(|byte| format!("{byte:02x}")).collect();
        let host = format!("{host}.local.");
        let nothing: [(&str, &str); 0] = [];
        let info = ServiceInfo::new(&kind, &beacon.name, &host, "", beacon.port, &nothing[..])
            .map_err(failed)?
            .enable_addr_auto();
        let instance = info.get_fullname().to_owned();
        let begin = || {
            daemon.set_ip_check_interval(ADDRESSES)?;
            let events = daemon.monitor()?;
            let found = daemon.browse(&kind)?;
            daemon.register(info)?;
            Ok((events, found))
        };
        let begun = begin();
        self.replace(Some(Running { daemon, instance }));
        let (events, found) = begun.map_err(failed)?;
        let troubles = sightings.clone();
        let watch = move || {
            while let Ok(event) = events.recv() {
                if let DaemonEvent::Error(error) = event {
                    troubles.trouble(&error.to_string());
                }
            }
        };
        let look = move || {
            // Both ends of the channels go with the daemon.
            while let Ok(event) = found.recv() {
                tell(event, &beacon.wanted, &kind, &sightings);
            }
        };
        for (name, work) in [
            ("amends-mdns-log", Box::new(watch) as Box<dyn FnOnce() + Send>),
            ("amends-mdns", Box::new(look)),
        ] {
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(work)
                .map_err(|error| DiscoveryError::Failed(error.to_string()))?;
        }
        Ok(())
    }

    fn stop(&self) {
        self.replace(None);
    }
}

impl Drop for Mdns {
    fn drop(&mut self) {
        self.replace(None);
    }
}

fn tell(event: ServiceEvent, wanted: &[String], kind: &str, sightings: &Sightings) {
    let instance = |full: &str| {
        let name = full.strip_suffix(kind)?.strip_suffix('.')?;
        wanted.iter().any(|wanted| wanted == name).then(|| name.to_owned())
    };
    match event {
        ServiceEvent::ServiceResolved(service) => {
            if let Some(name) = instance(&service.fullname) {
                for address in &service.addresses {
                    sightings.seen(&name, &socket_address(address, service.port).to_string());
                }
            }
        }
        ServiceEvent::ServiceRemoved(_, full) => {
            if let Some(name) = instance(&full) {
                sightings.gone(&name);
            }
        }
        _ => {}
    }
}

fn socket_address(address: &ScopedIp, port: u16) -> SocketAddr {
    match address {
        ScopedIp::V6(scoped) => {
            let scope = scoped.scope_id().index;
            // Only a link-local address means nothing without its interface.
            let scope = if scoped.addr().is_unicast_link_local() { scope } else { 0 };
            SocketAddr::V6(SocketAddrV6::new(*scoped.addr(), port, 0, scope))
        }
        other => SocketAddr::new(other.to_ip_addr(), port),
    }
}
