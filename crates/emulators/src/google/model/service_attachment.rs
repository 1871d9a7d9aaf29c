//! Service attachments: a forwarding rule offered to consumers, who is let in, and the ranges that
//! their flows seem to come from.

use serde_json::{Value, json};

use super::accept_list::Lists;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::Request;
use super::resource::Resource;
use super::state::State;
use super::subnetwork::NAT_PURPOSE;

/// Spokes that one endpoint may be propagated to, where the client does not say (documented).
const PROPAGATED: u64 = 250;

/// Addresses that an endpoint takes, where the client does not say (documented).
const ADDRESSES_EACH: u64 = 1;

/// Most domain names (documented).
const DOMAIN_NAMES: usize = 1;

/// Checks and completes an attachment.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("connectionPreference").is_none() {
        return Err(Refusal::required("connectionPreference"));
    }
    let target = settle_target(draft)?;
    settle_ranges(draft, target)?;
    check_lists(&draft.body)?;
    document::default(&mut draft.body, "enableProxyProtocol", false);
    document::default(&mut draft.body, "reconcileConnections", false);
    document::default(&mut draft.body, "propagatedConnectionLimit", PROPAGATED);
    document::default(&mut draft.body, "natIpsPerEndpoint", ADDRESSES_EACH);
    if document::number(&draft.body, "/natIpsPerEndpoint") == Some(0) {
        return Err(Refusal::text(
            "natIpsPerEndpoint",
            "0",
            "It must be 1 or more.",
        ));
    }
    check_domains(draft)
}

/// The forwarding rule that is offered: any of the region on insert, and the same for life.
fn settle_target<'a>(draft: &mut Draft<'a>) -> Result<&'a Resource, Refusal> {
    // The old name of the same member; what it is kept under does not change.
    if let Some(old) = draft.text("producerForwardingRule").map(str::to_owned) {
        document::default(&mut draft.body, "targetService", old);
    }
    document::discard(&mut draft.body, "producerForwardingRule");
    if let Some(existing) = draft.existing {
        let link = draft.text("targetService").unwrap_or_default();
        let named = draft.named("targetService", link, Kind::ForwardingRule)?;
        if existing.linked("/targetService").as_ref() != Some(&named) {
            let why = "The target service of a service attachment cannot be changed.";
            return Err(Refusal::text("targetService", link, why));
        }
    }
    let target = draft.required_link("targetService", Kind::ForwardingRule)?;
    let link = target.id.link();
    check_region(draft.id, "targetService", &target.id)?;
    if document::text(target.body(), "/loadBalancingScheme") != Some("INTERNAL") {
        let why = "It must be a forwarding rule of an internal load balancer.";
        return Err(Refusal::text("targetService", &link, why));
    }
    Ok(target)
}

/// The ranges for translation: made for it, of the target's network, and nobody else's.
fn settle_ranges(draft: &mut Draft<'_>, target: &Resource) -> Result<(), Refusal> {
    let subnets = draft.links("natSubnets", Kind::Subnetwork)?;
    if subnets.is_empty() {
        return Err(Refusal::required("natSubnets"));
    }
    for (index, subnet) in subnets.iter().enumerate() {
        let field = format!("natSubnets[{index}]");
        let link = subnet.id.link();
        check_region(draft.id, &field, &subnet.id)?;
        if document::text(subnet.body(), "/purpose") != Some(NAT_PURPOSE) {
            let why = format!("The purpose of the subnetwork must be {NAT_PURPOSE}.");
            return Err(Refusal::text(&field, &link, &why));
        }
        if subnet.linked("/network") != target.linked("/network") {
            let why = "The subnetwork must be in the network of the target service.";
            return Err(Refusal::text(&field, &link, why));
        }
        if subnets
            .iter()
            .take(index)
            .any(|other| other.id == subnet.id)
        {
            return Err(Refusal::text(&field, &link, "It is listed twice."));
        }
        let other = draft
            .state
            .users(&subnet.id)
            .find(|user| user.id != *draft.id);
        if let Some(other) = other {
            return Err(Refusal::in_use(&subnet.id, &other.id));
        }
    }
    Ok(())
}

/// # Errors
/// Refuses something that is elsewhere than the attachment.
fn check_region(id: &ResourceId, field: &str, named: &ResourceId) -> Result<(), Refusal> {
    if named.location == id.location {
        return Ok(());
    }
    let why = format!(
        "It must be in the region of the service attachment, {}.",
        id.location
    );
    Err(Refusal::text(field, &named.link(), &why))
}

fn check_lists(body: &Value) -> Result<(), Refusal> {
    Lists::read(body)
        .map(|_| ())
        .map_err(|fault| Refusal::field(&fault.field, &fault.value, &fault.why))
}

/// Whether the publisher owns the domain is not looked into.
fn check_domains(draft: &Draft<'_>) -> Result<(), Refusal> {
    draft.fixed(&["domainNames"])?;
    for (index, name) in document::texts(&draft.body, "/domainNames").enumerate() {
        let field = format!("domainNames[{index}]");
        if index >= DOMAIN_NAMES {
            let why = format!("Too many domain names specified. Maximum is {DOMAIN_NAMES}.");
            return Err(Refusal::text(&field, name, &why));
        }
        if !name.ends_with('.') {
            return Err(Refusal::text(
                &field,
                name,
                "A domain name must end with a dot.",
            ));
        }
    }
    Ok(())
}

/// Addresses that each endpoint takes.
pub(super) fn addresses_each(service: &Resource) -> usize {
    let each = document::number(service.body(), "/natIpsPerEndpoint");
    usize::try_from(each.unwrap_or(ADDRESSES_EACH)).unwrap_or(usize::MAX)
}

/// Adds what only the server writes.
pub(super) fn dress(state: &State, service: &Resource, request: &Request, shown: &mut Value) {
    // Twice 64 bits, of which nothing is known but that they stay.
    let (high, low) = (service.number.reverse_bits(), service.number);
    let id = json!({ "high": high.to_string(), "low": low.to_string() });
    document::put(shown, "pscServiceAttachmentId", id);
    let with_nat_ips = request
        .query("showNatIps")
        .is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let entries = state
        .view(&service.id)
        .map_or(&[][..], |view| view.entries());
    if !entries.is_empty() {
        let shown_entries: Vec<Value> = entries.iter().map(|it| it.shown(with_nat_ips)).collect();
        document::put(shown, "connectedEndpoints", shown_entries);
    }
}
