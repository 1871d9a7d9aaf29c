//! Form for the network options of a service: options that are set, options that can be added, and a
//! review before connections are cut.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};
use underpass_api_types::compatible_service::CompatibleService;
use underpass_api_types::service_type::ServiceTypeView;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::form::Fields;

use super::network_change::NetworkChange;
use super::network_option::{Kind, NetworkOption, ON};
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::load::{self, ServiceLink};
use crate::page::{Page, Submission};
use crate::service_components::ServiceComponents as _;

pub(super) fn routes(root: &str) -> Router<Console> {
    let window = format!("{root}/settings/network-configuration");
    Router::new().route(&window, get(show).post(save))
}

#[derive(Template)]
#[template(path = "console/service/network_configuration.html")]
struct Window {
    layout: PageLayout,
    service: CompatibleService,
    options: Vec<NetworkOption>,
    /// True if options that are not set are shown.
    is_adding: bool,
    /// Words that a shown option contains.
    search: String,
    /// Effect of the change, if the visitor must confirm a cut.
    review: Option<NetworkChange>,
}

/// Data of the form.
struct Loaded {
    service: CompatibleService,
    links: Vec<ServiceLink>,
    options: Vec<NetworkOption>,
}

/// Field of the pressed button: the step of the form.
const STEP: &str = "step";
const SEARCH: &str = "search";
const EDIT: &str = "edit";
/// Field with the cut that the visitor confirmed.
const AGREED: &str = "agreed";

async fn show(page: Page) -> Response {
    let loaded = match Loaded::load(&page).await {
        Ok(loaded) => loaded,
        Err(refused) => return page.refuse(refused),
    };
    let search = page.query(SEARCH);
    let is_adding = !search.is_empty() || !page.query("add").is_empty();
    let window = loaded
        .window(&page, is_adding, search, None, &Map::new())
        .await;
    page.render(&window)
}

async fn save(Submission { page, fields }: Submission) -> Response {
    let loaded = match Loaded::load(&page).await {
        Ok(loaded) => loaded.filled(&fields),
        Err(refused) => return page.refuse(refused),
    };
    let change = NetworkOption::change(&loaded.options);
    let search = fields.text(SEARCH).to_owned();
    let settings = page.href(["service", loaded.service.service_name.as_str(), "settings"]);
    match fields.text(STEP) {
        SEARCH => {
            let window = loaded.window(&page, true, search, None, &change).await;
            return page.render(&window);
        }
        EDIT => {
            let window = loaded
                .window(&page, false, String::new(), None, &change)
                .await;
            return page.render(&window);
        }
        _ => {}
    }
    if change.is_empty() {
        return page.done(&settings, "No changes: all options are as before");
    }
    let effect = NetworkChange::new(&loaded.service, &loaded.links, &change);
    if !effect.cut().is_empty() && fields.text(AGREED) != effect.cut_fingerprint() {
        let window = loaded
            .window(&page, false, search, Some(effect), &change)
            .await;
        return page.render(&window);
    }
    let route = page.route(["service", loaded.service.service_name.as_str()]);
    let body = json!({"user_config": change});
    match page.api.send(Method::PUT, &route, Some(&body)).await {
        Ok(_service) => page.done(&settings, effect.describe(&loaded.links)),
        Err(refused) => {
            let page = page.with_problem(refused);
            let window = loaded
                .window(&page, true, String::new(), None, &change)
                .await;
            page.render(&window)
        }
    }
}

impl Loaded {
    async fn load(page: &Page) -> Result<Self, ApiError> {
        let service = load::service(page).await?;
        let links = load::links(page, service.service_name.as_str()).await?;
        let route = page.route(["service-types", &service.service_type]);
        let of_type: ServiceTypeView = page.api.get(&route).await?;
        let options = NetworkOption::all(&of_type.user_config_schema, &service.user_config);
        Ok(Self {
            service,
            links,
            options,
        })
    }

    /// The data with the input of the form.
    fn filled(self, fields: &Fields) -> Self {
        let options = self.options.into_iter();
        Self {
            options: options.map(|option| option.filled(fields)).collect(),
            ..self
        }
    }

