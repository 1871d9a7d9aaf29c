//! Head of the pages of a service: name, state, tabs.

use crate::answer::service::ServiceSummary;
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

/// The head of a service's page.
#[derive(Debug, Clone)]
pub(crate) struct ServiceHead {
    pub(crate) project: String,
    pub(crate) service: ServiceSummary,
    pub(crate) tab: Tab,
}

impl ServiceHead {
    pub(crate) fn new(page: &Page, service: ServiceSummary, tab: Tab) -> Self {
        Self {
            project: page.project().to_owned(),
            service,
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
                link_href(&self.project, name, self.service.provider()),
            ),
            (Tab::Nodes, "Nodes", href(&["nodes"])),
            (Tab::Settings, "Service settings", href(&["settings"])),
        ]
    }

    pub(crate) fn services_href(&self) -> String {
        project_href(&self.project, ["service"])
    }
}
