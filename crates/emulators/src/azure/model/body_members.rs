//! Members of resources: names, types and enumerations, as Microsoft's models of api-version
//! 2024-05-01 describe them (azure-mgmt-network 28.1.0), and those that later versions added up to
//! 2026-03-01 (azure-mgmt-network 33.1.0).

use super::body_shape::Object;
use super::body_shape::Shape::{
    self, Any, Elements, Flag, Many, Newer, NewerWord, One, Reference, References, Text, Texts,
    Whole, Word,
};
use super::kind::Kind;
use super::private_dns_members;
use super::security_group_members;

const ALLOCATION: Shape = Word(&["Dynamic", "Static"]);
const VERSION: Shape = Word(&["IPv4", "IPv6"]);
const TRANSPORT: Shape = Word(&["All", "Tcp", "Udp"]);
const SWITCH: Shape = Word(&["Enabled", "Disabled"]);

/// The SKU of a load balancer or a public address.
pub(super) const SKU: Object = Object {
    name: "Sku",
    members: &[
        (
            "name",
            Word(&["Basic", "Standard", "Gateway", "StandardV2"]),
        ),
        ("tier", Word(&["Regional", "Global"])),
    ],
};

/// The `properties` of a kind of resource.
pub(super) fn of(kind: Kind) -> &'static Object {
    match kind {
        Kind::VirtualNetwork => &VIRTUAL_NETWORK,
        Kind::Subnet => &SUBNET,
        Kind::PublicIp => &PUBLIC_ADDRESS,
        Kind::NetworkInterface => &NETWORK_INTERFACE,
        Kind::LoadBalancer => &LOAD_BALANCER,
        Kind::PrivateLinkService => &PRIVATE_LINK_SERVICE,
        Kind::EndpointConnection => &ENDPOINT_CONNECTION,
        Kind::PrivateEndpoint => &PRIVATE_ENDPOINT,
        Kind::SecurityGroup => &security_group_members::SECURITY_GROUP,
        Kind::PrivateDnsZoneGroup => &private_dns_members::ZONE_GROUP,
        Kind::PrivateDnsZone => &private_dns_members::ZONE,
        Kind::VirtualNetworkLink => &private_dns_members::LINK,
        Kind::RecordSet(_) => &private_dns_members::RECORD_SET,
        Kind::ResourceGroup => &RESOURCE_GROUP,
    }
}

const RESOURCE_GROUP: Object = Object {
    name: "ResourceGroupProperties",
    members: &[("provisioningState", Any)],
};

const ADDRESS_SPACE: Object = Object {
    name: "AddressSpace",
    members: &[
        ("addressPrefixes", Texts),
        ("ipamPoolPrefixAllocations", Any),
    ],
};

const VIRTUAL_NETWORK: Object = Object {
    name: "VirtualNetworkProperties",
    members: &[
        ("addressSpace", One(&ADDRESS_SPACE)),
        ("dhcpOptions", One(&DHCP_OPTIONS)),
        ("flowTimeoutInMinutes", Whole),
        ("subnets", Elements(&SUBNET)),
        ("virtualNetworkPeerings", Elements(&PEERING)),
        ("resourceGuid", Any),
        ("provisioningState", Any),
        ("enableDdosProtection", Flag),
        ("enableVmProtection", Flag),
        ("ddosProtectionPlan", Reference),
        ("bgpCommunities", Any),
        ("encryption", One(&ENCRYPTION)),
        ("ipAllocations", References),
        ("flowLogs", Any),
        ("privateEndpointVNetPolicies", Word(&["Disabled", "Basic"])),
        ("defaultPublicNatGateway", Newer),
        ("summarizedGatewayPrefixes", Newer),
    ],
};

const DHCP_OPTIONS: Object = Object {
    name: "DhcpOptions",
    members: &[("dnsServers", Texts)],
};

