//! Preconditions of a new link that all clouds share.

use super::desired::Link;
use super::neighbours::Neighbours;
use crate::cloud::Provider;
use crate::project::Project;
use crate::refusal::Refusal;
use crate::remedy::{LinkRef, Remedy};
use crate::service::Service;
use crate::vpc::ProjectVpc;

/// The objects that a new link is validated against.
#[derive(Debug, Clone, Copy)]
pub struct CreateContext<'a> {
    /// The project.
    pub project: &'a Project,
    /// The service to publish.
    pub service: &'a Service,
    /// The service's network.
    pub vpc: Option<&'a ProjectVpc>,
    /// The number of static IPs associated with the service.
    pub static_ips: usize,
    /// The existing link of the service in the same cloud.
    pub existing: Option<&'a Link>,
    /// Other services on its nodes.
    pub neighbours: &'a Neighbours,
}

/// Refuses to publish a service with a cloud that it does not run in, or whose type is not offered.
///
/// # Errors
/// * `wrong_cloud`: the service runs in another cloud.
/// * `type_not_offered`: the cloud does not offer the service's type.
pub fn check_publishable(service: &Service, provider: Provider) -> Result<(), Refusal> {
    if service.cloud.provider() != provider {
        return Err(wrong_cloud(service, provider));
    }
    let offered = service
        .facts()
        .is_some_and(|facts| facts.providers.contains(&provider));
    if !offered {
        return Err(Refusal::invalid(
            "type_not_offered",
            format!(
                "Services of type `{}` cannot be published with {}",
                service.service_type,
                provider.product()
            ),
        ));
    }
    Ok(())
}

fn wrong_cloud(service: &Service, provider: Provider) -> Refusal {
    let own = service.cloud.provider();
    let remedy = match own {
        Provider::Azure | Provider::Google => Remedy::CreateLink(LinkRef::new(own, &service.name)),
        Provider::Aws => Remedy::manual(format!("{} is not offered yet", own.product())),
    };
    Refusal::invalid(
        "wrong_cloud",
        format!(
            "Service `{}` runs in {}, so it cannot be published with {}",
            service.name,
            service.cloud,
            provider.product()
        ),
    )
    .with_remedy(remedy)
}

pub(super) fn already_exists(link: &Link) -> Refusal {
    if link.deleting {
        return Refusal::conflict(
            "link_deleting",
            format!(
                "The private link of service `{}` is being deleted. Create it again once it is \
                 deleted",
                link.service
            ),
        );
    }
    let remedy = match link.provider {
        Provider::Azure | Provider::Aws => Remedy::UpdateLink(link.reference()),
        // A link on Google has no changeable property.
        Provider::Google => Remedy::ShowLink(link.reference()),
    };
    Refusal::conflict(
        "link_exists",
        format!(
            "A private link already exists for service `{}` on {}",
            link.service, link.provider
        ),
    )
    .with_remedy(remedy)
}

pub(super) fn check_vpc<'a>(
    service: &Service,
    vpc: Option<&'a ProjectVpc>,
) -> Result<&'a ProjectVpc, Refusal> {
    let Some(vpc) = vpc else {
        return Err(Refusal::invalid(
            "no_project_vpc",
            format!(
                "Service `{}` is not in a project VPC, which a private link needs",
                service.name
            ),
        )
        .with_remedy(Remedy::CreateVpc {
            cloud: service.cloud.clone(),
            service: Some(service.name.clone()),
        }));
    };
    if vpc.byoc {
        return Err(Refusal::invalid(
            "byoc",
            format!(
                "Project VPC {} is hosted by the customer (BYOC), where private links are not \
                 offered",
                vpc.id
            ),
        )
        .with_remedy(Remedy::MoveService {
            service: service.name.clone(),
        }));
    }
    if vpc.cloud != service.cloud {
        return Err(Refusal::invalid(
            "region_differs",
            format!(
                "Service `{}` is in {}, its project VPC in {}. They must be equal",
                service.name, service.cloud, vpc.cloud
            ),
        )
        .with_remedy(Remedy::MoveService {
            service: service.name.clone(),
        }));
    }
    if vpc.deleting {
        return Err(Refusal::conflict(
            "vpc_deleting",
            format!("Project VPC {} is being deleted", vpc.id),
        ));
    }
    if vpc.account.is_none() {
        return Err(Refusal::conflict(
            "no_account",
            format!(
                "No cloud account is configured for {}, so nothing can be published there. Add an \
                 account to the configuration",
                vpc.cloud
            ),
        ));
    }
    Ok(vpc)
}
