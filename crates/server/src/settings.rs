//! Settings of the installation.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::Ipv4Net;
use underpass_model::cloud::CloudName;
use underpass_model::google::RejectList;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::refusal::Refusal;
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;

use crate::limits::CurrentLimits;
use crate::proof_key::ProofKey;

/// Settings that the API and the workers share.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Zone of the private names, without a trailing dot.
    pub domain: String,
    /// Regions that new objects may be in.
    pub regions: KnownRegions,
    /// Allowed addresses of nodes.
    pub nodes: NodePolicy,
    /// Endpoint addresses that may be published in DNS.
    pub endpoints: EndpointPolicy,
    /// Host names, without port, under which the API answers besides loopback addresses.
    pub api_hosts: Vec<String>,
    /// Listeners of Underpass; services cannot be registered there.
    pub own_listeners: Vec<SocketAddr>,
    /// Interval of background sweeps; `None`: connections are discovered only on refresh.
    pub discovery_interval: Option<std::time::Duration>,
    /// When a part that a cloud does not show any more counts as gone.
    pub absence: AbsenceRule,
    /// Key of the proofs of our links and decisions; not in the store.
    pub proof_key: ProofKey,
    /// Use of the reject list of service attachments on Google.
    pub reject_list: RejectList,
    /// Limits of projects, and of what is kept.
    pub limits: CurrentLimits,
}

/// Endpoint addresses that may be published in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointPolicy {
    /// Private (RFC 1918) and shared (RFC 6598) ranges.
    Private,
    /// One range, for emulated consumers.
    Within(Ipv4Net),
}

impl Settings {
    /// Reads the cloud of a new object.
    ///
    /// # Errors
    /// * `unknown_cloud`: the text is not a provider and a region.
    /// * `unknown_region`: the provider has no such region.
    pub fn cloud(&self, text: &str) -> Result<CloudName, Refusal> {
        let cloud: CloudName = text.parse()?;
        self.regions.check(&cloud)?;
        Ok(cloud)
    }
}

impl EndpointPolicy {
    /// Refuses addresses that a private name must not resolve to.
    ///
    /// # Errors
    /// `endpoint_address` if the address is outside the allowed ranges.
    pub fn check(&self, address: Ipv4Addr) -> Result<(), Refusal> {
        let [first, second, ..] = address.octets();
        let shared = first == 100 && (64..128).contains(&second);
        let (fits, rule) = match self {
            Self::Private => (
                address.is_private() || shared,
                "a private name may only resolve to an address of RFC 1918 or RFC 6598".to_owned(),
            ),
            Self::Within(range) => (
                range.contains(&address),
                format!("emulated consumers use {range}, so endpoint addresses must be in it"),
            ),
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::invalid(
            "endpoint_address",
            format!(
                "Address {address} is not a valid endpoint address: {rule}. Enter the \
                 endpoint's address in the consumer's network"
            ),
        ))
    }
}
