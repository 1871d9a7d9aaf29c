//! Internal addresses reserved in a subnet.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::Value;

use super::document;
use super::draft::Draft;
use super::ip_allocation;
use super::kind::Kind;
use super::labels;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Checks and completes an address.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for the subnetwork.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("addressType") != Some("INTERNAL") {
        let kind = draft.text("addressType").unwrap_or("EXTERNAL");
        let why = "The emulator supports: INTERNAL.";
        return Err(Refusal::text("addressType", kind, why));
    }
    draft.check_enum("purpose", &["GCE_ENDPOINT", "SHARED_LOADBALANCER_VIP"])?;
    draft.check_network_tier()?;
    labels::prepare(draft)?;
    let subnet = draft.required_link("subnetwork", Kind::Subnetwork)?;
    check_region(draft, subnet)?;
    check_purpose(subnet)?;
    let requested = draft.text("address").map(|text| {
        let why = "It must be an IPv4 address.";
        let malformed = |_| Refusal::text("address", text, why);
        text.parse::<Ipv4Addr>().map_err(malformed)
    });
    let requested = requested.transpose()?;
    let allocated = ip_allocation::allocate(draft, "address", subnet, requested, &BTreeSet::new())?;
    if let Some(address) = allocated {
        document::set(&mut draft.body, "address", address.to_string());
    }
    Ok(())
}

/// Checks that a subnet is in the region of the resource.
///
/// # Errors
/// 400 `invalid` for a subnet of another region.
pub(super) fn check_region(draft: &Draft<'_>, subnet: &Resource) -> Result<(), Refusal> {
    let (region, own) = (subnet.id.location.region(), draft.id.location.region());
    if region == own {
        return Ok(());
    }
    let why = format!(
        "The subnetwork must be in region '{}', the same as this resource.",
        own.unwrap_or_default()
    );
    Err(Refusal::text("subnetwork", &subnet.id.link(), &why))
}

/// Checks that a subnet is for instances and forwarding rules, not for NAT.
///
/// # Errors
/// 400 `invalid` for another purpose than `PRIVATE`.
pub(super) fn check_purpose(subnet: &Resource) -> Result<(), Refusal> {
    let purpose = document::text_or_empty(subnet.body(), "/purpose");
    if purpose == "PRIVATE" {
        return Ok(());
    }
    let why = format!("The subnetwork's purpose is {purpose}; it must be PRIVATE.");
    Err(Refusal::text("subnetwork", &subnet.id.link(), &why))
}

/// Returns the forwarding rule that uses an address; `None` for other resources.
pub(super) fn user<'a>(state: &'a State, address: &Resource) -> Option<&'a Resource> {
    if address.id.kind != Kind::Address {
        return None;
    }
    let literal = document::text(address.body(), "/address")?;
    let subnet = state.resource(&address.linked("/subnetwork")?)?;
    let network = document::text(subnet.body(), "/network")?;
    state.of_kind(Kind::ForwardingRule).find(|it| {
        document::text(it.body(), "/IPAddress") == Some(literal)
            && document::text(it.body(), "/network") == Some(network)
    })
}

/// Adds the output-only members.
pub(super) fn add_output_only(state: &State, address: &Resource, shown: &mut Value) {
    let user = user(state, address).filter(|it| it.is_created);
    let status = if user.is_some() { "IN_USE" } else { "RESERVED" };
    document::set(shown, "status", status);
    labels::add_output_only(address.body(), shown);
    if let Some(user) = user {
        document::set(shown, "users", vec![user.id.link()]);
    }
}
