//! The actions of Azure that the driver and the account check need: the whole of the account's role.
//!
//! Every call of the client names its action, and a write also those on the resources that its body
//! refers to ([`joins`]). Names and meanings are from Microsoft Learn, "Azure permissions for
//! Networking", "… for Management and governance", and "Azure RBAC permissions for Azure Private
//! Link". [`Confidence`] is about the need, not the name.

use super::resource::Kind;
use crate::permission::{Confidence, PermissionUser};

macro_rules! actions {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $user:ident, $confidence:ident;)+) => {
        /// An action.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])+ $variant,)+
        }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in role definitions.
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

actions! {
    /// Reads resource groups, the account's own included.
    ReadGroup = "Microsoft.Resources/subscriptions/resourceGroups/read", Driver, Documented;
    /// Makes the resource group of a project VPC.
    WriteGroup = "Microsoft.Resources/subscriptions/resourceGroups/write", Driver, Documented;
    /// Deletes the resource group of a project VPC, once it is empty.
    DeleteGroup = "Microsoft.Resources/subscriptions/resourceGroups/delete", Driver, Documented;
    /// Lists the contents of a resource group before its deletion.
    ListGroup = "Microsoft.Resources/subscriptions/resourceGroups/resources/read", Driver, Documented;
    /// Polls the deletion of a resource group.
    ReadGroupOperation = "Microsoft.Resources/subscriptions/operationresults/read", Driver, Assumed;
    /// Reads and lists networks.
    ReadNetwork = "Microsoft.Network/virtualNetworks/read", Driver, Documented;
    /// Makes and repairs the network of a project VPC.
    WriteNetwork = "Microsoft.Network/virtualNetworks/write", Driver, Documented;
    /// Deletes the network of a project VPC.
    DeleteNetwork = "Microsoft.Network/virtualNetworks/delete", Driver, Documented;
    /// Reads the NAT subnet of an adopted network.
    ReadSubnet = "Microsoft.Network/virtualNetworks/subnets/read", Driver, Documented;
    /// Disables the network policy of the NAT subnet of an adopted network.
    WriteSubnet = "Microsoft.Network/virtualNetworks/subnets/write", Driver, Documented;
    /// Puts load balancers, private link services and interfaces into subnets.
    JoinSubnet = "Microsoft.Network/virtualNetworks/subnets/join/action", Driver, Documented;
    /// Keeps the security group of an adopted subnet or of a node's interface.
    JoinSecurityGroup = "Microsoft.Network/networkSecurityGroups/join/action", Driver, Documented;
    /// Keeps the route table of an adopted subnet.
    JoinRouteTable = "Microsoft.Network/routeTables/join/action", Driver, Documented;
    /// Keeps the NAT gateway of an adopted subnet.
    JoinNatGateway = "Microsoft.Network/natGateways/join/action", Driver, Documented;
    /// Reads and lists static IPs.
    ReadAddress = "Microsoft.Network/publicIPAddresses/read", Driver, Documented;
    /// Makes static IPs.
    WriteAddress = "Microsoft.Network/publicIPAddresses/write", Driver, Documented;
    /// Deletes static IPs.
    DeleteAddress = "Microsoft.Network/publicIPAddresses/delete", Driver, Documented;
    /// Keeps the public address of a node's interface.
    JoinAddress = "Microsoft.Network/publicIPAddresses/join/action", Driver, Documented;
    /// Reads and lists load balancers.
    ReadBalancer = "Microsoft.Network/loadBalancers/read", Driver, Documented;
    /// Makes and changes load balancers.
    WriteBalancer = "Microsoft.Network/loadBalancers/write", Driver, Documented;
    /// Deletes load balancers.
    DeleteBalancer = "Microsoft.Network/loadBalancers/delete", Driver, Documented;
    /// Reads the health of the nodes behind a load balancer.
    ReadHealth = "Microsoft.Network/loadBalancers/loadBalancingRules/health/action", Driver, Documented;
    /// Adds a node's interface to the pools of a load balancer.
    JoinPool = "Microsoft.Network/loadBalancers/backendAddressPools/join/action", Driver, Documented;
    /// Puts a private link service on the frontend of a load balancer.
    JoinFrontend = "Microsoft.Network/loadBalancers/frontendIPConfigurations/join/action", Driver, Assumed;
    /// Keeps the inbound NAT rules of a node's interface.
    JoinInboundNatRule = "Microsoft.Network/loadBalancers/inboundNatRules/join/action", Driver, Documented;
    /// Reads and lists the interfaces of nodes.
    ReadInterface = "Microsoft.Network/networkInterfaces/read", Driver, Documented;
    /// Changes the pools of a node's interface.
    WriteInterface = "Microsoft.Network/networkInterfaces/write", Driver, Documented;
    /// Reads and lists private link services, in every resource group of the subscription.
    ReadLinkService = "Microsoft.Network/privateLinkServices/read", Driver, Documented;
    /// Makes and changes private link services.
    WriteLinkService = "Microsoft.Network/privateLinkServices/write", Driver, Documented;
    /// Deletes private link services.
    DeleteLinkService = "Microsoft.Network/privateLinkServices/delete", Driver, Documented;
    /// Reads the endpoint connections of a private link service.
    ReadConnection = "Microsoft.Network/privateLinkServices/privateEndpointConnections/read", Driver, Documented;
    /// Approves and rejects endpoint connections.
    WriteConnection = "Microsoft.Network/privateLinkServices/privateEndpointConnections/write", Driver, Documented;
    /// Removes endpoint connections.
    DeleteConnection = "Microsoft.Network/privateLinkServices/privateEndpointConnections/delete", Driver, Documented;
    /// Polls operations of the network provider.
    ReadOperation = "Microsoft.Network/locations/operations/read", Driver, Reported;
    /// Polls results of operations that have no status.
    ReadOperationResult = "Microsoft.Network/locations/operationResults/read", Driver, Reported;
    /// Reads the subscription.
    ReadSubscription = "Microsoft.Resources/subscriptions/read", AccountCheck, Documented;
    /// Lists the subscription's regions.
    ReadLocations = "Microsoft.Resources/subscriptions/locations/read", AccountCheck, Documented;
    /// Reads the registration of the network provider.
    ReadProvider = "Microsoft.Resources/subscriptions/providers/read", AccountCheck, Documented;
    /// Reads the quotas of a region.
    ReadUsages = "Microsoft.Network/locations/usages/read", AccountCheck, Documented;
    /// Reads the account's own actions.
    ReadPermissions = "Microsoft.Authorization/permissions/read", AccountCheck, Documented;
}

