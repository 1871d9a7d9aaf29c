//! Objects that several pages load.

use underpass_api_types::compatible_service::{CompatibleService, CompatibleServiceAnswer};
use underpass_api_types::connection::{ConnectionList, ConnectionView};
use underpass_api_types::link::LinkView;
use underpass_api_types::part::PartFailure;

use crate::api_error::ApiError;
use crate::page::Page;

/// Providers of links, as in the paths of the API.
const PROVIDERS: [&str; 3] = ["azure", "google", "aws"];

/// A link of a service with its connections.
#[derive(Debug, Clone)]
pub(crate) struct ServiceLink {
    pub(crate) provider: &'static str,
    pub(crate) link: LinkView,
    pub(crate) connections: Vec<ConnectionView>,
}

/// Loads the service in the page's path, without its passwords.
///
/// # Errors
/// If the API refuses the request.
pub(crate) async fn service(page: &Page) -> Result<CompatibleService, ApiError> {
    let path = page.route(["service", page.segment("service")]);
    let path = format!("{path}?include_secrets=false");
    let answer: CompatibleServiceAnswer = page.api.get(&path).await?;
    Ok(answer.service)
}

/// Loads every link of a service, in the order of the providers.
///
/// # Errors
/// If the API refuses a request for another reason than that a link does not exist.
pub(crate) async fn links(page: &Page, service: &str) -> Result<Vec<ServiceLink>, ApiError> {
    let mut links = Vec::new();
    for provider in PROVIDERS {
        let path = page.own_route(["service", service, "privatelink", provider]);
        let Some(link) = page.api.find::<LinkView>(&path).await? else {
            continue;
        };
        let connections = format!("{path}/connections");
        let answer: Option<ConnectionList> = page.api.find(&connections).await?;
        links.push(ServiceLink {
            provider,
            link,
            connections: answer.map(|it| it.connections).unwrap_or_default(),
        });
    }
    Ok(links)
}

impl ServiceLink {
    /// Connections whose flows a change can cut.
    pub(crate) fn with_flows(&self) -> impl Iterator<Item = &ConnectionView> {
        self.connections.iter().filter(|it| it.can_carry_flows())
    }

    /// Connections with a DNS name.
    pub(crate) fn active(&self) -> impl Iterator<Item = &ConnectionView> {
        self.connections.iter().filter(|it| it.is_active())
    }

    /// Failures that keep parts from their desired state.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &PartFailure> {
        let parts = self.link.parts.iter();
        parts.filter_map(|part| part.failure.as_ref())
    }

    /// Product name of the provider's links.
    pub(crate) fn title(&self) -> &'static str {
        match self.provider {
            "azure" => "Azure Private Link",
            "google" => "Google Private Service Connect",
            _ => "AWS PrivateLink",
        }
    }
}
