//! Subnets of a network: for instances and forwarding rules, or for the NAT of service attachments.

use ipnet::Ipv4Net;
use serde_json::Value;

use super::document;
use super::draft::Draft;
use super::ip_allocation;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;

/// The purpose of a subnet for the NAT of service attachments.
pub(super) const NAT_PURPOSE: &str = "PRIVATE_SERVICE_CONNECT";

/// Valid prefix lengths of a subnet, in bits (docs: "Subnets", valid ranges).
const PREFIX_LENGTHS: std::ops::RangeInclusive<u8> = 4..=29;

/// Checks and completes a subnet.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for the network.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let network = draft.required_link("network", Kind::Network)?;
    draft.check_enum("purpose", &["PRIVATE", NAT_PURPOSE])?;
    document::set_default(&mut draft.body, "privateIpGoogleAccess", false);
    let text = draft
        .text("ipCidrRange")
        .ok_or_else(|| Refusal::required("ipCidrRange"))?;
    let range = checked_range(text)?;
    if draft.existing.is_some() {
        return draft.check_immutable(&["network", "ipCidrRange", "purpose"]);
    }
    let other = draft
        .state
        .of_kind(Kind::Subnetwork)
        .filter(|it| it.linked("/network").as_ref() == Some(&network.id))
        .find(|it| ip_allocation::range_of(it).is_some_and(|it| overlap(it, range)));
    match other {
        None => Ok(()),
        Some(other) => Err(Refusal::new(
            400,
            "invalid",
            format!(
                "Invalid IPCidrRange: {range} conflicts with existing subnetwork '{}' in region \
                 '{}'.",
                other.id.name,
                other.id.location.region().unwrap_or_default()
            ),
        )),
    }
}

fn checked_range(text: &str) -> Result<Ipv4Net, Refusal> {
    let range: Option<Ipv4Net> = text.parse().ok();
    range
        .filter(|it| it.trunc() == *it && PREFIX_LENGTHS.contains(&it.prefix_len()))
        .ok_or_else(|| {
            let why = format!(
                "It must be an IPv4 range in CIDR form without host bits, with a prefix length from {} to {}.",
                PREFIX_LENGTHS.start(),
                PREFIX_LENGTHS.end()
            );
            Refusal::text("ipCidrRange", text, &why)
        })
}

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Adds the output-only member `gatewayAddress`: the first address after the network's own.
pub(super) fn add_output_only(subnet: &Resource, shown: &mut Value) {
    if let Some(range) = ip_allocation::range_of(subnet) {
        let gateway = u32::from(range.network()).saturating_add(1);
        let gateway = std::net::Ipv4Addr::from(gateway).to_string();
        document::set(shown, "gatewayAddress", gateway);
    }
}
