//! Request bodies for the resources of a fixture.

use serde_json::{Value, json};

use super::fixture::{REGION, link, regional, zonal};

pub(super) fn subnet(name: &str, range: &str, purpose: &str) -> Value {
    json!({
        "name": name, "network": "global/networks/net", "ipCidrRange": range, "purpose": purpose,
    })
}

/// An instance in `nodes`.
pub(super) fn instance(name: &str) -> Value {
    let subnet = format!("regions/{REGION}/subnetworks/nodes");
    json!({ "name": name, "networkInterfaces": [{ "subnetwork": subnet }] })
}

/// A backend service with the group `neg` and the health check `hc`.
pub(super) fn backend_service(name: &str) -> Value {
    json!({
        "name": name, "loadBalancingScheme": "INTERNAL", "protocol": "TCP",
        "healthChecks": [regional("healthChecks/hc")],
        "backends": [{
            "group": link(&zonal("networkEndpointGroups/neg")), "balancingMode": "CONNECTION",
        }],
    })
}

/// An internal load balancer's forwarding rule on all ports, with the backend service `bs`.
pub(super) fn load_balancer(name: &str) -> Value {
    json!({
        "name": name, "loadBalancingScheme": "INTERNAL", "IPProtocol": "TCP", "allPorts": true,
        "backendService": regional("backendServices/bs"),
        "network": "global/networks/net", "subnetwork": regional("subnetworks/nodes"),
    })
}

/// An attachment of `fr` with manual acceptance and connection reconciliation.
pub(super) fn attachment(name: &str) -> Value {
    json!({
        "name": name, "connectionPreference": "ACCEPT_MANUAL", "reconcileConnections": true,
        "targetService": regional("forwardingRules/fr"), "natSubnets": [regional("subnetworks/nat")],
    })
}

/// A firewall rule of priority 900 that allows these TCP ports from the range of `nat`.
pub(super) fn allow(name: &str, ports: &[&str]) -> Value {
    json!({
        "name": name, "network": "global/networks/net", "direction": "INGRESS", "priority": 900,
        "sourceRanges": ["172.24.0.0/28"],
        "allowed": [{ "IPProtocol": "tcp", "ports": ports }],
    })
}

/// An endpoint to `sa` in a consumer's subnet `default`.
pub(super) fn endpoint(name: &str) -> Value {
    json!({
        "name": name, "target": regional("serviceAttachments/sa"),
        "network": "global/networks/net",
        "subnetwork": format!("regions/{REGION}/subnetworks/default"),
    })
}

/// A document with some members replaced.
pub(super) fn with_members(mut body: Value, changes: Value) -> Value {
    if let (Value::Object(members), Value::Object(changes)) = (&mut body, changes) {
        members.extend(changes);
    }
    body
}
