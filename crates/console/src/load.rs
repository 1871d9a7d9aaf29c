//! Objects that several pages load.

use serde::de::DeserializeOwned;
use underpass_api_types::connection::{ConnectionList, ConnectionView};
use underpass_api_types::link::LinkView;

use crate::answer::service::{Service, ServiceAnswer};
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

/// Loads a service, without its passwords, as the type that the page needs.
pub(crate) async fn service_as<T: DeserializeOwned>(
    page: &Page,
    name: &str,
) -> Result<T, ApiError> {
    let path = format!("{}?include_secrets=false", page.route(["service", name]));
    let answer: ServiceAnswer<T> = page.api.get(&path).await?;
    Ok(answer.service)
}

/// Loads the service in the page's path.
pub(crate) async fn service(page: &Page) -> Result<Service, ApiError> {
    service_as(page, page.segment("service")).await
}

/// Loads every link of a service, in the order of the providers.
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
    /// Connections that carry bytes.
    pub(crate) fn active(&self) -> impl Iterator<Item = &ConnectionView> {
        self.connections.iter().filter(|it| it.is_active())
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
