//! The permissions of Google Cloud that the driver and the account check need: the whole of the
//! account's role.
//!
//! Every call of the client names its permission, and a write also those on the resources that its
//! body refers to ([`uses`]). Names and needs are from Google's "Compute Engine IAM roles and
//! permissions", the section "IAM Permissions" of each method of the Compute Engine API, and "About
//! published services". [`Confidence`] is about the need, not the name.

use super::resource::Kind;
use crate::permission::{Confidence, PermissionUser};

macro_rules! permissions {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $user:ident, $confidence:ident;)+) => {
        /// A permission.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Permission {
            $($(#[$doc])+ $variant,)+
        }

        impl Permission {
            /// All permissions.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in roles.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The user.
            pub const fn user(self) -> PermissionUser {
                match self { $(Self::$variant => PermissionUser::$user,)+ }
            }

            /// The confidence that it is needed.
            pub const fn confidence(self) -> Confidence {
                match self { $(Self::$variant => Confidence::$confidence,)+ }
            }
        }
    };
}

permissions! {
    /// Reads the network of a project VPC.
    GetNetwork = "compute.networks.get", Driver, Documented;
    /// Lists networks.
    ListNetworks = "compute.networks.list", Driver, Documented;
    /// Makes the network of a project VPC.
    CreateNetwork = "compute.networks.create", Driver, Documented;
    /// Deletes the network of a project VPC.
    DeleteNetwork = "compute.networks.delete", Driver, Documented;
    /// Puts endpoint groups and forwarding rules into a network.
    UseNetwork = "compute.networks.use", Driver, Reported;
    /// Makes, changes and deletes firewall rules and subnets of a network.
    UpdateNetworkPolicy = "compute.networks.updatePolicy", Driver, Documented;
    /// Reads subnets.
    GetSubnetwork = "compute.subnetworks.get", Driver, Documented;
    /// Lists subnets.
    ListSubnetworks = "compute.subnetworks.list", Driver, Documented;
    /// Makes the subnet of nodes and the NAT subnets of links.
    CreateSubnetwork = "compute.subnetworks.create", Driver, Documented;
    /// Deletes subnets that Underpass made.
    DeleteSubnetwork = "compute.subnetworks.delete", Driver, Documented;
    /// Puts endpoint groups, forwarding rules and service attachments into subnets.
    UseSubnetwork = "compute.subnetworks.use", Driver, Documented;
    /// Reads firewall rules.
    GetFirewall = "compute.firewalls.get", Driver, Documented;
    /// Lists firewall rules.
    ListFirewalls = "compute.firewalls.list", Driver, Documented;
    /// Makes firewall rules.
    CreateFirewall = "compute.firewalls.create", Driver, Documented;
    /// Changes firewall rules.
    UpdateFirewall = "compute.firewalls.update", Driver, Documented;
    /// Deletes firewall rules.
    DeleteFirewall = "compute.firewalls.delete", Driver, Documented;
    /// Reads health checks.
    GetHealthCheck = "compute.regionHealthChecks.get", Driver, Documented;
    /// Lists health checks.
    ListHealthChecks = "compute.regionHealthChecks.list", Driver, Documented;
    /// Makes health checks.
    CreateHealthCheck = "compute.regionHealthChecks.create", Driver, Documented;
    /// Changes the port of health checks.
    UpdateHealthCheck = "compute.regionHealthChecks.update", Driver, Documented;
    /// Deletes health checks.
    DeleteHealthCheck = "compute.regionHealthChecks.delete", Driver, Documented;
    /// Puts health checks into backend services.
    UseHealthCheck = "compute.regionHealthChecks.useReadOnly", Driver, Documented;
    /// Reads endpoint groups and their endpoints.
    GetEndpointGroup = "compute.networkEndpointGroups.get", Driver, Documented;
    /// Lists endpoint groups.
    ListEndpointGroups = "compute.networkEndpointGroups.list", Driver, Documented;
    /// Makes endpoint groups.
    CreateEndpointGroup = "compute.networkEndpointGroups.create", Driver, Documented;
    /// Deletes endpoint groups.
    DeleteEndpointGroup = "compute.networkEndpointGroups.delete", Driver, Documented;
    /// Adds nodes to endpoint groups.
    AttachEndpoints = "compute.networkEndpointGroups.attachNetworkEndpoints", Driver, Documented;
    /// Removes nodes from endpoint groups.
    DetachEndpoints = "compute.networkEndpointGroups.detachNetworkEndpoints", Driver, Documented;
    /// Puts endpoint groups into backend services.
    UseEndpointGroup = "compute.networkEndpointGroups.use", Driver, Documented;
    /// Reads the network of a node before it is added.
    GetInstance = "compute.instances.get", Driver, Documented;
    /// Adds nodes to endpoint groups.
    UseInstance = "compute.instances.use", Driver, Documented;
    /// Reads backend services.
    GetBackendService = "compute.regionBackendServices.get", Driver, Documented;
    /// Lists backend services.
    ListBackendServices = "compute.regionBackendServices.list", Driver, Documented;
    /// Makes backend services.
    CreateBackendService = "compute.regionBackendServices.create", Driver, Documented;
    /// Changes the groups of backend services.
    UpdateBackendService = "compute.regionBackendServices.update", Driver, Documented;
    /// Deletes backend services.
    DeleteBackendService = "compute.regionBackendServices.delete", Driver, Documented;
    /// Puts backend services behind forwarding rules.
    UseBackendService = "compute.regionBackendServices.use", Driver, Documented;
    /// Reads forwarding rules.
    GetForwardingRule = "compute.forwardingRules.get", Driver, Documented;
    /// Lists forwarding rules.
    ListForwardingRules = "compute.forwardingRules.list", Driver, Documented;
    /// Makes forwarding rules.
    CreateForwardingRule = "compute.forwardingRules.create", Driver, Documented;
    /// Deletes forwarding rules.
    DeleteForwardingRule = "compute.forwardingRules.delete", Driver, Documented;
    /// Publishes forwarding rules by service attachments.
    UseForwardingRule = "compute.forwardingRules.use", Driver, Reported;
    /// Reads service attachments and their connected endpoints.
    GetServiceAttachment = "compute.serviceAttachments.get", Driver, Documented;
    /// Lists service attachments, in every region of the project.
    ListServiceAttachments = "compute.serviceAttachments.list", Driver, Documented;
    /// Makes service attachments.
    CreateServiceAttachment = "compute.serviceAttachments.create", Driver, Documented;
    /// Accepts and rejects endpoints, and changes NAT ranges.
    UpdateServiceAttachment = "compute.serviceAttachments.update", Driver, Documented;
    /// Deletes service attachments.
    DeleteServiceAttachment = "compute.serviceAttachments.delete", Driver, Documented;
    /// Polls operations on networks and firewall rules.
    GetGlobalOperation = "compute.globalOperations.get", Driver, Documented;
    /// Finds operations on networks and firewall rules whose answer was lost.
    ListGlobalOperations = "compute.globalOperations.list", Driver, Documented;
    /// Polls operations on regional resources.
    GetRegionOperation = "compute.regionOperations.get", Driver, Documented;
    /// Finds operations on regional resources whose answer was lost.
    ListRegionOperations = "compute.regionOperations.list", Driver, Documented;
    /// Polls operations on endpoint groups.
    GetZoneOperation = "compute.zoneOperations.get", Driver, Documented;
    /// Finds operations on endpoint groups whose answer was lost.
    ListZoneOperations = "compute.zoneOperations.list", Driver, Documented;
    /// Reads the project and its quotas.
    GetProject = "compute.projects.get", AccountCheck, Documented;
    /// Reads regions and their quotas.
    GetRegion = "compute.regions.get", AccountCheck, Documented;
    /// Reads whether the Compute Engine API is enabled.
    GetService = "serviceusage.services.get", AccountCheck, Documented;
}

