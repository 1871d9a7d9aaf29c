//! The kinds of resources that the emulator supports, and their properties.

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
    /// Network endpoint groups of zones.
    EndpointGroup,
    /// Network endpoint groups of regions, in a collection of the same name.
    RegionalEndpointGroup,
    InstanceGroup,
    Instance,
    Firewall,
    Subnetwork,
    Network,
}

/// The scope of the resources of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    Regional,
    Zonal,
}

impl Kind {
    /// All kinds, in their order.
    pub(super) const ALL: [Kind; 12] = [
        Kind::ServiceAttachment,
        Kind::ForwardingRule,
        Kind::Address,
        Kind::BackendService,
        Kind::HealthCheck,
        Kind::EndpointGroup,
        Kind::RegionalEndpointGroup,
        Kind::InstanceGroup,
        Kind::Instance,
        Kind::Firewall,
        Kind::Subnetwork,
        Kind::Network,
    ];

    /// Returns the collection in paths, the word for one resource in messages, and the value of
    /// `kind` in documents, without its prefix.
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
            Kind::EndpointGroup | Kind::RegionalEndpointGroup => (
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

    pub(super) fn label(self) -> &'static str {
        self.words().1
    }

    /// Returns the value of `kind` in documents.
    pub(super) fn document_kind(self) -> String {
        format!("compute#{}", self.words().2)
    }

    /// Returns the first kind of a collection; two have the same one.
    pub(super) fn from_collection(collection: &str) -> Option<Kind> {
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
            | Kind::RegionalEndpointGroup
            | Kind::ServiceAttachment => Scope::Regional,
            Kind::Instance | Kind::InstanceGroup | Kind::EndpointGroup => Scope::Zonal,
        }
    }

    /// Reports whether documents have a `fingerprint`; an update that contains one must contain the
    /// current one.
    pub(super) fn has_fingerprint(self) -> bool {
        matches!(
            self,
            Kind::Subnetwork
                | Kind::BackendService
                | Kind::ForwardingRule
                | Kind::ServiceAttachment
        )
    }

    /// Reports whether every update must contain the current `fingerprint`; an update of a
    /// forwarding rule may omit it.
    pub(super) fn requires_fingerprint(self) -> bool {
        self.has_fingerprint() && self != Kind::ForwardingRule
    }

    /// Reports whether the kind supports PATCH.
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

    /// Reports whether the kind supports PUT.
    pub(super) fn can_be_replaced(self) -> bool {
        matches!(
            self,
            Kind::Firewall | Kind::HealthCheck | Kind::BackendService
        )
    }
}
