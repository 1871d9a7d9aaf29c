//! Registration data of a service: nodes, components, logins and CA.

use underpass_model::credentials::Credentials;
use underpass_model::excerpt::excerpt;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Node, Service, check_ca, check_not_ours};
use underpass_model::service_type::{self, SERVICE_TYPES, ServiceTypeFacts};
use underpass_model::vpc::ProjectVpc;

use super::wire::{Edit, Registration};
use crate::settings::Settings;

impl Registration {
    /// Replaces the specified data of a service.
    pub(super) fn apply(
        &self,
        service: &mut Service,
        credentials: &mut Credentials,
    ) -> Result<(), Refusal> {
        if let Some(were) = &self.nodes_were {
            let were: Vec<Node> = were.iter().cloned().map(Into::into).collect();
            service.check_nodes_were(&were)?;
        }
        if let Some(nodes) = &self.nodes {
            let mut nodes: Vec<Node> = nodes.iter().cloned().map(Into::into).collect();
            service.lend_handles(&mut nodes);
            service.nodes = nodes;
        }
        if let Some(components) = &self.components {
            service.components = components.iter().cloned().map(Into::into).collect();
        }
        if let Some(users) = &self.users {
            credentials.users = users.iter().cloned().map(Into::into).collect();
            credentials.check()?;
        }
        match &self.ca_pem {
            Edit::Keep => {}
            Edit::Clear => service.ca_pem = None,
            Edit::Set(pem) => {
                check_ca(pem)?;
                service.ca_pem = Some(pem.clone());
            }
        }
        Ok(())
    }
}

/// Refuses invalid combinations of type, cloud, nodes, components and project VPC.
pub(super) fn check(
    service: &Service,
    vpc: Option<&ProjectVpc>,
    settings: &Settings,
) -> Result<(), Refusal> {
    Service::check_registration(
        find_type(&service.service_type)?,
        &service.cloud,
        &service.nodes,
        &service.components,
        &settings.nodes,
        vpc.map(|vpc| vpc.cidr),
    )?;
    check_not_ours(&service.nodes, &service.components, &settings.own_listeners)
}

/// Returns the facts of a type, or the refusal that lists the types.
pub(in crate::api) fn find_type(name: &str) -> Result<&'static ServiceTypeFacts, Refusal> {
    service_type::find(name).ok_or_else(|| {
        let known: Vec<_> = SERVICE_TYPES.iter().map(|facts| facts.name).collect();
        Refusal::invalid(
            "unknown_service_type",
            format!(
                "`{}` is not a service type. Valid values: {}",
                excerpt(name),
                known.join(", ")
            ),
        )
    })
}