impl Action {
    /// Reports whether it is needed only in the account's own resource group.
    pub const fn is_in_account_group(self) -> bool {
        matches!(
            self,
            Self::ReadAddress | Self::WriteAddress | Self::DeleteAddress
        )
    }
}

/// The action of reading a resource and of listing its kind.
pub(super) const fn read(kind: Kind) -> Action {
    match kind {
        Kind::Group => Action::ReadGroup,
        Kind::Network => Action::ReadNetwork,
        Kind::Subnet => Action::ReadSubnet,
        Kind::PublicAddress => Action::ReadAddress,
        Kind::Balancer => Action::ReadBalancer,
        Kind::Interface => Action::ReadInterface,
        Kind::LinkService => Action::ReadLinkService,
        Kind::EndpointConnection => Action::ReadConnection,
    }
}

/// The action of writing a resource.
pub(super) const fn write(kind: Kind) -> Action {
    match kind {
        Kind::Group => Action::WriteGroup,
        Kind::Network => Action::WriteNetwork,
        Kind::Subnet => Action::WriteSubnet,
        Kind::PublicAddress => Action::WriteAddress,
        Kind::Balancer => Action::WriteBalancer,
        Kind::Interface => Action::WriteInterface,
        Kind::LinkService => Action::WriteLinkService,
        Kind::EndpointConnection => Action::WriteConnection,
    }
}

/// The action of deleting a resource; `None` for borrowed kinds, which are never deleted.
pub(super) const fn delete(kind: Kind) -> Option<Action> {
    match kind {
        Kind::Group => Some(Action::DeleteGroup),
        Kind::Network => Some(Action::DeleteNetwork),
        Kind::PublicAddress => Some(Action::DeleteAddress),
        Kind::Balancer => Some(Action::DeleteBalancer),
        Kind::LinkService => Some(Action::DeleteLinkService),
        Kind::EndpointConnection => Some(Action::DeleteConnection),
        Kind::Subnet | Kind::Interface => None,
    }
}

/// The actions on the resources that the body of a write refers to. A write replaces the whole
/// resource, so references that the operator made count, too.
pub(super) const fn joins(kind: Kind) -> &'static [Action] {
    match kind {
        Kind::Subnet | Kind::Network => &[
            Action::JoinSecurityGroup,
            Action::JoinRouteTable,
            Action::JoinNatGateway,
        ],
        Kind::Balancer => &[Action::JoinSubnet],
        Kind::Interface => &[
            Action::JoinSubnet,
            Action::JoinPool,
            Action::JoinAddress,
            Action::JoinSecurityGroup,
            Action::JoinInboundNatRule,
        ],
        Kind::LinkService => &[Action::JoinSubnet, Action::JoinFrontend],
        Kind::Group | Kind::PublicAddress | Kind::EndpointConnection => &[],
    }
}

/// The action of polling this URL of a status or result.
pub(super) fn poll(url: &str) -> Action {
    let url = url.to_ascii_lowercase();
    if !url.contains("/providers/") {
        Action::ReadGroupOperation
    } else if url.contains("/operationresults/") {
        Action::ReadOperationResult
    } else {
        Action::ReadOperation
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [Kind; 8] = [
        Kind::Group,
        Kind::Network,
        Kind::Subnet,
        Kind::PublicAddress,
        Kind::Balancer,
        Kind::Interface,
        Kind::LinkService,
        Kind::EndpointConnection,
    ];

    #[test]
    fn each_action_of_the_driver_belongs_to_a_kind_or_an_operation() {
        let of_kinds = KINDS.into_iter().flat_map(|kind| {
            let own = [Some(read(kind)), Some(write(kind)), delete(kind)];
            own.into_iter().flatten().chain(joins(kind).iter().copied())
        });
        let others = [
            Action::ListGroup,
            Action::ReadGroupOperation,
            Action::ReadHealth,
            Action::ReadOperation,
            Action::ReadOperationResult,
        ];
        let used: BTreeSet<_> = of_kinds.chain(others).collect();
        let all = Action::ALL.iter().copied();
        let declared: BTreeSet<_> = all
            .filter(|it| it.user() == PermissionUser::Driver)
            .collect();
        assert_eq!(used, declared);
    }

    #[test]
    fn names_are_single_actions() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for name in names {
            assert!(
                name.starts_with("Microsoft.") && !name.contains('*'),
                "{name}"
            );
            let verb = name.rsplit('/').next().unwrap();
            assert!(
                ["read", "write", "delete", "action"].contains(&verb),
                "{name}"
            );
        }
    }
}