const ENCRYPTION: Object = Object {
    name: "VirtualNetworkEncryption",
    members: &[
        ("enabled", Flag),
        (
            "enforcement",
            Word(&["AllowUnencrypted", "DropUnencrypted"]),
        ),
    ],
};

const PEERING: Object = Object {
    name: "VirtualNetworkPeeringProperties",
    members: &[
        ("allowVirtualNetworkAccess", Flag),
        ("allowForwardedTraffic", Flag),
        ("allowGatewayTransit", Flag),
        ("useRemoteGateways", Flag),
        ("remoteVirtualNetwork", Reference),
        ("localAddressSpace", Any),
        ("localVirtualNetworkAddressSpace", Any),
        ("remoteAddressSpace", Any),
        ("remoteVirtualNetworkAddressSpace", Any),
        ("remoteBgpCommunities", Any),
        ("remoteVirtualNetworkEncryption", Any),
        ("peeringState", Any),
        ("peeringSyncLevel", Any),
        ("provisioningState", Any),
        ("doNotVerifyRemoteGateways", Flag),
        ("resourceGuid", Any),
        ("peerCompleteVnets", Flag),
        ("enableOnlyIPv6Peering", Flag),
        ("localSubnetNames", Texts),
        ("remoteSubnetNames", Texts),
    ],
};

const SUBNET: Object = Object {
    name: "SubnetProperties",
    members: &[
        ("addressPrefix", Text),
        ("addressPrefixes", Texts),
        ("networkSecurityGroup", Reference),
        ("routeTable", Reference),
        ("natGateway", Reference),
        ("serviceEndpoints", Many(&SERVICE_ENDPOINT)),
        ("serviceEndpointPolicies", References),
        ("privateEndpoints", Any),
        ("ipConfigurations", Any),
        ("ipConfigurationProfiles", Any),
        ("ipAllocations", References),
        ("resourceNavigationLinks", Any),
        ("serviceAssociationLinks", Any),
        ("delegations", Elements(&DELEGATION)),
        ("purpose", Any),
        ("provisioningState", Any),
        (
            "privateEndpointNetworkPolicies",
            Word(&[
                "Enabled",
                "Disabled",
                "NetworkSecurityGroupEnabled",
                "RouteTableEnabled",
            ]),
        ),
        ("privateLinkServiceNetworkPolicies", SWITCH),
        ("applicationGatewayIPConfigurations", Any),
        ("sharingScope", Word(&["Tenant", "DelegatedServices"])),
        ("defaultOutboundAccess", Flag),
        ("ipamPoolPrefixAllocations", Any),
        ("serviceGateway", Newer),
    ],
};

const SERVICE_ENDPOINT: Object = Object {
    name: "ServiceEndpoint",
    members: &[
        ("service", Text),
        ("networkIdentifier", Reference),
        ("locations", Texts),
        ("provisioningState", Any),
    ],
};

const DELEGATION: Object = Object {
    name: "DelegationProperties",
    members: &[
        ("serviceName", Text),
        ("actions", Any),
        ("provisioningState", Any),
    ],
};

const PUBLIC_ADDRESS: Object = Object {
    name: "PublicIpAddressProperties",
    members: &[
        ("publicIPAllocationMethod", ALLOCATION),
        ("publicIPAddressVersion", VERSION),
        ("ipConfiguration", Any),
        ("dnsSettings", One(&DNS_NAME)),
        ("ddosSettings", One(&DDOS_SETTINGS)),
        ("ipTags", Many(&IP_TAG)),
        ("ipAddress", Text),
        ("publicIPPrefix", Reference),
        ("idleTimeoutInMinutes", Whole),
        ("resourceGuid", Any),
        ("provisioningState", Any),
        ("servicePublicIPAddress", Reference),
        ("natGateway", Reference),
        ("migrationPhase", Any),
        ("linkedPublicIPAddress", Reference),
        ("deleteOption", Word(&["Delete", "Detach"])),
        ("upgradedToV2", Newer),
    ],
};

