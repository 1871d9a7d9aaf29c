//! Resource ids: compared without regard to case, echoed as they were first sent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::journaled_map::JournalKey;

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

/// A resource id in its lower-cased form, for comparing and looking up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(String);

impl Key {
    /// The key of an id that may name anything, an element of a resource included.
    pub(super) fn of(id: &str) -> Key {
        Key(id.to_ascii_lowercase())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl JournalKey for Key {
    fn read(text: &str) -> Option<Key> {
        Some(Key::of(text))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// The id of a group or of a network resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResourceId {
    subscription: String,
    group: String,
    kind: Kind,
    /// Name of the resource a child stands below.
    parent: Option<String>,
    name: String,
}

impl ResourceId {
    /// The id of a group.
    pub(super) fn of_group(subscription: &str, group: &str) -> ResourceId {
        ResourceId {
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            kind: Kind::ResourceGroup,
            parent: None,
            name: group.to_owned(),
        }
    }

    /// The id of a resource directly below this one's group.
    pub(super) fn beside(&self, kind: Kind, name: &str) -> ResourceId {
        ResourceId {
            kind,
            parent: None,
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// The id of a child of this resource.
    pub(super) fn child(&self, kind: Kind, name: &str) -> ResourceId {
        let parent = Some(self.name.clone());
        ResourceId {
            kind,
            parent,
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// Reads a resource id; `None` for anything else, elements of resources included.
    pub(super) fn parse(text: &str) -> Option<ResourceId> {
        match super::route::Route::parse(text)? {
            super::route::Route::Resource(id) => Some(id),
            _ => None,
        }
    }

    /// Reads the id of an element of a resource, for instance of a load balancer's frontend:
    /// the resource and the element's name.
    pub(super) fn parse_element(
        text: &str,
        kind: Kind,
        collection: &str,
    ) -> Option<(ResourceId, String)> {
        match super::route::Route::parse(text)? {
            super::route::Route::Element {
                parent,
                collection: found,
                name,
            } if parent.kind == kind && found.eq_ignore_ascii_case(collection) => {
                Some((parent, name))
            }
            _ => None,
        }
    }

    pub(super) fn subscription(&self) -> &str {
        &self.subscription
    }

    pub(super) fn group(&self) -> &str {
        &self.group
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The id of the group this resource is in.
    pub(super) fn group_id(&self) -> ResourceId {
        ResourceId::of_group(&self.subscription, &self.group)
    }

    /// The resource a child stands below.
    pub(super) fn parent(&self) -> Option<ResourceId> {
        let kind = self.kind.parent()?;
        let name = self.parent.clone()?;
        Some(ResourceId {
            kind,
            parent: None,
            name,
            ..self.clone()
        })
    }

    /// The form used for comparing and looking up.
    pub(super) fn key(&self) -> Key {
        Key::of(&self.to_string())
    }

    /// Whether both name the same resource.
    pub(super) fn is(&self, other: &ResourceId) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.group
        )?;
        if self.kind == Kind::ResourceGroup {
            return Ok(());
        }
        write!(f, "/providers/Microsoft.Network")?;
        if let (Some(kind), Some(parent)) = (self.kind.parent(), &self.parent) {
            write!(f, "/{}/{parent}", kind.collection())?;
        }
        write!(f, "/{}/{}", self.kind.collection(), self.name)
    }
}
