//! Name server of this process, and the zone that the control plane publishes to it.

use std::net::{Ipv4Addr, SocketAddr};

use underpass_model::zone::{Zone, ZoneChange};
use underpass_net::{ListenAddr, dns};
use underpass_server::publish::ZoneSink;

use super::task_group::TaskGroup;

/// Publishes the zone to the DNS server of this process.
pub(super) struct DnsServer(pub(super) dns::Handle);

impl ZoneSink for DnsServer {
    fn publish(&self, zone: Zone) {
        self.0.publish(zone);
    }

    fn change(&self, change: ZoneChange) {
        self.0.change(change);
    }

    fn generation(&self) -> Option<u64> {
        Some(self.0.generation())
    }

    fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.0.address(name)
    }
}

/// Starts the DNS server; returns its addresses and the handle of its zone.
pub(crate) fn start_dns(
    server: dns::Service,
    tasks: &mut TaskGroup,
) -> (Vec<SocketAddr>, dns::Handle) {
    let addresses = server.local_addrs().iter().map(ListenAddr::socket_addr);
    let (addresses, zone) = (addresses.collect(), server.handle());
    let stop = tasks.stop();
    tasks.start("DNS", async move {
        server.run(stop).await;
        Ok(())
    });
    (addresses, zone)
}