const DNS_NAME: Object = Object {
    name: "PublicIpAddressDnsSettings",
    members: &[
        ("domainNameLabel", Text),
        ("domainNameLabelScope", Text),
        ("fqdn", Text),
        ("reverseFqdn", Text),
    ],
};

const DDOS_SETTINGS: Object = Object {
    name: "DdosSettings",
    members: &[
        (
            "protectionMode",
            Word(&["VirtualNetworkInherited", "Enabled", "Disabled"]),
        ),
        ("ddosProtectionPlan", Reference),
    ],
};

const IP_TAG: Object = Object {
    name: "IpTag",
    members: &[("ipTagType", Text), ("tag", Text)],
};

const NETWORK_INTERFACE: Object = Object {
    name: "NetworkInterfaceProperties",
    members: &[
        ("virtualMachine", Any),
        ("networkSecurityGroup", Reference),
        ("privateEndpoint", Any),
        ("ipConfigurations", Elements(&IP_CONFIGURATION)),
        ("tapConfigurations", Any),
        ("dnsSettings", One(&INTERFACE_DNS)),
        ("macAddress", Any),
        ("primary", Any),
        ("vnetEncryptionSupported", Any),
        ("defaultOutboundConnectivityEnabled", Any),
        ("enableAcceleratedNetworking", Flag),
        ("disableTcpStateTracking", Flag),
        ("enableIPForwarding", Flag),
        ("hostedWorkloads", Any),
        ("dscpConfiguration", Any),
        ("resourceGuid", Any),
        ("provisioningState", Any),
        ("workloadType", Text),
        ("nicType", Word(&["Standard", "Elastic"])),
        ("privateLinkService", Any),
        ("migrationPhase", Any),
        (
            "auxiliaryMode",
            Word(&[
                "None",
                "MaxConnections",
                "Floating",
                "AcceleratedConnections",
            ]),
        ),
        ("auxiliarySku", Word(&["None", "A1", "A2", "A4", "A8"])),
        // Recorded in answers, in no version of the models.
        ("allowPort25Out", Any),
    ],
};

const INTERFACE_DNS: Object = Object {
    name: "NetworkInterfaceDnsSettings",
    members: &[
        ("dnsServers", Texts),
        ("appliedDnsServers", Any),
        ("internalDnsNameLabel", Text),
        ("internalFqdn", Any),
        ("internalDomainNameSuffix", Any),
    ],
};

const IP_CONFIGURATION: Object = Object {
    name: "NetworkInterfaceIpConfigurationProperties",
    members: &[
        ("gatewayLoadBalancer", Reference),
        ("virtualNetworkTaps", References),
        ("applicationGatewayBackendAddressPools", References),
        ("loadBalancerBackendAddressPools", References),
        ("loadBalancerInboundNatRules", References),
        ("privateIPAddress", Text),
        ("privateIPAddressPrefixLength", Whole),
        ("privateIPAllocationMethod", ALLOCATION),
        ("privateIPAddressVersion", VERSION),
        ("subnet", Reference),
        ("primary", Flag),
        ("publicIPAddress", Reference),
        ("applicationSecurityGroups", References),
        ("provisioningState", Any),
        ("privateLinkConnectionProperties", Any),
    ],
};

const LOAD_BALANCER: Object = Object {
    name: "LoadBalancerProperties",
    members: &[
        ("frontendIPConfigurations", Elements(&FRONTEND)),
        ("backendAddressPools", Elements(&POOL)),
        ("loadBalancingRules", Elements(&RULE)),
        ("probes", Elements(&PROBE)),
        ("inboundNatRules", Elements(&NAT_RULE)),
        ("inboundNatPools", Elements(&NAT_POOL)),
        ("outboundRules", Elements(&OUTBOUND_RULE)),
        ("resourceGuid", Any),
        ("provisioningState", Any),
        ("scope", NewerWord(&["Public", "Private"])),
        ("mode", Newer),
    ],
};

