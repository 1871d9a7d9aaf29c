//! The collections this cloud knows, and what sets them apart.

/// A kind of resource.
///
/// Ordered so that users come before what they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ServiceAttachment,
    ForwardingRule,
    Address,
    BackendService,
    HealthCheck,
    EndpointGroup,
    InstanceGroup,
    Instance,
    Firewall,
    Subnetwork,
    Network,
}

/// How far the resources of a kind reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    Regional,
    Zonal,
}

impl Kind {
    pub(super) const ALL: [Kind; 11] = [
        Kind::ServiceAttachment,
        Kind::ForwardingRule,
        Kind::Address,
        Kind::BackendService,
        Kind::HealthCheck,
        Kind::EndpointGroup,
        Kind::InstanceGroup,
        Kind::Instance,
        Kind::Firewall,
        Kind::Subnetwork,
        Kind::Network,
    ];

    /// The path segment that holds resources of this kind, the word for one of them in messages,
    /// and the value of `kind` in a document without its prefix.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Kind::ServiceAttachment => (
                "serviceAttachments",
                "service_attachment",
                "serviceAttachment",
            ),
            Kind::ForwardingRule => ("forwardingRules", "forwarding_rule", "forwardingRule"),
            Kind::Address => ("addresses", "address", "address"),
            Kind::BackendService => ("backendServices", "backend_service", "backendService"),
            Kind::HealthCheck => ("healthChecks", "health_check", "healthCheck"),
            Kind::EndpointGroup => (
                "networkEndpointGroups",
                "network_endpoint_group",
                "networkEndpointGroup",
            ),
            Kind::InstanceGroup => ("instanceGroups", "instance_group", "instanceGroup"),
            Kind::Instance => ("instances", "instance", "instance"),
            Kind::Firewall => ("firewalls", "firewall", "firewall"),
            Kind::Subnetwork => ("subnetworks", "subnetwork", "subnetwork"),
            Kind::Network => ("networks", "network", "network"),
        }
    }

    pub(super) fn collection(self) -> &'static str {
        self.words().0
    }

    pub(super) fn noun(self) -> &'static str {
        self.words().1
    }

    /// The value of `kind` in a document.
    pub(super) fn document_kind(self) -> String {
        format!("compute#{}", self.words().2)
    }

    pub(super) fn of_collection(collection: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.collection() == collection)
    }

    pub(super) fn scope(self) -> Scope {
        match self {
            Kind::Network | Kind::Firewall => Scope::Global,
            Kind::Subnetwork
            | Kind::HealthCheck
            | Kind::BackendService
            | Kind::Address
            | Kind::ForwardingRule
            | Kind::ServiceAttachment => Scope::Regional,
            Kind::Instance | Kind::InstanceGroup | Kind::EndpointGroup => Scope::Zonal,
        }
    }

    /// Whether its documents have a fingerprint, which every later write has to name.
    pub(super) fn has_fingerprint(self) -> bool {
        matches!(
            self,
            Kind::Subnetwork
                | Kind::BackendService
                | Kind::ForwardingRule
                | Kind::ServiceAttachment
        )
    }

    /// Whether PATCH is served.
    pub(super) fn can_be_patched(self) -> bool {
        matches!(
            self,
            Kind::Subnetwork
                | Kind::Firewall
                | Kind::HealthCheck
                | Kind::BackendService
                | Kind::ForwardingRule
                | Kind::ServiceAttachment
        )
    }

    /// Whether PUT is served.
    pub(super) fn can_be_replaced(self) -> bool {
        matches!(
            self,
            Kind::Firewall | Kind::HealthCheck | Kind::BackendService
        )
    }
}
