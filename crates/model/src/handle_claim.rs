//! Nodes' cloud resources that a project may take without an operator.
//!
//! The name of an interface or instance can be guessed, so a project that could reserve any resource
//! by its name could keep the others' machines from them. A reservation needs a place or a grant that
//! belongs to the project. Without one, an instance is named and not reserved: it is published only
//! from the network in which the cloud shows it.

use crate::adopted_network::is_made;
use crate::adoption_grant::AdoptionGrant;
use crate::cloud::Provider;
use crate::cloud_resource::fold;
use crate::google::Instance;
use crate::name::{AccountName, ProjectName};
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::service::{Node, NodeHandle, Service};
use crate::vpc::{ProjectVpc, VpcNetwork};

/// A project VPC with the provider's ID of what its account manages: a subscription on Azure, a
/// project on Google.
#[derive(Debug, Clone, Copy)]
pub struct VpcInAccount<'a> {
    /// The project VPC.
    pub vpc: &'a ProjectVpc,
    /// The account.
    pub account: &'a AccountName,
    /// The ID.
    pub native_id: &'a str,
}

/// The permissions of a project about the nodes of its service.
#[derive(Debug, Clone, Copy)]
pub struct HandleClaims<'a> {
    /// The service.
    pub service: &'a Service,
    /// The project VPC of the service, if it has one in a cloud account.
    pub home: Option<VpcInAccount<'a>>,
    /// The project VPCs of the project in cloud accounts.
    pub vpcs: &'a [VpcInAccount<'a>],
    /// The grants of the project.
    pub grants: &'a [AdoptionGrant],
}

/// The way in which a cloud resource belongs to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleClaim {
    /// By a reservation, which is unique in the installation.
    Reserved,
    /// By its place: the cloud must show it in the project VPC's own subnet before each write.
    /// Other projects may name it, too, and publish nothing by that.
    Located,
}

impl HandleClaims<'_> {
    /// Returns how the cloud resource of a node belongs to the project, and refuses one that the
    /// project may not take without an operator. `is_taken` tells that another project reserved it.
    ///
    /// # Errors
    /// * `handle_not_granted`: the resource is neither in a place that belongs to the project nor
    ///   covered by a grant.
    pub fn check(&self, node: &Node, is_taken: bool) -> Result<HandleClaim, Refusal> {
        let Some(handle) = &node.cloud else {
            return Ok(HandleClaim::Reserved);
        };
        let resource = handle.resource();
        let project = &self.service.project;
        let Some(home) = &self.home else {
            return Err(Refusal::forbidden(
                "handle_not_granted",
                format!(
                    "Node `{}` names the {resource}, but service `{}` is in no project VPC of a \
                     cloud account. Only an operator's token that is not restricted registers such \
                     a node. Register the service in a project VPC",
                    node.name, self.service.name
                ),
            )
            .with_remedy(Remedy::ListVpcs));
        };
        let covers = |it: &AdoptionGrant| it.account == *home.account && it.covers(resource.id());
        let granted = || {
            let is_granted = self.grants.iter().any(covers);
            is_granted.then_some(HandleClaim::Reserved)
        };
        let claim = match handle {
            NodeHandle::Azure { nic_id, .. } => match InterfaceGroup::of(nic_id) {
                Some(place) if self.is_own_group(project, &place) => Some(HandleClaim::Reserved),
                // The group of another project VPC, whatever a grant covers.
                Some(place) if is_made(place.group) => None,
                Some(_) | None => granted(),
            },
            NodeHandle::Google { instance } => granted().or_else(|| {
                let is_free = !is_taken && is_in_reach(instance, home);
                is_free.then_some(HandleClaim::Located)
            }),
        };
        if let Some(claim) = claim {
            return Ok(claim);
        }
        let place = match handle {
            NodeHandle::Azure { .. } => {
                "network interfaces in the resource groups of its project VPCs"
            }
            NodeHandle::Google { .. } => {
                "instances of the account in the region of the service's project VPC that no other \
                 project has"
            }
        };
        let scope = match handle {
            NodeHandle::Azure { nic_id, .. } => nic_id.clone(),
            NodeHandle::Google { .. } => resource.id().to_owned(),
        };
        Err(Refusal::forbidden(
            "handle_not_granted",
            format!(
                "Project `{project}` may not register the {resource} as node `{}`. With a \
                 restricted token a project registers only {place}, and what a grant covers",
                node.name
            ),
        )
        .with_remedy(Remedy::GrantAdoption {
            project: project.clone(),
            account: home.account.clone(),
            scope,
        }))
    }

    /// Reports whether a place on Azure belongs to the project alone.
    fn is_own_group(&self, project: &ProjectName, place: &InterfaceGroup<'_>) -> bool {
        self.vpcs.iter().any(|it| {
            it.vpc.project == *project
                && fold(it.native_id) == fold(place.subscription)
                && own_group(it.vpc).is_some_and(|own| fold(&own) == fold(place.group))
        })
    }
}

/// The subscription and the resource group of an interface.
#[derive(Clone, Copy)]
struct InterfaceGroup<'a> {
    subscription: &'a str,
    group: &'a str,
}

impl<'a> InterfaceGroup<'a> {
    fn of(nic_id: &'a str) -> Option<Self> {
        let mut segments = nic_id.split('/').skip(2);
        let subscription = segments.next()?;
        let group = segments.nth(1)?;
        Some(Self {
            subscription,
            group,
        })
    }
}

/// Reports whether an instance can be in the network of a project VPC.
fn is_in_reach(instance: &str, home: &VpcInAccount<'_>) -> bool {
    let Ok(instance) = instance.parse::<Instance>() else {
        return false;
    };
    instance.project == home.native_id && instance.region() == home.vpc.cloud.region()
}

/// Refuses a Google instance under the number of its project, for which there is no claim: the same
/// instance under the project's ID would be another text.
///
/// # Errors
/// * `node_handle`: the project is a number other than the account's own name for it.
pub fn check_spelling(node: &Node, native_id: Option<&str>) -> Result<(), Refusal> {
    let instance = node.cloud.as_ref().and_then(NodeHandle::instance);
    let Some(Ok(instance)) = instance.map(str::parse::<Instance>) else {
        return Ok(());
    };
    let is_number = instance.project.chars().all(|c| c.is_ascii_digit());
    if !is_number || native_id == Some(instance.project.as_str()) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "node_handle",
        format!(
            "Node `{}` is instance `{instance}` of a project by number. An instance has one \
             spelling, so that it belongs to one project. Set the ID of the Google project instead \
             of its number: projects/PROJECT_ID/zones/{}/instances/{}",
            node.name, instance.zone, instance.name
        ),
    ))
}

/// The resource group that belongs to a project VPC on Azure alone: the one that Underpass made, or
/// the adopted one for links.
fn own_group(vpc: &ProjectVpc) -> Option<String> {
    match &vpc.place {
        VpcNetwork::Made if vpc.cloud.provider() == Provider::Azure => Some(vpc.group_name()),
        VpcNetwork::Adopted(adopted) => Some(adopted.resource_group.clone()),
        VpcNetwork::Made | VpcNetwork::AdoptedGoogle(_) => None,
    }
}