    async fn window(
        self,
        page: &Page,
        is_adding: bool,
        search: String,
        review: Option<NetworkChange>,
        change: &Map<String, Value>,
    ) -> Window {
        let snippets = snippets(page, &self.service, &self.links, change);
        let layout = page
            .layout("Network configuration", Section::Services)
            .await;
        // Changed options are always shown.
        let is_touched = |option: &NetworkOption| !option.is_set && option.is_touched();
        Window {
            layout: layout.with_snippets(snippets),
            is_adding: is_adding || self.options.iter().any(is_touched),
            service: self.service,
            options: self.options,
            search,
            review,
        }
    }
}

/// Command for the change; without a change, commands that open and close each component.
fn snippets(
    page: &Page,
    service: &CompatibleService,
    links: &[ServiceLink],
    change: &Map<String, Value>,
) -> Vec<CliSnippet> {
    let name = service.service_name.as_str();
    let route = page.route(["service", name]);
    let snippet = |title: &str, change: &Map<String, Value>| {
        let flags = NetworkChange::new(service, links, change).flags();
        let mut words = vec!["service", "update", name];
        words.extend(flags.iter().map(String::as_str));
        words.extend(["--project", page.project()]);
        let body = json!({"user_config": change});
        cli_snippet(title, words, &Method::PUT, &route, Some(&body))
    };
    if !change.is_empty() {
        return vec![snippet("Save this configuration", change)];
    }
    let components = service.component_names().into_iter();
    components
        .map(|component| {
            let opens = !service.is_open(component);
            let verb = if opens { "Open" } else { "Close" };
            let mut access = Map::new();
            access.insert(component.to_owned(), Value::Bool(opens));
            let mut change = Map::new();
            change.insert("privatelink_access".to_owned(), Value::Object(access));
            snippet(&format!("{verb} {component} on private links"), &change)
        })
        .collect()
}

impl Window {
    fn services_href(&self) -> String {
        project_href(&self.layout.project, ["service"])
    }

    fn service_href(&self) -> String {
        project_href(
            &self.layout.project,
            ["service", self.service.service_name.as_str()],
        )
    }

    fn settings_href(&self) -> String {
        let below = ["service", self.service.service_name.as_str(), "settings"];
        project_href(&self.layout.project, below)
    }

    fn href(&self) -> String {
        let below = [
            "service",
            self.service.service_name.as_str(),
            "settings",
            "network-configuration",
        ];
        project_href(&self.layout.project, below)
    }

    fn set(&self) -> Vec<&NetworkOption> {
        self.options.iter().filter(|option| option.is_set).collect()
    }

    fn addable(&self) -> Vec<&NetworkOption> {
        self.options
            .iter()
            .filter(|option| !option.is_set)
            .collect()
    }

    /// Reports whether a search hides an option.
    fn is_left_out(&self, option: &NetworkOption) -> bool {
        !option.has(&self.search)
    }

    fn is_nothing_found(&self) -> bool {
        self.options.iter().all(|option| self.is_left_out(option))
    }

    /// Address of a component once it is open.
    fn hint(&self, option: &NetworkOption, component: &str) -> String {
        if option.name != "privatelink_access" {
            return String::new();
        }
        let mut ports = self.service.listeners(component).map(|it| it.link_port);
        match (ports.next(), ports.next()) {
            (None, _) => "not registered with this service".to_owned(),
            (Some(port), None) => format!("link port {port}"),
            (Some(port), Some(_)) => format!("link port {port} and others"),
        }
    }

    /// Fields that the review sends again after the confirmation.
    fn sent(&self) -> Vec<(String, String)> {
        let mut sent = Vec::new();
        for option in &self.options {
            if option.is_removed {
                sent.push((option.removed_name(), ON.to_owned()));
            }
            for entry in &option.entries {
                sent.push((entry.seen_name(), entry.shown.clone()));
                sent.push((entry.desired_name(), entry.desired.clone()));
            }
        }
        sent
    }
}
