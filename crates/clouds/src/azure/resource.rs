//! Resources of the resource manager: their IDs, paths and API versions.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters escaped in a path segment or form: all but the unreserved characters of RFC 3986.
pub(super) const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The API version of `Microsoft.Network`: old enough for every region and sovereign cloud, with
/// every member that is used here (Microsoft.Network REST reference).
const NETWORK_API: &str = "2024-05-01";

/// The API version of resource groups and of the listing of their contents (Microsoft.Resources
/// REST reference).
const GROUP_API: &str = "2021-04-01";

/// A kind of resource that the driver uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Network,
    Subnet,
    PublicAddress,
    Balancer,
    Interface,
    LinkService,
    EndpointConnection,
}

/// A resource, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    kind: Kind,
    /// The segments of the ID, without escapes.
    segments: Vec<String>,
}

// === impl Kind ===

impl Kind {
    /// The display name, the resource types in its ID below the provider, and the API version.
    const fn facts(self) -> (&'static str, &'static [&'static str], &'static str) {
        match self {
            Self::Group => ("resource group", &[], GROUP_API),
            Self::Network => ("virtual network", &["virtualNetworks"], NETWORK_API),
            Self::Subnet => ("subnet", &["virtualNetworks", "subnets"], NETWORK_API),
            Self::PublicAddress => ("public IP address", &["publicIPAddresses"], NETWORK_API),
            Self::Balancer => ("load balancer", &["loadBalancers"], NETWORK_API),
            Self::Interface => ("network interface", &["networkInterfaces"], NETWORK_API),
            Self::LinkService => (
                "private link service",
                &["privateLinkServices"],
                NETWORK_API,
            ),
            Self::EndpointConnection => (
                "endpoint connection",
                &["privateLinkServices", "privateEndpointConnections"],
                NETWORK_API,
            ),
        }
    }

    pub(super) const fn kind_name(self) -> &'static str {
        self.facts().0
    }

    /// The last type in its id; empty for a group.
    fn collection(self) -> &'static str {
        self.facts().1.last().copied().unwrap_or_default()
    }

    const fn api_version(self) -> &'static str {
        self.facts().2
    }
}

// === impl Resource ===

impl Resource {
    /// A resource group.
    pub(super) fn group(subscription: &str, name: &str) -> Self {
        let segments = ["subscriptions", subscription, "resourceGroups", name];
        Self {
            kind: Kind::Group,
            segments: segments.map(str::to_owned).to_vec(),
        }
    }

    /// A network resource in this group.
    pub(super) fn inside(&self, kind: Kind, name: &str) -> Self {
        let more = ["providers", "Microsoft.Network", kind.collection(), name];
        self.extended(kind, &more)
    }

    /// A resource below this one.
    pub(super) fn child(&self, kind: Kind, name: &str) -> Self {
        self.extended(kind, &[kind.collection(), name])
    }

    fn extended(&self, kind: Kind, more: &[&str]) -> Self {
        let mut segments = self.segments.clone();
        segments.extend(more.iter().map(|segment| (*segment).to_owned()));
        Self { kind, segments }
    }

    /// Parses an external ID, if it is one of a resource of this kind.
    ///
    /// Nothing else passes: a crafted ID must not direct the token to other resources.
    pub(super) fn parse(kind: Kind, id: &str) -> Option<Self> {
        let segments: Vec<&str> = id.strip_prefix('/')?.split('/').collect();
        let mut shape = vec!["subscriptions", "", "resourceGroups", ""];
        let types = kind.facts().1;
        if !types.is_empty() {
            shape.extend(["providers", "Microsoft.Network"]);
            shape.extend(types.iter().flat_map(|collection| [*collection, ""]));
        }
        let fits = |(segment, fixed): (&&str, &&str)| {
            if fixed.is_empty() {
                is_name(segment)
            } else {
                segment.eq_ignore_ascii_case(fixed)
            }
        };
        let all = segments.len() == shape.len() && segments.iter().zip(&shape).all(fits);
        all.then(|| Self {
            kind,
            segments: segments.into_iter().map(str::to_owned).collect(),
        })
    }

