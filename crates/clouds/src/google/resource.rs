//! Resources of Compute Engine: their paths and URLs.

use std::fmt;

/// The prefix of resource URLs, for any API host (Compute Engine API, `selfLink`).
const LINK: &str = "https://www.googleapis.com/compute/v1/";

/// A kind of resource that the driver uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Network,
    Subnetwork,
    Firewall,
    HealthCheck,
    EndpointGroup,
    BackendService,
    ForwardingRule,
    ServiceAttachment,
}

/// The scope of a resource within a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    Region(String),
    Zone(String),
}

/// A resource, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    kind: Kind,
    project: String,
    scope: Scope,
    name: String,
}

// === impl Kind ===

impl Kind {
    /// The display name and the collection.
    const fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Network => ("network", "networks"),
            Self::Subnetwork => ("subnet", "subnetworks"),
            Self::Firewall => ("firewall rule", "firewalls"),
            Self::HealthCheck => ("health check", "healthChecks"),
            Self::EndpointGroup => ("network endpoint group", "networkEndpointGroups"),
            Self::BackendService => ("backend service", "backendServices"),
            Self::ForwardingRule => ("forwarding rule", "forwardingRules"),
            Self::ServiceAttachment => ("service attachment", "serviceAttachments"),
        }
    }

    pub(super) const fn collection(self) -> &'static str {
        self.facts().1
    }
}

// === impl Scope ===

impl Scope {
    /// The path of the scope within a project.
    fn path(&self) -> String {
        match self {
            Self::Global => "global".to_owned(),
            Self::Region(region) => format!("regions/{region}"),
            Self::Zone(zone) => format!("zones/{zone}"),
        }
    }
}

// === impl Resource ===

impl Resource {
    pub(super) fn new(kind: Kind, project: &str, scope: Scope, name: &str) -> Self {
        Self {
            kind,
            project: project.to_owned(),
            scope,
            name: name.to_owned(),
        }
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The path from `projects/` on.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.listing(), self.name)
    }

    /// The path of the collection it is in.
    pub(super) fn listing(&self) -> String {
        let (scope, collection) = (self.scope.path(), self.kind.collection());
        format!("projects/{}/{scope}/{collection}", self.project)
    }

    /// The path of the operations in its scope.
    pub(super) fn operations(&self) -> String {
        format!("projects/{}/{}/operations", self.project, self.scope.path())
    }

    /// The path of an operation on it.
    pub(super) fn operation(&self, name: &str) -> String {
        format!("{}/{name}", self.operations())
    }

    /// The path of an instance in the same scope.
    pub(super) fn machine(&self, name: &str) -> String {
        format!(
            "projects/{}/{}/instances/{name}",
            self.project,
            self.scope.path()
        )
    }

    /// The URL, as in other resources.
    pub(super) fn link(&self) -> String {
        link(&self.path())
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.facts().0, self.name)
    }
}

/// The URL of the resource at a path.
pub(super) fn link(path: &str) -> String {
    format!("{LINK}{path}")
}

/// Returns the path from `projects/` on of a URL with any host and version.
///
/// URLs are compared by this path, never as text: the host depends on the API host of the call.
pub(super) fn path_of(link: &str) -> &str {
    match link.split_once("://") {
        None => link.trim_start_matches('/'),
        Some((_, rest)) => match rest.find("/projects/") {
            Some(at) => rest.get(at + 1..).unwrap_or_default(),
            None => rest,
        },
    }
}

/// Returns the last segment of a URL.
pub(super) fn name_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_any_host_and_version_are_the_same_path() {
        let path = "projects/p/regions/r/forwardingRules/f";
        for link in [
            format!("{LINK}{path}"),
            format!("https://compute.googleapis.com/compute/beta/{path}"),
            path.to_owned(),
            format!("/{path}"),
        ] {
            assert_eq!(path_of(&link), path, "{link}");
        }
    }

    #[test]
    fn a_resource_is_named_within_its_scope() {
        let zone = Scope::Zone("europe-west1-b".to_owned());
        let group = Resource::new(Kind::EndpointGroup, "p", zone, "n");
        let path = "projects/p/zones/europe-west1-b/networkEndpointGroups/n";
        assert_eq!(group.path(), path);
        assert_eq!(
            group.operation("op"),
            "projects/p/zones/europe-west1-b/operations/op"
        );
        assert_eq!(group.to_string(), "network endpoint group `n`");
    }
}
