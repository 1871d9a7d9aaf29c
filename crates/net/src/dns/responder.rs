//! Responses from the current zone.

use std::net::Ipv4Addr;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hickory_proto::rr::Name;
use underpass_model::zone::Zone;

use super::answer::Authority;
use super::message::{self, Transport};

/// The state of a server that its sockets and handles share.
#[derive(Debug)]
pub(super) struct Responder {
    /// The domain as a name.
    pub(super) apex: Name,
    /// The address of `ns.<domain>`: the listen address, if it is a specific IPv4 address.
    pub(super) server: Option<Ipv4Addr>,
    /// The zone served. A lock, so that a change of one name costs the same in a zone of any size;
    /// it is held for microseconds, never across a wait.
    zone: RwLock<Zone>,
}

impl Responder {
    pub(super) const fn new(apex: Name, server: Option<Ipv4Addr>, zone: Zone) -> Self {
        Self {
            apex,
            server,
            zone: RwLock::new(zone),
        }
    }

    /// The zone, for reading.
    pub(super) fn zone(&self) -> RwLockReadGuard<'_, Zone> {
        // No code that changes the zone panics.
        self.zone.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The zone, for changing.
    pub(super) fn zone_mut(&self) -> RwLockWriteGuard<'_, Zone> {
        self.zone.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The packet to send for a request, if any.
    pub(super) fn respond(&self, request: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let zone = self.zone();
        let authority = Authority {
            zone: &zone,
            apex: &self.apex,
            server: self.server,
        };
        message::respond(&authority, request, transport)
    }
}
