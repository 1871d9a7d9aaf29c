//! Overview of a service, and its connection information.

mod alternative;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use underpass_api_types::compatible_service::{CompatibleService, ServiceAddress};
use underpass_api_types::connection::ConnectionView;
use underpass_api_types::connection_info::ConnectionInfo;
use underpass_api_types::kafka_listener::KafkaListenersView;
use underpass_model::auth::Role;
use underpass_web::cli_snippet::CliSnippet;

use super::choice::{Choice, PRIVATELINK, Secrets};
use super::connection_info::{self, Found, ToolText as _, connection_info_path};
use super::kafka_listeners::{kafka_listeners, kafka_listeners_path};
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::{link_href, project_href};
use crate::layout::{PageLayout, Section};
use crate::load::{self, ServiceLink};
use crate::page::Page;
use crate::service_head::{ServiceHead, Tab};

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(root, get(show))
}

#[derive(Template)]
#[template(path = "console/service/overview.html")]
struct OverviewPage {
    layout: PageLayout,
    head: ServiceHead,
    service: CompatibleService,
    links: Vec<ServiceLink>,
    choice: Choice,
    shown: Shown,
    kafka: Option<Result<KafkaListenersView, ApiError>>,
    /// True if the visitor's role may see secrets.
    may_see_secrets: bool,
}

/// Content of the section about connecting.
enum Shown {
    /// Connection information.
    Info(Box<ConnectionInfo>),
    /// A chosen connection that is not active, and the provider of its link.
    Inactive(Box<ConnectionView>, &'static str),
    /// Reason why there is no connection information.
    Nothing(ApiError),
}

/// Addresses shown in the table: 60; of more connections, one is chosen below.
const ADDRESSES: usize = 60;

async fn show(page: Page) -> Response {
    match load(&page).await {
        Ok(overview) => page.render(&overview),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page) -> Result<OverviewPage, ApiError> {
    let service = load::service(page).await?;
    let name = service.service_name.as_str();
    let links = load::links(page, name).await?;
    let choice = Choice::of(page);
    let shown = match inactive(&links, &choice) {
        Some((connection, provider)) => Shown::Inactive(Box::new(connection), provider),
        None => match connection_info::find(page, name, &choice).await? {
            Found::Info(info) => Shown::Info(info),
            Found::Nothing(refused) => Shown::Nothing(refused),
        },
    };
    let kafka = if service.service_type == "kafka" {
        Some(kafka_listeners(page, name).await)
    } else {
        None
    };
    let layout = page.layout(name, Section::Services).await;
    Ok(OverviewPage {
        layout: layout.with_snippets(snippets(page, &service, &choice)),
        head: ServiceHead::new(page, &service, Tab::Overview),
        links,
        choice,
        shown,
        kafka,
        may_see_secrets: page.role() == Some(Role::Admin),
        service,
    })
}

/// The chosen connection, if it is not active.
fn inactive(links: &[ServiceLink], choice: &Choice) -> Option<(ConnectionView, &'static str)> {
    links.iter().find_map(|link| {
        let is_meant = |it: &&ConnectionView| it.privatelink_connection_id == choice.connection;
        let chosen = link.connections.iter().find(is_meant)?;
        (!chosen.is_active()).then(|| (chosen.clone(), link.provider))
    })
}

fn snippets(page: &Page, service: &CompatibleService, choice: &Choice) -> Vec<CliSnippet> {
    let (name, project) = (service.service_name.as_str(), page.project());
    let mut info = vec!["service", "connection-info", name];
    info.extend(choice.flags());
    info.extend(["--json", "--project", project]);
    let mut snippets = vec![
        cli_snippet(
            "Show this connection information",
            info,
            &Method::GET,
            &connection_info_path(page, name, choice),
            None,
        ),
        cli_snippet(
            "Show the service",
            ["service", "get", name, "--json", "--project", project],
            &Method::GET,
            &format!("{}?include_secrets=false", page.route(["service", name])),
            None,
        ),
    ];
    if service.service_type == "kafka" {
        snippets.push(cli_snippet(
            "Show the listeners that the brokers need",
            ["service", "kafka-listeners", name, "--project", project],
            &Method::GET,
            &kafka_listeners_path(page, name),
            None,
        ));
    }
    snippets
}

impl OverviewPage {
    /// Address of this page with another choice.
    fn href(&self, choice: &Choice) -> String {
        let path = project_href(
            &self.layout.project,
            ["service", self.service.service_name.as_str()],
        );
        format!("{path}?{}#connection-information", choice.query())
    }

    /// Path of this page; a form adds the choice.
    fn path(&self) -> String {
        project_href(
            &self.layout.project,
            ["service", self.service.service_name.as_str()],
        )
    }

    fn ca_href(&self) -> String {
        let below = ["service", self.service.service_name.as_str(), "ca.pem"];
        project_href(&self.layout.project, below)
    }

    fn link_href(&self, provider: &str) -> String {
        link_href(
            &self.layout.project,
            self.service.service_name.as_str(),
            provider,
        )
    }

    fn info(&self) -> Option<&ConnectionInfo> {
        match &self.shown {
            Shown::Info(info) => Some(info),
            Shown::Inactive(..) | Shown::Nothing(_) => None,
        }
    }

    fn addresses(&self) -> &[ServiceAddress] {
        let all = self.service.components.as_slice();
        all.get(..ADDRESSES).unwrap_or(all)
    }

    /// Reports whether the route is that of private links.
    fn is_by_link(&self) -> bool {
        self.choice.route == PRIVATELINK
    }

    fn connection_count(&self) -> usize {
        self.links.iter().map(|link| link.connections.len()).sum()
    }

    fn connection_href(&self, connection: &ConnectionView) -> String {
        let through = self.choice.through(&connection.privatelink_connection_id);
        self.href(&through)
    }

    /// Reports whether a connection is the chosen one, or the only possible one.
    fn is_chosen(&self, connection: &ConnectionView) -> bool {
        let id = &connection.privatelink_connection_id;
        let shown = self
            .info()
            .and_then(|it| it.privatelink_connection_id.as_ref());
        self.choice.connection == *id || shown == Some(id)
    }

    fn component(&self) -> &str {
        self.info()
            .map_or(&self.choice.component, |it| &it.component)
    }

    /// Parameters other than the user.
    fn other_parameters(&self) -> Vec<(&'static str, &str)> {
        let all = self.choice.parameters().into_iter();
        all.filter(|(name, _)| *name != "user").collect()
    }

    fn are_secrets_shown(&self) -> bool {
        self.may_see_secrets && self.choice.secrets == Secrets::Shown
    }

    fn show_href(&self) -> String {
        self.href(&self.choice.with_secrets(Secrets::Shown))
    }

    fn hide_href(&self) -> String {
        self.href(&self.choice.with_secrets(Secrets::Hidden))
    }
}