/// The permissions of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct KindPermissions {
    pub(super) get: Permission,
    pub(super) list: Permission,
    pub(super) create: Permission,
    /// `None`: resources of the kind are never changed.
    pub(super) update: Option<Permission>,
    pub(super) delete: Permission,
}

/// The permissions of a kind.
pub(super) const fn of(kind: Kind) -> KindPermissions {
    match kind {
        Kind::Network => KindPermissions {
            get: Permission::GetNetwork,
            list: Permission::ListNetworks,
            create: Permission::CreateNetwork,
            update: None,
            delete: Permission::DeleteNetwork,
        },
        Kind::Subnetwork => KindPermissions {
            get: Permission::GetSubnetwork,
            list: Permission::ListSubnetworks,
            create: Permission::CreateSubnetwork,
            update: None,
            delete: Permission::DeleteSubnetwork,
        },
        Kind::Firewall => KindPermissions {
            get: Permission::GetFirewall,
            list: Permission::ListFirewalls,
            create: Permission::CreateFirewall,
            update: Some(Permission::UpdateFirewall),
            delete: Permission::DeleteFirewall,
        },
        Kind::HealthCheck => KindPermissions {
            get: Permission::GetHealthCheck,
            list: Permission::ListHealthChecks,
            create: Permission::CreateHealthCheck,
            update: Some(Permission::UpdateHealthCheck),
            delete: Permission::DeleteHealthCheck,
        },
        Kind::EndpointGroup => KindPermissions {
            get: Permission::GetEndpointGroup,
            list: Permission::ListEndpointGroups,
            create: Permission::CreateEndpointGroup,
            update: None,
            delete: Permission::DeleteEndpointGroup,
        },
        Kind::BackendService => KindPermissions {
            get: Permission::GetBackendService,
            list: Permission::ListBackendServices,
            create: Permission::CreateBackendService,
            update: Some(Permission::UpdateBackendService),
            delete: Permission::DeleteBackendService,
        },
        Kind::ForwardingRule => KindPermissions {
            get: Permission::GetForwardingRule,
            list: Permission::ListForwardingRules,
            create: Permission::CreateForwardingRule,
            update: None,
            delete: Permission::DeleteForwardingRule,
        },
        Kind::ServiceAttachment => KindPermissions {
            get: Permission::GetServiceAttachment,
            list: Permission::ListServiceAttachments,
            create: Permission::CreateServiceAttachment,
            update: Some(Permission::UpdateServiceAttachment),
            delete: Permission::DeleteServiceAttachment,
        },
    }
}

