//! What the operator decided, resolved once.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::Ipv4Net;
use underpass_model::refusal::Refusal;
use underpass_model::service::NodePolicy;

/// What the API and the workers need to know of the installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone private names are in, without a trailing dot.
    pub domain: String,
    /// Where nodes may be.
    pub nodes: NodePolicy,
    /// Which endpoint addresses may be put into DNS.
    pub endpoints: EndpointPolicy,
    /// The names, without port, under which the API answers besides loopback addresses.
    pub api_hosts: Vec<String>,
    /// Our own listeners: no service may be registered there.
    pub own_listeners: Vec<SocketAddr>,
    /// How often connections are discovered in the background; `None`: only on refresh.
    pub discovery_interval: Option<std::time::Duration>,
}

/// Which endpoint addresses may be put into DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointPolicy {
    /// Private use (RFC 1918) and shared (RFC 6598) ranges.
    Private,
    /// One range: the embedded default, whose consumers are emulated.
    Within(Ipv4Net),
}

impl EndpointPolicy {
    /// Refuses addresses that a private name must not lead to.
    pub fn check(&self, address: Ipv4Addr) -> Result<(), Refusal> {
        let [first, second, ..] = address.octets();
        let shared = first == 100 && (64..128).contains(&second);
        let (fits, rule) = match self {
            Self::Private => (
                address.is_private() || shared,
                "a private name may only lead to an address of RFC 1918 or RFC 6598".to_owned(),
            ),
            Self::Within(range) => (
                range.contains(&address),
                format!("emulated consumers live in {range}, so endpoint addresses must be in it"),
            ),
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::invalid(
            "endpoint_address",
            format!(
                "Address {address} cannot be the endpoint's: {rule}. Give the address of the \
                 endpoint in the consumer's network"
            ),
        ))
    }
}
