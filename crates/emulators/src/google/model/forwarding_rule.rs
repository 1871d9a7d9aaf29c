//! Forwarding rules: the frontend of a provider's load balancer, or a consumer's Private Service
//! Connect endpoint.

use serde_json::{Map, Value};

use super::document;
use super::draft::Draft;
use super::firewall::port_range;
use super::forwarding_address;
use super::kind::Kind;
use super::labels;
use super::refusal::Refusal;
use super::resource::Resource;
use super::targeted_attachment;

/// Maximum number of single ports (API reference, `ports`).
const MAX_PORTS: usize = 5;

/// Members that a PATCH can change; the API reference names `networkTier`, clients also change the
/// others.
const CHANGEABLE: [&str; 3] = ["networkTier", "allowGlobalAccess", "allowPscGlobalAccess"];

/// Members of a load balancer's frontend only.
const LOAD_BALANCER_ONLY: [&str; 5] = [
    "backendService",
    "ports",
    "portRange",
    "allPorts",
    "IPProtocol",
];

/// Members of a consumer's endpoint only.
const ENDPOINT_ONLY: [&str; 3] = [
    "allowPscGlobalAccess",
    "noAutomateDnsZone",
    "serviceDirectoryRegistrations",
];

/// Checks and completes a forwarding rule of either kind.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound`, 400 `resourceNotReady` or 400
/// `resourceInUseByAnotherResource` for a resource it refers to.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.text("target").is_some() {
        prepare_endpoint(draft)?;
    } else {
        prepare_load_balancer(draft)?;
    }
    draft.check_network_tier()?;
    labels::prepare(draft)?;
    check_changes(draft)
}

/// # Errors
/// 400 `invalid` for a changed member other than [`CHANGEABLE`].
fn check_changes(draft: &Draft<'_>) -> Result<(), Refusal> {
    let Some(existing) = draft.existing else {
        return Ok(());
    };
    let (before, after) = (labels::of(existing.body()), labels::of(&draft.body));
    if before != after {
        let why = "Labels can only be changed with setLabels.";
        return Err(Refusal::field("labels", after.unwrap_or(&Value::Null), why));
    }
    let members = [existing.body(), &draft.body];
    let members = members.into_iter().filter_map(Value::as_object);
    let fixed: Vec<&str> = members
        .flat_map(Map::iter)
        .filter(|(_, value)| is_set(value))
        .map(|(name, _)| name.as_str())
        .filter(|name| !CHANGEABLE.contains(name) && *name != "labels")
        .collect();
    draft.check_immutable(&fixed)
}

/// Prepares the frontend of an internal passthrough Network Load Balancer.
fn prepare_load_balancer(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    forbid_members(
        draft,
        &ENDPOINT_ONLY,
        "It is for forwarding rules whose target is a service attachment.",
    )?;
    if draft.text("backendService").is_none() {
        return Err(Refusal::required("target"));
    }
    let scheme = draft.text("loadBalancingScheme").unwrap_or("EXTERNAL");
    if scheme != "INTERNAL" {
        let why = "The emulator supports with a backend service: INTERNAL.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    draft.check_enum("IPProtocol", &["TCP", "UDP", "L3_DEFAULT"])?;
    let backends = draft.required_link("backendService", Kind::BackendService)?;
    targeted_attachment::check_region(draft.id, "backendService", &backends.id)?;
    check_ports(draft)?;
    forwarding_address::prepare(draft)
}

/// Checks that the rule has all ports or a few single ones, never both, and never a range.
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
    if let Some(port) = ports.get(MAX_PORTS) {
        let why = format!("Too many ports specified. Maximum is {MAX_PORTS}.");
        return Err(Refusal::field(&format!("ports[{MAX_PORTS}]"), port, &why));
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

/// Prepares a consumer's endpoint: an address that targets a service attachment of the same region.
fn prepare_endpoint(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    forbid_members(
        draft,
        &LOAD_BALANCER_ONLY,
        "It cannot be set on a forwarding rule whose target is a service attachment.",
    )?;
    if draft.existing.is_none() {
        // Reported: hashicorp/terraform-provider-google#16255; labels are set afterwards.
        let why = "Invalid field set in Private Service Connect Forwarding Rule. This field should \
                   not be set.";
        forbid_members(draft, &["labels"], why)?;
    }
    if let Some(scheme) = draft.text("loadBalancingScheme") {
        let why = "It must be empty for a forwarding rule whose target is a service attachment.";
        return Err(Refusal::text("loadBalancingScheme", scheme, why));
    }
    document::remove(&mut draft.body, "loadBalancingScheme");
    targeted_attachment::prepare(draft, "target")?;
    forwarding_address::prepare(draft)
}

fn forbid_members(draft: &Draft<'_>, names: &[&str], why: &str) -> Result<(), Refusal> {
    for name in names {
        if let Some(value) = draft.body.get(*name).filter(|value| is_set(value)) {
            return Err(Refusal::field(name, value, why));
        }
    }
    Ok(())
}

/// Reports whether a member is set: clients also send unset members, as empty or false.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Adds the output-only members.
pub(super) fn add_output_only(rule: &Resource, shown: &mut Value) {
    document::set(shown, "selfLinkWithId", rule.id.sibling_link(rule.number));
    labels::add_output_only(rule.body(), shown);
    if let Some(connection) = &rule.connection {
        document::set(shown, "pscConnectionId", connection.number.to_string());
        document::set(shown, "pscConnectionStatus", connection.status.as_str());
    }
}