const FRONTEND: Object = Object {
    name: "FrontendIpConfigurationProperties",
    members: &[
        ("inboundNatRules", Any),
        ("inboundNatPools", Any),
        ("outboundRules", Any),
        ("loadBalancingRules", Any),
        ("privateIPAddress", Text),
        ("privateIPAllocationMethod", ALLOCATION),
        ("privateIPAddressVersion", VERSION),
        ("subnet", Reference),
        ("publicIPAddress", Reference),
        ("publicIPPrefix", Reference),
        ("gatewayLoadBalancer", Reference),
        ("provisioningState", Any),
        ("ddosSettings", Newer),
        ("enableConnectionTracking", Newer),
    ],
};

const POOL: Object = Object {
    name: "BackendAddressPoolProperties",
    members: &[
        ("location", Text),
        ("tunnelInterfaces", Any),
        ("loadBalancerBackendAddresses", Elements(&BACKEND_ADDRESS)),
        ("backendIPConfigurations", Any),
        ("loadBalancingRules", Any),
        ("outboundRule", Any),
        ("outboundRules", Any),
        ("inboundNatRules", Any),
        ("provisioningState", Any),
        ("drainPeriodInSeconds", Whole),
        ("virtualNetwork", Reference),
        ("syncMode", Word(&["Automatic", "Manual"])),
    ],
};

const BACKEND_ADDRESS: Object = Object {
    name: "LoadBalancerBackendAddressProperties",
    members: &[
        ("virtualNetwork", Reference),
        ("subnet", Reference),
        ("ipAddress", Text),
        ("networkInterfaceIPConfiguration", Any),
        ("loadBalancerFrontendIPConfiguration", Reference),
        ("inboundNatRulesPortMapping", Any),
        ("adminState", Word(&["None", "Up", "Down"])),
    ],
};

const PROBE: Object = Object {
    name: "ProbeProperties",
    members: &[
        ("loadBalancingRules", Any),
        ("protocol", Word(&["Tcp", "Http", "Https"])),
        ("port", Whole),
        ("intervalInSeconds", Whole),
        (
            "noHealthyBackendsBehavior",
            Word(&["AllProbedDown", "AllProbedUp"]),
        ),
        ("numberOfProbes", Whole),
        ("probeThreshold", Whole),
        ("requestPath", Text),
        ("provisioningState", Any),
    ],
};

const RULE: Object = Object {
    name: "LoadBalancingRuleProperties",
    members: &[
        ("frontendIPConfiguration", Reference),
        ("backendAddressPool", Reference),
        ("backendAddressPools", References),
        ("probe", Reference),
        ("protocol", TRANSPORT),
        (
            "loadDistribution",
            Word(&["Default", "SourceIP", "SourceIPProtocol"]),
        ),
        ("frontendPort", Whole),
        ("backendPort", Whole),
        ("idleTimeoutInMinutes", Whole),
        ("enableFloatingIP", Flag),
        ("enableTcpReset", Flag),
        ("disableOutboundSnat", Flag),
        ("provisioningState", Any),
        ("enableConnectionTracking", Newer),
    ],
};

const NAT_RULE: Object = Object {
    name: "InboundNatRuleProperties",
    members: &[
        ("frontendIPConfiguration", Reference),
        ("backendIPConfiguration", Any),
        ("protocol", TRANSPORT),
        ("frontendPort", Whole),
        ("backendPort", Whole),
        ("idleTimeoutInMinutes", Whole),
        ("enableFloatingIP", Flag),
        ("enableTcpReset", Flag),
        ("frontendPortRangeStart", Whole),
        ("frontendPortRangeEnd", Whole),
        ("backendAddressPool", Reference),
        ("provisioningState", Any),
    ],
};

const NAT_POOL: Object = Object {
    name: "InboundNatPoolProperties",
    members: &[
        ("frontendIPConfiguration", Reference),
        ("protocol", TRANSPORT),
        ("frontendPortRangeStart", Whole),
        ("frontendPortRangeEnd", Whole),
        ("backendPort", Whole),
        ("idleTimeoutInMinutes", Whole),
        ("enableFloatingIP", Flag),
        ("enableTcpReset", Flag),
        ("provisioningState", Any),
    ],
};