    /// The full id.
    pub(super) fn id(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// The id of an element inside this resource, such as a balancer's frontend.
    pub(super) fn element(&self, collection: &str, name: &str) -> String {
        format!("{}/{collection}/{name}", self.id())
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn name(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// The path below the base URL.
    pub(super) fn path(&self) -> String {
        format!("{}?api-version={}", self.escaped(), self.kind.api_version())
    }

    /// The path of something below this resource, by its segments.
    pub(super) fn path_below(&self, segments: &[&str]) -> String {
        let mut path = self.escaped();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, ESCAPED));
        }
        format!("{path}?api-version={}", self.kind.api_version())
    }

    /// The path of the listing of a kind in this group.
    pub(super) fn listing(&self, kind: Kind) -> String {
        let (collection, version) = (kind.collection(), kind.api_version());
        let group = self.escaped();
        format!("{group}/providers/Microsoft.Network/{collection}?api-version={version}")
    }

    /// The path of the listing of a kind in a whole subscription.
    pub(super) fn listing_in(subscription: &str, kind: Kind) -> String {
        let (collection, version) = (kind.collection(), kind.api_version());
        let subscription = utf8_percent_encode(subscription, ESCAPED);
        format!(
            "/subscriptions/{subscription}/providers/Microsoft.Network/{collection}?api-version={version}"
        )
    }

    /// The subscription in its ID.
    pub(super) fn subscription(&self) -> Option<&str> {
        self.segments.get(1).map(String::as_str)
    }

    /// The resource group that contains a resource of this subscription.
    pub(super) fn group_of(&self, subscription: &str) -> Option<Self> {
        let [_, own, _, group, ..] = self.segments.as_slice() else {
            return None;
        };
        own.eq_ignore_ascii_case(subscription)
            .then(|| Self::group(subscription, group))
    }

    /// The path of the listing of the resources of its kind with the same parent.
    pub(super) fn siblings(&self) -> String {
        let path = self.escaped();
        let collection = path
            .rsplit_once('/')
            .map_or("", |(collection, _)| collection);
        format!("{collection}?api-version={}", self.kind.api_version())
    }

    /// The path of the listing of everything in this group.
    pub(super) fn contents(&self) -> String {
        format!("{}/resources?api-version={GROUP_API}", self.escaped())
    }

    /// The path of the ID.
    pub(super) fn escaped(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, ESCAPED));
        }
        path
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.kind_name(), self.name())
    }
}

/// Reports whether a text can be one segment of an ID. URL parsers resolve dot segments, even
/// escaped ones.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && text != ".."
        && !text
            .chars()
            .any(|c| c == '/' || c == '\\' || c == '%' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_paths_follow_from_the_names() {
        let group = Resource::group("sub", "a (b)");
        let service = group.inside(Kind::LinkService, "up-s1");
        let connection = service.child(Kind::EndpointConnection, "pe.1");
        assert_eq!(
            connection.id(),
            "/subscriptions/sub/resourceGroups/a (b)/providers/Microsoft.Network\
             /privateLinkServices/up-s1/privateEndpointConnections/pe.1"
        );
        assert_eq!(
            connection.path(),
            "/subscriptions/sub/resourceGroups/a%20%28b%29/providers/Microsoft.Network\
             /privateLinkServices/up-s1/privateEndpointConnections/pe.1?api-version=2024-05-01"
        );
        assert_eq!(connection.to_string(), "endpoint connection `pe.1`");
    }

    #[test]
    fn only_ids_of_the_expected_kind_are_read() {
        let network = "/subscriptions/s/resourcegroups/g/providers/microsoft.network";
        let parse = |id: &str| Resource::parse(Kind::Interface, id);
        assert!(parse(&format!("{network}/networkInterfaces/n1")).is_some());
        for bad in [
            "networkInterfaces/..".to_owned(),
            "networkInterfaces/n1/extra".to_owned(),
            "networkInterfaces/%2e%2e".to_owned(),
            "loadBalancers/n1".to_owned(),
        ] {
            assert!(parse(&format!("{network}/{bad}")).is_none(), "{bad}");
        }
        let machine = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/x/n1";
        assert!(parse(machine).is_none());
    }
}
