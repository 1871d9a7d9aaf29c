//! Responses from the current zone.

use std::net::Ipv4Addr;

use arc_swap::ArcSwap;
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
    /// The zone served.
    pub(super) zone: ArcSwap<Zone>,
}

impl Responder {
    /// The packet to send for a request, if any.
    pub(super) fn respond(&self, request: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let zone = self.zone.load();
        let authority = Authority {
            zone: &zone,
            apex: &self.apex,
            server: self.server,
        };
        message::respond(&authority, request, transport)
    }
}
