//! Quotas of the network provider in a region.

use serde_json::{Value, json};

use super::kind::Kind;
use super::refusal::Refusal;
use super::reply::{Reply, listed};
use super::state::State;
use super::{location, resource::Resource};

/// Quotas by name, display name and kind, with their default limits (Microsoft Learn, "Azure
/// subscription and service limits": Networking, Private Link). They are shown, not enforced.
const QUOTAS: [(&str, &str, Kind, u64); 6] = [
    (
        "VirtualNetworks",
        "Virtual Networks",
        Kind::VirtualNetwork,
        1000,
    ),
    (
        "PublicIPAddresses",
        "Public IP Addresses",
        Kind::PublicIp,
        1000,
    ),
    (
        "NetworkInterfaces",
        "Network Interfaces",
        Kind::NetworkInterface,
        65536,
    ),
    (
        "PrivateEndpoints",
        "Private Endpoints",
        Kind::PrivateEndpoint,
        65536,
    ),
    ("LoadBalancers", "Load Balancers", Kind::LoadBalancer, 1000),
    (
        "PrivateLinkServices",
        "Private Link Services",
        Kind::PrivateLinkService,
        800,
    ),
];

/// `GET …/providers/Microsoft.Network/locations/{location}/usages`.
///
/// # Errors
/// `LocationNotAvailableForResourceType`.
pub(super) fn list(state: &State, subscription: &str, location: &str) -> Result<Reply, Refusal> {
    let location = location::canonical(location);
    location::check(state, &location, Some("Microsoft.Network/locations/usages"))?;
    let is_counted = |it: &&Resource| {
        it.id.subscription().eq_ignore_ascii_case(subscription) && it.location() == location
    };
    Ok(listed(QUOTAS.iter().map(|(name, words, kind, limit)| {
        let count = state.of_kind(*kind).filter(is_counted).count();
        shown(subscription, &location, (name, words), count, *limit)
    })))
}

fn shown(
    subscription: &str,
    location: &str,
    (name, words): (&str, &str),
    count: usize,
    limit: u64,
) -> Value {
    json!({
        "id": format!(
            "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/usages/{name}"
        ),
        "unit": "Count",
        "currentValue": count,
        "limit": limit,
        "name": {"value": name, "localizedValue": words},
    })
}
