//! The documents of the recorded replies.

use serde_json::{Value, json};

pub(super) fn group() -> Value {
    json!({ "id": "id", "name": "text", "type": "=Microsoft.Resources/resourceGroups",
        "location": "=eastus", "properties": { "provisioningState": "=Succeeded" } })
}

/// The members of every top-level resource of the network provider.
fn resource(kind: &str, location: &str, properties: Value) -> Value {
    let kind = format!("=Microsoft.Network/{kind}");
    json!({ "name": "text", "id": "id", "etag": "tag", "type": kind, "location": location,
        "properties": properties })
}

/// The members of every part of a resource.
fn part(kind: &str, properties: Value) -> Value {
    let kind = format!("=Microsoft.Network/{kind}");
    json!({ "name": "text", "id": "id", "etag": "tag", "type": kind, "properties": properties })
}

fn is(text: &str) -> Value {
    Value::String(format!("={text}"))
}

pub(super) fn subnet(state: &str, policies: &str) -> Value {
    part(
        "virtualNetworks/subnets",
        json!({
            "provisioningState": is(state),
            "addressPrefix": "text",
            "delegations": [],
            "privateEndpointNetworkPolicies": "=Disabled",
            "privateLinkServiceNetworkPolicies": is(policies),
        }),
    )
}

/// A subnet with the policies that it has unless its client says otherwise.
pub(super) fn plain_subnet(state: &str) -> Value {
    subnet(state, "Enabled")
}

/// A network with these subnets.
fn network(state: &str, location: &str, subnets: Value) -> Value {
    resource(
        "virtualNetworks",
        location,
        json!({
            "provisioningState": is(state),
            "resourceGuid": "guid",
            "addressSpace": { "addressPrefixes": ["text"] },
            "privateEndpointVNetPolicies": "=Disabled",
            "subnets": subnets,
            "virtualNetworkPeerings": [],
            "enableDdosProtection": false,
        }),
    )
}

pub(super) fn empty_network(state: &str) -> Value {
    network(state, "=eastus", json!([]))
}

/// An empty network in another region than its group.
pub(super) fn western_network(state: &str) -> Value {
    network(state, "=westus", json!([]))
}

/// A network whose subnet has its policies on.
pub(super) fn plain_network(state: &str) -> Value {
    network(state, "=eastus", json!([subnet(state, "Enabled")]))
}

/// A network whose subnet takes private link services.
pub(super) fn service_network(state: &str) -> Value {
    network(state, "=eastus", json!([subnet(state, "Disabled")]))
}

fn address(state: &str, sku: &str, method: &str) -> Value {
    let mut shape = resource(
        "publicIPAddresses",
        "=eastus",
        json!({
            "provisioningState": is(state),
            "resourceGuid": "guid",
            "publicIPAddressVersion": "=IPv4",
            "publicIPAllocationMethod": is(method),
            "idleTimeoutInMinutes": 4,
            "ipTags": [],
        }),
    );
    shape["sku"] = json!({ "name": is(sku), "tier": "=Regional" });
    shape
}

/// An address that names no SKU: no address is allocated.
pub(super) fn basic_address(state: &str) -> Value {
    address(state, "Basic", "Dynamic")
}

/// A Standard address: shown once the operation has ended.
pub(super) fn standard_address(state: &str) -> Value {
    let mut shape = address(state, "Standard", "Static");
    shape["properties"]["ddosSettings"] = json!({ "protectionMode": "=VirtualNetworkInherited" });
    if state == "Succeeded" {
        shape["properties"]["ipAddress"] = json!("address");
    }
    shape
}

/// A balancer with a public frontend and nothing else.
pub(super) fn balancer(pools: Value) -> Value {
    let frontend = part(
        "loadBalancers/frontendIPConfigurations",
        json!({
            "provisioningState": "=Succeeded",
            "privateIPAllocationMethod": "=Dynamic",
            "publicIPAddress": { "id": "id" },
        }),
    );
    let mut shape = resource(
        "loadBalancers",
        "=eastus",
        json!({
            "provisioningState": "=Succeeded",
            "resourceGuid": "guid",
            "frontendIPConfigurations": [frontend],
            "backendAddressPools": pools,
            "loadBalancingRules": [],
            "probes": [],
            "inboundNatRules": [],
            "outboundRules": [],
            "inboundNatPools": [],
        }),
    );
    shape["sku"] = json!({ "name": "=Standard", "tier": "=Regional" });
    shape
}

pub(super) fn pool(state: &str) -> Value {
    part(
        "loadBalancers/backendAddressPools",
        json!({ "provisioningState": is(state), "loadBalancerBackendAddresses": [] }),
    )
}

