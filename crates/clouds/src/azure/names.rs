//! The names and resources of a target's parts.

use underpass_model::cloud_target::{AzurePlacement, CloudTarget};
use underpass_model::name::NodeName;
use underpass_model::vpc::{NAT_SUBNET, NETWORK, NODE_SUBNET};

use super::classify;
use super::resource::{Kind, Resource};
use crate::error::{Error, ErrorKind};

/// The name of a load balancer's only frontend.
pub(super) const FRONTEND: &str = "fe";

/// The name of a load balancer's pool of all nodes.
pub(super) const POOL: &str = "be";

/// The prefix of names of pools of single nodes.
const NODE_POOL: &str = "node-";

/// The prefix of names of everything made for a link.
const PREFIX: &str = "up-";

/// The suffix of a load balancer's name.
const BALANCER_SUFFIX: &str = "-lb";

/// The resources of a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) subscription: &'a str,
    pub(super) account_group: &'a str,
    pub(super) target: &'a CloudTarget,
}

impl Names<'_> {
    /// The resource group made for the network.
    pub(super) fn group(&self) -> Result<Resource, Error> {
        let Some(AzurePlacement::Made { group, .. }) = self.target.placement.azure() else {
            return Err(self.misplaced("resource group"));
        };
        Ok(Resource::group(self.subscription, group))
    }

    /// The network made by Underpass.
    pub(super) fn network(&self) -> Result<Resource, Error> {
        Ok(self.group()?.inside(Kind::Network, NETWORK))
    }

    /// The subnet of nodes and balancers.
    pub(super) fn node_subnet(&self) -> Result<Resource, Error> {
        match self.placement("subnet")? {
            AzurePlacement::Made { .. } => Ok(self.network()?.child(Kind::Subnet, NODE_SUBNET)),
            AzurePlacement::Adopted(adopted) => subnet(&adopted.vnet_id, &adopted.node_subnet),
            AzurePlacement::Group(_) => Err(self.misplaced("subnet")),
        }
    }

    /// The subnet of published services.
    pub(super) fn nat_subnet(&self) -> Result<Resource, Error> {
        match self.placement("subnet")? {
            AzurePlacement::Made { .. } => Ok(self.network()?.child(Kind::Subnet, NAT_SUBNET)),
            AzurePlacement::Adopted(adopted) => subnet(&adopted.vnet_id, &adopted.nat_subnet),
            AzurePlacement::Group(_) => Err(self.misplaced("subnet")),
        }
    }

    /// The public address, in the account's own group.
    pub(super) fn address(&self) -> Resource {
        Resource::group(self.subscription, self.account_group).inside(
            Kind::PublicAddress,
            &format!("{PREFIX}{}", self.target.object),
        )
    }

    /// The balancer.
    pub(super) fn balancer(&self) -> Result<Resource, Error> {
        let name = balancer_name(&self.target.object);
        Ok(self
            .link_group("load balancer")?
            .inside(Kind::Balancer, &name))
    }

    /// The private link service. Its alias begins with this name, which consumers see.
    pub(super) fn attachment(&self) -> Result<Resource, Error> {
        let name = attachment_name(&self.target.object);
        Ok(self
            .link_group("private link service")?
            .inside(Kind::LinkService, &name))
    }

    /// The resource group of a link's objects.
    fn link_group(&self, kind: &str) -> Result<Resource, Error> {
        let group = self.placement(kind)?.resource_group();
        Ok(Resource::group(self.subscription, group))
    }

    fn placement(&self, kind: &str) -> Result<&AzurePlacement, Error> {
        let placement = self.target.placement.azure();
        placement.ok_or_else(|| self.misplaced(kind))
    }

    fn misplaced(&self, kind: &str) -> Error {
        classify::own(
            ErrorKind::Invalid,
            &format!("name the {kind} of `{}`", self.target.object),
            "Misplaced",
            format!(
                "the network of `{}` cannot contain one",
                self.target.ownership.managed
            ),
        )
    }
}

/// The name of a published service.
pub(super) fn attachment_name(object: &str) -> String {
    format!("{PREFIX}{object}")
}

/// The name of a balancer.
pub(super) fn balancer_name(object: &str) -> String {
    format!("{PREFIX}{object}{BALANCER_SUFFIX}")
}

/// The name of the pool of a single node. At most 68 of the 80 characters that Azure accepts.
pub(super) fn node_pool(node: &NodeName) -> String {
    format!("{NODE_POOL}{node}")
}

/// Returns the node whose own pool has this name.
pub(super) fn node_of_pool(name: &str) -> Option<NodeName> {
    let name = name.to_ascii_lowercase();
    name.strip_prefix(NODE_POOL)?.parse().ok()
}

/// Returns the object whose load balancer has this name.
pub(super) fn object_of_balancer(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)?.strip_suffix(BALANCER_SUFFIX)
}

/// Returns a subnet of the operator's network, given by ID or by name.
fn subnet(network: &str, given: &str) -> Result<Resource, Error> {
    let found = if given.starts_with('/') {
        Resource::parse(Kind::Subnet, given)
    } else {
        Resource::parse(Kind::Subnet, &format!("{network}/subnets/{given}"))
    };
    found.ok_or_else(|| {
        let message = format!(
            "subnet `{given}` of network `{network}` is not named by a resource id of the form \
             /subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N"
        );
        let action = format!("find subnet `{given}`");
        let mut error = classify::own(ErrorKind::Invalid, &action, "MalformedResourceId", message);
        let remedy = "Adopt the network again with the ids that `az network vnet show` prints";
        error.remedy = Some(remedy.to_owned());
        error
    })
}
