//! Settings of a service: network, protection, removal.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;
use underpass_api_types::compatible_service::CompatibleService;
use underpass_api_types::static_ip::StaticIpView;
use underpass_api_types::vpc::CompatibleVpc;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::time::RelativeTime;

use crate::api_error::ApiError;
use crate::catalogue::{self, MOST_STATIC_IPS};
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{link_href, project_href};
use crate::layout::{PageLayout, Section};
use crate::load::{self, ServiceLink};
use crate::page::Page;
use crate::service_components::ServiceComponents as _;
use crate::service_head::{ServiceHead, Tab};

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/settings"), get(show))
}

#[derive(Template)]
#[template(path = "console/service/settings.html")]
pub(super) struct SettingsPage {
    layout: PageLayout,
    head: ServiceHead,
    service: CompatibleService,
    created: RelativeTime,
    updated: RelativeTime,
    vpc: Option<CompatibleVpc>,
    static_ips: Vec<StaticIpView>,
    links: Vec<ServiceLink>,
    /// Input for the confirmation of the removal.
    typed: String,
}

async fn show(page: Page) -> Response {
    show_refused(page, String::new()).await
}

/// Shows the page with refused input.
pub(super) async fn show_refused(page: Page, typed: String) -> Response {
    match SettingsPage::load(&page, typed).await {
        Ok(settings) => page.render(&settings),
        Err(refused) => page.refuse(refused),
    }
}

impl SettingsPage {
    async fn load(page: &Page, typed: String) -> Result<Self, ApiError> {
        let service = load::service(page).await?;
        let links = load::links(page, service.service_name.as_str()).await?;
        let vpc = match &service.project_vpc_id {
            Some(id) => page.api.find(&page.route(["vpcs", id])).await?,
            None => None,
        };
        let its = [
            ("service", service.service_name.as_str()),
            ("limit", MOST_STATIC_IPS),
        ];
        let rows = catalogue::static_ips(page, its).await?.static_ips;
        let static_ips = rows.into_iter().map(|row| row.static_ip).collect();
        let title = format!("Settings of {}", service.service_name.as_str());
        let layout = page.layout(&title, Section::Services).await;
        Ok(Self {
            layout: layout.with_snippets(snippets(page, &service)),
            head: ServiceHead::new(page, &service, Tab::Settings),
            created: RelativeTime::new(&service.create_time, page.now),
            updated: RelativeTime::new(&service.update_time, page.now),
            vpc,
            static_ips,
            links,
            typed,
            service,
        })
    }

    fn href<'a>(&'a self, below: &[&'a str]) -> String {
        let settings = ["service", self.service.service_name.as_str(), "settings"];
        project_href(
            &self.layout.project,
            settings.into_iter().chain(below.iter().copied()),
        )
    }

    fn link_href(&self, provider: &str) -> String {
        link_href(
            &self.layout.project,
            self.service.service_name.as_str(),
            provider,
        )
    }

    /// Components that are open on private links.
    fn open(&self) -> Vec<&str> {
        let names = self.service.component_names().into_iter();
        names.filter(|name| self.service.is_open(name)).collect()
    }

    /// Reports whether the service can be removed.
    fn is_removable(&self) -> bool {
        !self.service.termination_protection && self.links.is_empty()
    }
}

fn snippets(page: &Page, service: &CompatibleService) -> Vec<CliSnippet> {
    let (name, project) = (service.service_name.as_str(), page.project());
    let route = page.route(["service", name]);
    let (title, flag, protected) = if service.termination_protection {
        (
            "Switch termination protection off",
            "--disable-termination-protection",
            false,
        )
    } else {
        (
            "Switch termination protection on",
            "--enable-termination-protection",
            true,
        )
    };
    vec![
        cli_snippet(
            title,
            ["service", "update", name, flag, "--project", project],
            &Method::PUT,
            &route,
            Some(&json!({"termination_protection": protected})),
        ),
        cli_snippet(
            "Remove the service",
            ["service", "terminate", name, "--project", project],
            &Method::DELETE,
            &route,
            None,
        ),
    ]
}