/// The permissions on other resources that writes of a kind need.
pub(super) const fn uses(kind: Kind) -> &'static [Permission] {
    match kind {
        Kind::Network | Kind::HealthCheck => &[],
        Kind::Subnetwork | Kind::Firewall => &[Permission::UpdateNetworkPolicy],
        Kind::EndpointGroup => &[
            Permission::UseNetwork,
            Permission::UseSubnetwork,
            Permission::UseInstance,
        ],
        Kind::BackendService => &[Permission::UseHealthCheck, Permission::UseEndpointGroup],
        Kind::ForwardingRule => &[
            Permission::UseNetwork,
            Permission::UseSubnetwork,
            Permission::UseBackendService,
        ],
        Kind::ServiceAttachment => &[Permission::UseForwardingRule, Permission::UseSubnetwork],
    }
}

/// The permission of polling the operation at a path.
pub(super) fn get_operation(path: &str) -> Permission {
    if path.contains("/zones/") {
        Permission::GetZoneOperation
    } else if path.contains("/regions/") {
        Permission::GetRegionOperation
    } else {
        Permission::GetGlobalOperation
    }
}

/// The permission of listing the operations at a path.
pub(super) fn list_operations(path: &str) -> Permission {
    if path.contains("/zones/") {
        Permission::ListZoneOperations
    } else if path.contains("/regions/") {
        Permission::ListRegionOperations
    } else {
        Permission::ListGlobalOperations
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [Kind; 8] = [
        Kind::Network,
        Kind::Subnetwork,
        Kind::Firewall,
        Kind::HealthCheck,
        Kind::EndpointGroup,
        Kind::BackendService,
        Kind::ForwardingRule,
        Kind::ServiceAttachment,
    ];

    #[test]
    fn each_permission_of_the_driver_belongs_to_a_kind_or_an_operation() {
        let of_kinds = KINDS.into_iter().flat_map(|kind| {
            let of = of(kind);
            let own = [of.get, of.list, of.create, of.delete];
            let own = own.into_iter().chain(of.update);
            own.chain(uses(kind).iter().copied())
        });
        let others = [
            Permission::GetInstance,
            Permission::AttachEndpoints,
            Permission::DetachEndpoints,
            Permission::GetGlobalOperation,
            Permission::ListGlobalOperations,
            Permission::GetRegionOperation,
            Permission::ListRegionOperations,
            Permission::GetZoneOperation,
            Permission::ListZoneOperations,
        ];
        let used: BTreeSet<_> = of_kinds.chain(others).collect();
        let all = Permission::ALL.iter().copied();
        let declared: BTreeSet<_> = all
            .filter(|it| it.user() == PermissionUser::Driver)
            .collect();
        assert_eq!(used, declared);
    }

    #[test]
    fn names_are_single_permissions() {
        let names: BTreeSet<_> = Permission::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
        for name in names {
            assert_eq!(name.split('.').count(), 3, "{name}");
            assert!(!name.contains('*'), "{name}");
        }
    }
}
