//! Forwarding rules: a provider's entry to its machines, or a consumer's endpoint to somebody
//! else's service attachment.

use serde_json::Value;

use super::connection::Connection;
use super::connection::Status;
use super::document;
use super::draft::Draft;
use super::firewall::port_range;
use super::forwarding_address;
use super::id::ResourceId;
use super::kind::Kind;
use super::number;
use super::refusal::Refusal;
use super::request::Request;
use super::resource::Resource;
use super::state::State;

/// Most single ports (documented).
const PORT_LIMIT: usize = 5;

/// What stays as it was when the rule was made: all that says where flows go.
const FIXED: [&str; 10] = [
    "target",
    "backendService",
    "network",
    "subnetwork",
    "IPAddress",
    "IPProtocol",
    "loadBalancingScheme",
    "ports",
    "portRange",
    "allPorts",
];

/// What only a provider's entry can have.
const ENTRY_ONLY: [&str; 5] = [
    "backendService",
    "ports",
    "portRange",
    "allPorts",
    "IPProtocol",
];

/// What only a consumer's endpoint can have.
const ENDPOINT_ONLY: [&str; 3] = [
    "allowPscGlobalAccess",
    "noAutomateDnsZone",
    "serviceDirectoryRegistrations",
];

/// Checks and completes a forwarding rule of either side.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("target").is_some() {
        settle_endpoint(draft)?;
    } else {
        settle_entry(draft)?;
    }
    draft.fixed(&FIXED)
}

/// A provider's entry: an internal passthrough load balancer.
fn settle_entry(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    refuse_members(
        draft,
        &ENDPOINT_ONLY,
        "It is for forwarding rules whose target is a service attachment.",
    )?;
    if draft.text("backendService").is_none() {
        return Err(Refusal::required("target"));
    }
    let scheme = draft.text("loadBalancingScheme").unwrap_or("EXTERNAL");
    if scheme != "INTERNAL" {
        let why = "Served here with a backend service: INTERNAL.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    draft.choice("IPProtocol", &["TCP", "UDP", "L3_DEFAULT"])?;
    let backends = draft.required_link("backendService", Kind::BackendService)?;
    check_region(draft.id, "backendService", &backends.id)?;
    check_ports(draft)?;
    forwarding_address::settle(draft)
}

/// All ports, or a few single ones: never both, and never a range.
fn check_ports(draft: &Draft<'_>) -> Result<(), Refusal> {
    if let Some(range) = draft.text("portRange") {
        let why = "Port ranges are not supported for internal passthrough load balancers; use \
                   allPorts or ports.";
        return Err(Refusal::text("portRange", range, why));
    }
    let ports = document::list(&draft.body, "/ports");
    match (document::flag(&draft.body, "/allPorts"), ports) {
        (true, []) => return Ok(()),
        (false, []) => return Err(Refusal::required("ports")),
        (true, [..]) => {
            let why = "It cannot be set together with ports.";
            return Err(Refusal::text("allPorts", "true", why));
        }
        (false, [..]) => {}
    }
    if let Some(port) = ports.get(PORT_LIMIT) {
        let why = format!("Too many ports specified. Maximum is {PORT_LIMIT}.");
        return Err(Refusal::field(&format!("ports[{PORT_LIMIT}]"), port, &why));
    }
    for (index, port) in ports.iter().enumerate() {
        let single = port.as_str().and_then(port_range);
        if !single.is_some_and(|(first, last)| first == last && first != 0) {
            let why = "It must be a single port from 1 to 65535.";
            return Err(Refusal::field(&format!("ports[{index}]"), port, why));
        }
    }
    Ok(())
}

/// A consumer's endpoint: an address that leads to a service attachment of the same region.
fn settle_endpoint(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    refuse_members(
        draft,
        &ENTRY_ONLY,
        "It cannot be set on a forwarding rule whose target is a service attachment.",
    )?;
    if let Some(scheme) = draft.text("loadBalancingScheme") {
        let why = "It must be empty for a forwarding rule whose target is a service attachment.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    document::discard(&mut draft.body, "loadBalancingScheme");
    settle_target(draft)?;
    forwarding_address::settle(draft)
}

/// The attachment asked for; what an endpoint was made for may be gone since.
fn settle_target(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let link = draft.text("target").unwrap_or_default().to_owned();
    let named = draft.named("target", &link, Kind::ServiceAttachment)?;
    document::put(&mut draft.body, "target", named.link());
    if draft.existing.is_some() {
        return Ok(());
    }
    check_region(draft.id, "target", &named)?;
    let service = draft.state.resource(&named);
    // The message names the rule and not the target (reported: pulumi-gcp#840).
    let service = service.ok_or_else(|| Refusal::not_found(draft.id))?;
    if !service.is_made || service.is_leaving {
        return Err(Refusal::not_ready(&named));
    }
    draft.connection = Some(Connection {
        number: number::connection_number(draft.rng),
        attachment: named,
        attachment_number: service.number,
        joined: None,
        status: Status::Pending,
        nat_ips: Vec::new(),
    });
    Ok(())
}

fn refuse_members(draft: &Draft<'_>, names: &[&str], why: &str) -> Result<(), Refusal> {
    for name in names {
        if let Some(value) = draft.body.get(*name).filter(|value| says_something(value)) {
            return Err(Refusal::field(name, value, why));
        }
    }
    Ok(())
}

/// Clients also send members that they do not set: empty, or off.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// # Errors
/// Refuses something that is elsewhere than the forwarding rule.
fn check_region(id: &ResourceId, field: &str, named: &ResourceId) -> Result<(), Refusal> {
    if named.location == id.location {
        return Ok(());
    }
    let why = format!(
        "It must be in the region of the forwarding rule, {}.",
        id.location
    );
    Err(Refusal::text(field, &named.link(), &why))
}

/// Adds what only the server writes.
pub(super) fn dress(_: &State, rule: &Resource, _: &Request, shown: &mut Value) {
    if let Some(connection) = &rule.connection {
        document::put(shown, "pscConnectionId", connection.number.to_string());
        document::put(shown, "pscConnectionStatus", connection.status.as_str());
    }
}
