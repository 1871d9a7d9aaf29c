//! Head of the pages of a service: name, state, tabs.

use underpass_api_types::compatible_service::CompatibleService;

use crate::href::{link_href, project_href};
use crate::page::Page;

/// The pages of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Overview and connection information.
    Overview,
    /// Link and connections.
    PrivateLink,
    /// Nodes and components.
    Nodes,
    /// Settings.
    Settings,
}

/// Properties of a service in its head.
#[derive(Debug, Clone)]
pub(crate) struct ServiceFacts {
    pub(crate) service_name: String,
    pub(crate) service_type: String,
    pub(crate) state: String,
    pub(crate) cloud_name: String,
    pub(crate) plan: String,
}

/// The head of a service's page.
#[derive(Debug, Clone)]
pub(crate) struct ServiceHead {
    pub(crate) project: String,
    pub(crate) service: ServiceFacts,
    pub(crate) tab: Tab,
}

/// Provider of a cloud: `azure` of `azure-westeurope`.
pub(crate) fn provider_of(cloud: &str) -> &str {
    cloud
        .split_once('-')
        .map_or(cloud, |(provider, _)| provider)
}

impl ServiceHead {
    pub(crate) fn new(page: &Page, service: &CompatibleService, tab: Tab) -> Self {
        Self {
            project: page.project().to_owned(),
            service: ServiceFacts {
                service_name: service.service_name.clone(),
                service_type: service.service_type.clone(),
                state: service.state.clone(),
                cloud_name: service.cloud_name.clone(),
                plan: service.plan.clone(),
            },
            tab,
        }
    }

    /// The pages with their titles and addresses, in the order of the tabs.
    pub(crate) fn tabs(&self) -> [(Tab, &'static str, String); 4] {
        let name = self.service.service_name.as_str();
        let href = |below: &[&'static str]| {
            let segments = ["service", name].into_iter().chain(below.iter().copied());
            project_href(&self.project, segments)
        };
        [
            (Tab::Overview, "Overview", href(&[])),
            (
                Tab::PrivateLink,
                "Private link",
                link_href(&self.project, name, provider_of(&self.service.cloud_name)),
            ),
            (Tab::Nodes, "Nodes", href(&["nodes"])),
            (Tab::Settings, "Service settings", href(&["settings"])),
        ]
    }

    pub(crate) fn services_href(&self) -> String {
        project_href(&self.project, ["service"])
    }
}