pub(super) fn interface() -> Value {
    let configuration = part(
        "networkInterfaces/ipConfigurations",
        json!({
            "provisioningState": "=Succeeded",
            "privateIPAddress": "=10.0.0.4",
            "privateIPAllocationMethod": "=Dynamic",
            "subnet": { "id": "id" },
            "primary": true,
            "privateIPAddressVersion": "=IPv4",
        }),
    );
    let mut shape = resource(
        "networkInterfaces",
        "=eastus",
        json!({
            "provisioningState": "=Succeeded",
            "resourceGuid": "guid",
            "ipConfigurations": [configuration],
            "dnsSettings": {
                "dnsServers": [], "appliedDnsServers": [], "internalDomainNameSuffix": "text",
            },
            "enableAcceleratedNetworking": false,
            "vnetEncryptionSupported": false,
            "enableIPForwarding": false,
            "disableTcpStateTracking": false,
            "hostedWorkloads": [],
            "tapConfigurations": [],
            "nicType": "=Standard",
            "allowPort25Out": true,
            "defaultOutboundConnectivityEnabled": false,
            "auxiliaryMode": "=None",
            "auxiliarySku": "=None",
        }),
    );
    shape["kind"] = json!("=Regular");
    shape
}

/// A service without connections.
pub(super) fn service(state: &str) -> Value {
    let configuration = part(
        "privateLinkServices/ipConfigurations",
        json!({
            "provisioningState": "=Succeeded",
            "privateIPAllocationMethod": "=Dynamic",
            "subnet": { "id": "id" },
            "primary": true,
            "privateIPAddressVersion": "=IPv4",
        }),
    );
    resource(
        "privateLinkServices",
        "=eastus",
        json!({
            "provisioningState": is(state),
            "resourceGuid": "guid",
            "fqdns": [],
            "alias": "text",
            "enableProxyProtocol": false,
            "loadBalancerFrontendIpConfigurations": [{ "id": "id" }],
            "ipConfigurations": [configuration],
            "privateEndpointConnections": [],
            "networkInterfaces": [{ "id": "id" }],
        }),
    )
}

/// An endpoint with one connection that was approved by the right of its client.
pub(super) fn endpoint(state: &str) -> Value {
    let connection = part(
        "privateEndpoints/privateLinkServiceConnections",
        json!({
            "provisioningState": "=Succeeded",
            "privateLinkServiceId": "id",
            "privateLinkServiceConnectionState": automatic(),
        }),
    );
    resource(
        "privateEndpoints",
        "=eastus",
        json!({
            "provisioningState": is(state),
            "resourceGuid": "guid",
            "privateLinkServiceConnections": [connection],
            "manualPrivateLinkServiceConnections": [],
            "customNetworkInterfaceName": "=",
            "subnet": { "id": "id" },
            "ipConfigurations": [],
            "networkInterfaces": [{ "id": "id" }],
            "customDnsConfigs": [],
            "isIPv6EnabledPrivateEndpoint": false,
        }),
    )
}

/// The state of a connection that its client's right approved.
pub(super) fn automatic() -> Value {
    json!({ "status": "=Approved", "description": "=Auto Approved", "actionsRequired": "=None" })
}

/// A private DNS zone with its SOA record set only.
pub(super) fn zone() -> Value {
    json!({ "id": "id", "name": "=zone.local", "type": "=Microsoft.Network/privateDnsZones",
        "etag": "guid", "location": "=global", "properties": {
            "internalId": "text",
            "maxNumberOfRecordSets": 25_000,
            "maxNumberOfVirtualNetworkLinks": 1_000,
            "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
            "numberOfRecordSets": 1,
            "numberOfVirtualNetworkLinks": 0,
            "numberOfVirtualNetworkLinksWithRegistration": 0,
            "provisioningState": "=Succeeded",
        } })
}

/// A link that registers names.
pub(super) fn network_link(name: &str) -> Value {
    json!({ "id": "id", "name": is(name), "etag": "quoted", "location": "=global",
        "type": "=Microsoft.Network/privateDnsZones/virtualNetworkLinks", "properties": {
            "provisioningState": "=Succeeded",
            "registrationEnabled": true,
            "virtualNetwork": { "id": "id" },
            "virtualNetworkLinkState": "=Completed",
        } })
}

/// A zone group with one zone and without records.
pub(super) fn zone_group(state: &str) -> Value {
    let config = part(
        "privateEndpoints/privateDnsZoneGroups/privateDnsZoneConfigs",
        json!({ "provisioningState": is(state), "privateDnsZoneId": "id", "recordSets": [] }),
    );
    part(
        "privateEndpoints/privateDnsZoneGroups",
        json!({ "provisioningState": is(state), "privateDnsZoneConfigs": [config] }),
    )
}