const OUTBOUND_RULE: Object = Object {
    name: "OutboundRuleProperties",
    members: &[
        ("allocatedOutboundPorts", Whole),
        ("frontendIPConfigurations", References),
        ("backendAddressPool", Reference),
        ("protocol", TRANSPORT),
        ("enableTcpReset", Flag),
        ("idleTimeoutInMinutes", Whole),
        ("provisioningState", Any),
    ],
};

const PRIVATE_LINK_SERVICE: Object = Object {
    name: "PrivateLinkServiceProperties",
    members: &[
        ("loadBalancerFrontendIpConfigurations", References),
        ("ipConfigurations", Elements(&NAT_CONFIGURATION)),
        ("destinationIPAddress", Text),
        ("networkInterfaces", Any),
        ("provisioningState", Any),
        ("privateEndpointConnections", Any),
        ("visibility", One(&SUBSCRIPTIONS)),
        ("autoApproval", One(&SUBSCRIPTIONS)),
        ("fqdns", Texts),
        ("alias", Any),
        ("enableProxyProtocol", Flag),
        // Recorded in answers, in no version of the models.
        ("resourceGuid", Any),
        ("accessMode", NewerWord(&["Default", "Restricted"])),
    ],
};

const SUBSCRIPTIONS: Object = Object {
    name: "ResourceSet",
    members: &[("subscriptions", Texts)],
};

const NAT_CONFIGURATION: Object = Object {
    name: "PrivateLinkServiceIpConfigurationProperties",
    members: &[
        ("privateIPAddress", Text),
        ("privateIPAllocationMethod", ALLOCATION),
        ("subnet", Reference),
        ("primary", Flag),
        ("provisioningState", Any),
        ("privateIPAddressVersion", VERSION),
    ],
};

const DECISION: Object = Object {
    name: "PrivateLinkServiceConnectionState",
    members: &[
        ("status", Text),
        ("description", Text),
        ("actionsRequired", Text),
    ],
};

const ENDPOINT_CONNECTION: Object = Object {
    name: "PrivateEndpointConnectionProperties",
    members: &[
        ("privateEndpoint", Any),
        ("privateLinkServiceConnectionState", One(&DECISION)),
        ("provisioningState", Any),
        ("linkIdentifier", Any),
        ("privateEndpointLocation", Any),
    ],
};

const PRIVATE_ENDPOINT: Object = Object {
    name: "PrivateEndpointProperties",
    members: &[
        ("subnet", Reference),
        ("networkInterfaces", Any),
        ("provisioningState", Any),
        ("privateLinkServiceConnections", Elements(&CONNECTION)),
        ("manualPrivateLinkServiceConnections", Elements(&CONNECTION)),
        ("customDnsConfigs", Any),
        ("applicationSecurityGroups", References),
        ("ipConfigurations", Elements(&ENDPOINT_ADDRESS)),
        ("customNetworkInterfaceName", Text),
        // Recorded in answers, in no version of the models.
        ("resourceGuid", Any),
        ("isIPv6EnabledPrivateEndpoint", Any),
        ("ipVersionType", NewerWord(&["IPv4", "IPv6", "DualStack"])),
        ("billingSku", Newer),
    ],
};

const CONNECTION: Object = Object {
    name: "PrivateLinkServiceConnectionProperties",
    members: &[
        ("provisioningState", Any),
        ("privateLinkServiceId", Text),
        ("groupIds", Texts),
        ("requestMessage", Text),
        ("privateLinkServiceConnectionState", One(&DECISION)),
        ("approvalReference", Newer),
    ],
};

const ENDPOINT_ADDRESS: Object = Object {
    name: "PrivateEndpointIpConfigurationProperties",
    members: &[
        ("groupId", Text),
        ("memberName", Text),
        ("privateIPAddress", Text),
    ],
};
