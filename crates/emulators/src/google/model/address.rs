//! Addresses reserved in a subnet.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::Value;

use super::document;
use super::draft::Draft;
use super::ip;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("addressType") != Some("INTERNAL") {
        let kind = draft.text("addressType").unwrap_or("EXTERNAL");
        let why = "Only INTERNAL addresses are served here.";
        return Err(Refusal::text("addressType", kind, why));
    }
    draft.choice("purpose", &["GCE_ENDPOINT", "SHARED_LOADBALANCER_VIP"])?;
    let subnet = draft.required_link("subnetwork", Kind::Subnetwork)?;
    check_region(draft, subnet)?;
    check_purpose(subnet)?;
    let wanted = draft.text("address").map(|text| {
        let why = "It must be an IPv4 address.";
        let malformed = |_| Refusal::text("address", text, why);
        text.parse::<Ipv4Addr>().map_err(malformed)
    });
    let wanted = wanted.transpose()?;
    let claimed = ip::claim(draft, "address", subnet, wanted, &BTreeSet::new())?;
    if let Some(address) = claimed {
        document::put(&mut draft.body, "address", address.to_string());
    }
    Ok(())
}

/// A subnet serves resources of its own region only.
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

/// A subnet for translation serves nothing else.
pub(super) fn check_purpose(subnet: &Resource) -> Result<(), Refusal> {
    let purpose = document::text_or_empty(subnet.body(), "/purpose");
    if purpose == "PRIVATE" {
        return Ok(());
    }
    let why = format!("The subnetwork's purpose is {purpose}; it must be PRIVATE.");
    Err(Refusal::text("subnetwork", &subnet.id.link(), &why))
}

/// The forwarding rule that uses an address, if this is one and it is used.
pub(super) fn holder<'a>(state: &'a State, address: &Resource) -> Option<&'a Resource> {
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

/// Adds whether the address is used, and by whom.
pub(super) fn dress(state: &State, address: &Resource, shown: &mut Value) {
    let user = holder(state, address).filter(|it| it.is_made);
    let status = if user.is_some() { "IN_USE" } else { "RESERVED" };
    document::put(shown, "status", status);
    if let Some(user) = user {
        document::put(shown, "users", vec![user.id.link()]);
    }
}
