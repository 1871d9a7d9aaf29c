//! Service attachments: a forwarding rule published to consumers, its accept and reject lists, and
//! its NAT subnets.

use serde_json::{Value, json};

use super::accept_list::ConsumerLists;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::Request;
use super::resource::Resource;
use super::state::State;
use super::subnetwork::NAT_PURPOSE;

/// Default of `propagatedConnectionLimit`, in spokes per endpoint (API reference).
const DEFAULT_PROPAGATED_LIMIT: u64 = 250;

/// Default of `natIpsPerEndpoint`, in addresses (API reference).
const DEFAULT_NAT_IPS_PER_ENDPOINT: u64 = 1;

/// Maximum number of domain names (API reference).
const MAX_DOMAIN_NAMES: usize = 1;

/// Checks and completes an attachment.
///
/// # Errors
/// 400 `required` or `invalid`, 400 `resourceInUseByAnotherResource` for a NAT subnet of another
/// attachment, 404 `notFound` or 400 `resourceNotReady` for a resource it refers to.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("connectionPreference").is_none() {
        return Err(Refusal::required("connectionPreference"));
    }
    let target = prepare_target(draft)?;
    prepare_nat_subnets(draft, target)?;
    check_lists(&draft.body)?;
    document::set_default(&mut draft.body, "enableProxyProtocol", false);
    document::set_default(&mut draft.body, "reconcileConnections", false);
    document::set_default(
        &mut draft.body,
        "propagatedConnectionLimit",
        DEFAULT_PROPAGATED_LIMIT,
    );
    document::set_default(
        &mut draft.body,
        "natIpsPerEndpoint",
        DEFAULT_NAT_IPS_PER_ENDPOINT,
    );
    if document::number(&draft.body, "/natIpsPerEndpoint") == Some(0) {
        return Err(Refusal::text(
            "natIpsPerEndpoint",
            "0",
            "It must be 1 or more.",
        ));
    }
    check_domains(draft)
}

/// Checks the published forwarding rule: any of the region on insert, and immutable later.
fn prepare_target<'a>(draft: &mut Draft<'a>) -> Result<&'a Resource, Refusal> {
    // The deprecated name of the same member.
    if let Some(old) = draft.text("producerForwardingRule").map(str::to_owned) {
        document::set_default(&mut draft.body, "targetService", old.as_str());
        let new = draft.text("targetService").unwrap_or_default();
        let new = draft.resolve("targetService", new, Kind::ForwardingRule)?;
        if draft.resolve("producerForwardingRule", &old, Kind::ForwardingRule)? != new {
            let why = "It must name the same forwarding rule as targetService.";
            return Err(Refusal::text("producerForwardingRule", &old, why));
        }
    }
    document::remove(&mut draft.body, "producerForwardingRule");
    if let Some(existing) = draft.existing {
        let link = draft.text("targetService").unwrap_or_default();
        let named = draft.resolve("targetService", link, Kind::ForwardingRule)?;
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

/// Checks the NAT subnets: of purpose PRIVATE_SERVICE_CONNECT, in the target's network, and used by
/// no other attachment.
fn prepare_nat_subnets(draft: &mut Draft<'_>, target: &Resource) -> Result<(), Refusal> {
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
/// 400 `invalid` for a resource in another region than the attachment.
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
    ConsumerLists::parse(body)
        .map(|_| ())
        .map_err(|fault| Refusal::field(&fault.field, &fault.value, &fault.why))
}

/// Checks the domain names; their ownership is not verified.
fn check_domains(draft: &Draft<'_>) -> Result<(), Refusal> {
    draft.check_immutable(&["domainNames"])?;
    for (index, name) in document::texts(&draft.body, "/domainNames").enumerate() {
        let field = format!("domainNames[{index}]");
        if index >= MAX_DOMAIN_NAMES {
            let why = format!("Too many domain names specified. Maximum is {MAX_DOMAIN_NAMES}.");
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

/// Returns the number of NAT addresses of each endpoint.
pub(super) fn nat_ips_per_endpoint(service: &Resource) -> usize {
    let each = document::number(service.body(), "/natIpsPerEndpoint");
    usize::try_from(each.unwrap_or(DEFAULT_NAT_IPS_PER_ENDPOINT)).unwrap_or(usize::MAX)
}

/// Adds the output-only members.
pub(super) fn add_output_only(
    state: &State,
    service: &Resource,
    request: &Request,
    shown: &mut Value,
) {
    // Two opaque 64-bit numbers that never change.
    let (high, low) = (service.number.reverse_bits(), service.number);
    let id = json!({ "high": high.to_string(), "low": low.to_string() });
    document::set(shown, "pscServiceAttachmentId", id);
    if let Some(target) = service.body().get("targetService") {
        document::set(shown, "producerForwardingRule", target.clone());
    }
    let with_nat_ips = request
        .query("showNatIps")
        .is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let endpoints = state
        .connected_endpoints(&service.id)
        .map_or(&[][..], |list| list.published());
    if !endpoints.is_empty() {
        let documents: Vec<Value> = endpoints
            .iter()
            .map(|it| it.to_document(with_nat_ips))
            .collect();
        document::set(shown, "connectedEndpoints", documents);
    }
}
