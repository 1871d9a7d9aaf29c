//! Resource types.

use serde::{Deserialize, Serialize};

/// The resource types of the emulated cloud.
///
/// The order is the order of removal when a group is deleted: a resource comes before the resources
/// it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    PrivateEndpoint,
    EndpointConnection,
    PrivateLinkService,
    NetworkInterface,
    LoadBalancer,
    PublicIp,
    Subnet,
    VirtualNetwork,
    ResourceGroup,
}

impl Kind {
    /// Top-level types, in order of lookup.
    const TOP: [Kind; 6] = [
        Kind::PrivateEndpoint,
        Kind::PrivateLinkService,
        Kind::NetworkInterface,
        Kind::LoadBalancer,
        Kind::PublicIp,
        Kind::VirtualNetwork,
    ];

    /// The path segment of the collection.
    pub(super) fn collection(self) -> &'static str {
        match self {
            Kind::PrivateEndpoint => "privateEndpoints",
            Kind::EndpointConnection => "privateEndpointConnections",
            Kind::PrivateLinkService => "privateLinkServices",
            Kind::NetworkInterface => "networkInterfaces",
            Kind::LoadBalancer => "loadBalancers",
            Kind::PublicIp => "publicIPAddresses",
            Kind::Subnet => "subnets",
            Kind::VirtualNetwork => "virtualNetworks",
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
        let children = [Kind::Subnet, Kind::EndpointConnection];
        Kind::TOP
            .into_iter()
            .chain(children)
            .find(|kind| kind.full_type().eq_ignore_ascii_case(text))
    }

    /// The type as the network provider names it in operations (`PutSubnetOperation`).
    pub(super) fn operation_subject(self) -> &'static str {
        match self {
            Kind::PrivateEndpoint => "PrivateEndpoint",
            Kind::EndpointConnection => "PrivateEndpointConnection",
            Kind::PrivateLinkService => "PrivateLinkService",
            Kind::NetworkInterface => "NetworkInterface",
            Kind::LoadBalancer => "LoadBalancer",
            Kind::PublicIp => "PublicIpAddress",
            Kind::Subnet => "Subnet",
            Kind::VirtualNetwork => "VirtualNetwork",
            Kind::ResourceGroup => "ResourceGroup",
        }
    }

    /// The parent type of a child type.
    pub(super) fn parent(self) -> Option<Kind> {
        match self {
            Kind::Subnet => Some(Kind::VirtualNetwork),
            Kind::EndpointConnection => Some(Kind::PrivateLinkService),
            Kind::PrivateEndpoint
            | Kind::PrivateLinkService
            | Kind::NetworkInterface
            | Kind::LoadBalancer
            | Kind::PublicIp
            | Kind::VirtualNetwork
            | Kind::ResourceGroup => None,
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
        [Kind::Subnet, Kind::EndpointConnection]
            .into_iter()
            .find(|kind| {
                kind.parent() == Some(self) && kind.collection().eq_ignore_ascii_case(collection)
            })
    }
}
