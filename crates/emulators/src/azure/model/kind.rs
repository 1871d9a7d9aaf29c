//! Resource types.

use serde::{Deserialize, Serialize};

/// The resource types this cloud knows.
///
/// Ordered so that a group can be emptied front to back: users come before what they use.
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
    /// Types that stand directly below a group, in the order they are looked up.
    const TOP: [Kind; 6] = [
        Kind::PrivateEndpoint,
        Kind::PrivateLinkService,
        Kind::NetworkInterface,
        Kind::LoadBalancer,
        Kind::PublicIp,
        Kind::VirtualNetwork,
    ];

    /// The path segment that holds resources of this type.
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

    /// The value of `type` in a resource of this type.
    pub(super) fn full_type(self) -> String {
        match (self, self.parent()) {
            (Kind::ResourceGroup, _) => "Microsoft.Resources/resourceGroups".to_owned(),
            (_, Some(parent)) => format!("{}/{}", parent.full_type(), self.collection()),
            (_, None) => format!("Microsoft.Network/{}", self.collection()),
        }
    }

    /// What the provider's own operation names call this type (`PutSubnetOperation`).
    pub(super) fn operation_noun(self) -> &'static str {
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

    /// The type a child stands below.
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

    /// Whether resources of this type stand below another resource.
    pub(super) fn is_child(self) -> bool {
        self.parent().is_some()
    }

    /// The type whose collection directly below a group has this name.
    pub(super) fn top(collection: &str) -> Option<Kind> {
        Kind::TOP
            .into_iter()
            .find(|kind| kind.collection().eq_ignore_ascii_case(collection))
    }

    /// The type of child whose collection below `self` has this name.
    pub(super) fn child(self, collection: &str) -> Option<Kind> {
        [Kind::Subnet, Kind::EndpointConnection]
            .into_iter()
            .find(|kind| {
                kind.parent() == Some(self) && kind.collection().eq_ignore_ascii_case(collection)
            })
    }
}
