//! Nodes' cloud resources that a project may take without an operator.
//!
//! The first registration of an interface or instance reserves it. Its name can be guessed, so a
//! project that could name any resource could keep the others' machines from them.

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
    /// The project VPCs in cloud accounts: on Azure those of the project, on Google all.
    pub vpcs: &'a [VpcInAccount<'a>],
    /// The grants of the project.
    pub grants: &'a [AdoptionGrant],
}

impl HandleClaims<'_> {
    /// Refuses a node whose cloud resource the project may not take without an operator.
    ///
    /// # Errors
    /// * `handle_not_granted`: the resource is neither in a place that belongs to the project nor
    ///   covered by a grant.
    pub fn check(&self, node: &Node) -> Result<(), Refusal> {
        let Some(handle) = &node.cloud else {
            return Ok(());
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
        if self.grants.iter().any(covers) || self.is_own(handle, project, home) {
            return Ok(());
        }
        let place = match handle {
            NodeHandle::Azure { .. } => {
                "network interfaces in the resource groups of its project VPCs"
            }
            NodeHandle::Google { .. } => {
                "instances in a region of the account in which no other project has a project VPC"
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

    /// Reports whether the resource is in a place that belongs to the project.
    fn is_own(&self, handle: &NodeHandle, project: &ProjectName, home: &VpcInAccount<'_>) -> bool {
        match handle {
            NodeHandle::Azure { nic_id, .. } => {
                let mut segments = nic_id.split('/').skip(2);
                let (subscription, group) = (segments.next(), segments.nth(1));
                let (Some(subscription), Some(group)) = (subscription, group) else {
                    return false;
                };
                self.vpcs.iter().any(|it| {
                    it.vpc.project == *project
                        && fold(it.native_id) == fold(subscription)
                        && own_group(it.vpc).is_some_and(|own| fold(&own) == fold(group))
                })
            }
            NodeHandle::Google { instance } => {
                let Ok(instance) = instance.parse::<Instance>() else {
                    return false;
                };
                instance.project == home.native_id
                    && instance.region() == home.vpc.cloud.region()
                    && self
                        .vpcs
                        .iter()
                        .filter(|it| {
                            it.native_id == home.native_id && it.vpc.cloud == home.vpc.cloud
                        })
                        .all(|it| it.vpc.project == *project)
            }
        }
    }
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
