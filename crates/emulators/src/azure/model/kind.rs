//! Resource types.

use serde::{Deserialize, Serialize};

use super::record_type::RecordType;

/// The resource types of the emulated cloud.
///
/// The order is the order of removal when a group is deleted: a resource comes before the resources
/// it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    PrivateDnsZoneGroup,
    PrivateEndpoint,
    EndpointConnection,
    PrivateLinkService,
    NetworkInterface,
    LoadBalancer,
    PublicIp,
    VirtualNetworkLink,
    RecordSet(RecordType),
    PrivateDnsZone,
    Subnet,
    VirtualNetwork,
    SecurityGroup,
    ResourceGroup,
}

impl Kind {
    /// Top-level types, in order of lookup.
    const TOP: [Kind; 8] = [
        Kind::PrivateEndpoint,
        Kind::PrivateLinkService,
        Kind::NetworkInterface,
        Kind::LoadBalancer,
        Kind::PublicIp,
        Kind::VirtualNetwork,
        Kind::SecurityGroup,
        Kind::PrivateDnsZone,
    ];

    /// Child types.
    fn children() -> impl Iterator<Item = Kind> {
        let children = [
            Kind::Subnet,
            Kind::EndpointConnection,
            Kind::PrivateDnsZoneGroup,
            Kind::VirtualNetworkLink,
        ];
        let record_sets = RecordType::ALL.into_iter().map(Kind::RecordSet);
        children.into_iter().chain(record_sets)
    }

    /// The path segment of the collection.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Kind::PrivateDnsZoneGroup => "privateDnsZoneGroups",
            Kind::PrivateEndpoint => "privateEndpoints",
            Kind::EndpointConnection => "privateEndpointConnections",
            Kind::PrivateLinkService => "privateLinkServices",
            Kind::NetworkInterface => "networkInterfaces",
            Kind::LoadBalancer => "loadBalancers",
            Kind::PublicIp => "publicIPAddresses",
            Kind::VirtualNetworkLink => "virtualNetworkLinks",
            Kind::RecordSet(record_type) => record_type.name(),
            Kind::PrivateDnsZone => "privateDnsZones",
            Kind::Subnet => "subnets",
            Kind::VirtualNetwork => "virtualNetworks",
            Kind::SecurityGroup => "networkSecurityGroups",
            Kind::ResourceGroup => "resourceGroups",
        }
    }

    /// The value of the member `type`.
    pub(super) fn full_type(self) -> String {
        match (self, self.parent()) {
            (Kind::ResourceGroup, _) => "Microsoft.Resources/resourceGroups".to_owned(),
            (_, Some(parent)) => format!("{}/{}", parent.full_type(), self.collection()),
            (_, None) => format!("Microsoft.Network/{}", self.collection()),
        }
    }

    /// The kind with this value of the member `type`.
    pub(super) fn of_full_type(text: &str) -> Option<Kind> {
        Kind::TOP
            .into_iter()
            .chain(Kind::children())
            .find(|kind| kind.full_type().eq_ignore_ascii_case(text))
    }

    /// The type as the network provider names it in operations (`PutSubnetOperation`).
    pub(super) fn operation_subject(self) -> &'static str {
        match self {
            Kind::PrivateDnsZoneGroup => "PrivateDnsZoneGroup",
            Kind::PrivateEndpoint => "PrivateEndpoint",
            Kind::EndpointConnection => "PrivateEndpointConnection",
            Kind::PrivateLinkService => "PrivateLinkService",
            Kind::NetworkInterface => "NetworkInterface",
            Kind::LoadBalancer => "LoadBalancer",
            Kind::PublicIp => "PublicIpAddress",
            Kind::VirtualNetworkLink => "VirtualNetworkLink",
            Kind::RecordSet(_) => "RecordSet",
            Kind::PrivateDnsZone => "PrivateDnsZone",
            Kind::Subnet => "Subnet",
            Kind::VirtualNetwork => "VirtualNetwork",
            Kind::SecurityGroup => "NetworkSecurityGroup",
            Kind::ResourceGroup => "ResourceGroup",
        }
    }

    /// The parent type of a child type.
    pub(super) fn parent(self) -> Option<Kind> {
        match self {
            Kind::Subnet => Some(Kind::VirtualNetwork),
            Kind::EndpointConnection => Some(Kind::PrivateLinkService),
            Kind::PrivateDnsZoneGroup => Some(Kind::PrivateEndpoint),
            Kind::VirtualNetworkLink | Kind::RecordSet(_) => Some(Kind::PrivateDnsZone),
            Kind::PrivateEndpoint
            | Kind::PrivateLinkService
            | Kind::NetworkInterface
            | Kind::LoadBalancer
            | Kind::PublicIp
            | Kind::PrivateDnsZone
            | Kind::VirtualNetwork
            | Kind::SecurityGroup
            | Kind::ResourceGroup => None,
        }
    }

    /// Reports whether the provider of private DNS answers for this type, not the network provider.
    pub(super) fn is_private_dns(self) -> bool {
        match self {
            Kind::VirtualNetworkLink | Kind::RecordSet(_) | Kind::PrivateDnsZone => true,
            Kind::PrivateDnsZoneGroup
            | Kind::PrivateEndpoint
            | Kind::EndpointConnection
            | Kind::PrivateLinkService
            | Kind::NetworkInterface
            | Kind::LoadBalancer
            | Kind::PublicIp
            | Kind::Subnet
            | Kind::VirtualNetwork
            | Kind::SecurityGroup
            | Kind::ResourceGroup => false,
        }
    }

    /// Reports whether this is a child type.
    pub(super) fn is_child(self) -> bool {
        self.parent().is_some()
    }

    /// The top-level type with this collection.
    pub(super) fn top(collection: &str) -> Option<Kind> {
        Kind::TOP
            .into_iter()
            .find(|kind| kind.collection().eq_ignore_ascii_case(collection))
    }

    /// The child type of `self` with this collection.
    pub(super) fn child(self, collection: &str) -> Option<Kind> {
        Kind::children().find(|kind| {
            kind.parent() == Some(self) && kind.collection().eq_ignore_ascii_case(collection)
        })
    }
}
