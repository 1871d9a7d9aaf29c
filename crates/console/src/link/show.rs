//! The page of a link.

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use underpass_api_types::compatible_service::CompatibleService;
use underpass_api_types::condition::ConditionView;
use underpass_api_types::connection::ConnectionView;
use underpass_api_types::event::NewestEvents;
use underpass_api_types::link::{LinkView, NatRange, PublishedLink};
use underpass_model::remedy::Remedy;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::time::RelativeTime;

use super::firewall::{Export, exports};
use super::new::NewLinkPage;
use super::path::{Hop, hops};
use super::portal::PortalLink;
use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::layout::{PageLayout, Section};
use crate::load;
use crate::page::Page;
use crate::service_head::{ServiceHead, Tab};
use crate::static_ips::MissingStaticIps;

/// Events shown: 10.
const EVENTS: usize = 10;

#[derive(Template)]
#[template(path = "console/link.html")]
struct LinkPage {
    layout: PageLayout,
    head: ServiceHead,
    provider: String,
    base: String,
    remove_href: String,
    settings_href: String,
    link: LinkView,
    has_subscriptions: bool,
    /// Link to the form for an endpoint, in an emulated cloud.
    portal: Option<PortalLink>,
    path: Vec<Hop>,
    connections: Vec<Entry>,
    exports: Vec<Export>,
    events: Vec<EventRow>,
    /// Input that the API refused.
    typed: String,
    /// Static IPs that the link lacks.
    missing_static_ips: Option<MissingStaticIps>,
}

/// A row of the list of connections.
struct Entry {
    it: ConnectionView,
    since: RelativeTime,
    info_href: String,
}

struct EventRow {
    message: String,
    actor: String,
    when: RelativeTime,
}

/// Shows the link, or the form that creates one.
pub(super) async fn show(page: Page) -> Response {
    render(&page, String::new()).await
}

/// Shows the page after a refusal, with the refused input.
pub(super) async fn show_refused(page: Page, refused: ApiError, typed: String) -> Response {
    render(&page.with_problem(refused), typed).await
}

async fn render(page: &Page, typed: String) -> Response {
    match load(page, typed).await {
        Ok(response) => response,
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, typed: String) -> Result<Response, ApiError> {
    let service = load::service(page).await?;
    let provider = page.provider().to_owned();
    let Some(link) = page.link().await? else {
        let content = NewLinkPage::load(page, service, typed).await?;
        return Ok(page.render(&content));
    };
    let head = ServiceHead::new(page, &service, Tab::PrivateLink);
    let connections = page.connections().await?;
    let recent = format!(
        "{}?order=newest&limit={EVENTS}&subject=service/{}/privatelink/{provider}",
        page.own_route(["events"]),
        page.service(),
    );
    let events: NewestEvents = page.api.get(&recent).await?;
    let nodes: Vec<_> = service
        .underpass
        .nodes
        .iter()
        .map(|node| format!("{} {}", node.name, node.address))
        .collect();
    let missing_static_ips = missing_static_ips(page, &service, &link).await?;
    let layout = page.layout("Private link", Section::Services).await;
    let content = LinkPage {
        layout: layout.with_snippets(snippets(page, &connections)),
        path: hops(&provider, &link, &connections, &nodes),
        exports: exports(&provider, page.service(), &link.open_ports, &connections),
        head,
        base: page.own_link_href(),
        remove_href: format!("{}/remove", page.own_link_href()),
        settings_href: page.href([
            "service",
            page.service(),
            "settings",
            "network-configuration",
        ]),
        portal: portal(page, &link),
        link,
        has_subscriptions: page.has_subscriptions(),
        connections: connections
            .into_iter()
            .map(|it| Entry {
                since: RelativeTime::new(&it.first_seen_at, page.now),
                info_href: format!(
                    "{}?route=privatelink&connection={}",
                    page.href(["service", page.service()]),
                    it.privatelink_connection_id
                ),
                it,
            })
            .collect(),
        events: events
            .events
            .into_iter()
            .map(|event| EventRow {
                when: RelativeTime::new(&event.at, page.now),
                message: event.message,
                actor: event.actor,
            })
            .collect(),
        provider,
        typed,
        missing_static_ips,
    };
    Ok(page.render(&content))
}

/// Returns the static IPs that a link lacks, if its conditions say so.
async fn missing_static_ips(
    page: &Page,
    service: &CompatibleService,
    link: &LinkView,
) -> Result<Option<MissingStaticIps>, ApiError> {
    let remedies = link.conditions.iter().filter_map(|it| it.remedy.as_ref());
    let mut remedies = remedies.map(|view| &view.remedy);
    if !remedies.any(|it| matches!(it, Remedy::ProvideStaticIps { .. })) {
        return Ok(None);
    }
    let nodes = service.underpass.nodes.len();
    Ok(Some(MissingStaticIps::of(page, service, nodes).await?))
}

/// Link to the portal, while the link has a target.
fn portal(page: &Page, link: &LinkView) -> Option<PortalLink> {
    let target = link.target().filter(|_| !link.is_deleting())?;
    let portals = &page.console.portals;
    PortalLink::new(portals, page.provider(), target)
}

fn snippets(page: &Page, connections: &[ConnectionView]) -> Vec<CliSnippet> {
    let (project, service, provider) = (page.project(), page.service(), page.provider());
    let mut snippets = vec![
        cli_snippet(
            "Show the link",
            [
                "service",
                "privatelink",
                provider,
                "get",
                service,
                "--project",
                project,
            ],
            &Method::GET,
            &page.own_link_route([]),
            None,
        ),
        cli_snippet(
            "Refresh the connections",
            [
                "service",
                "privatelink",
                provider,
                "refresh",
                service,
                "--project",
                project,
            ],
            &Method::POST,
            &page.link_route(["refresh"]),
            None,
        ),
        cli_snippet(
            "List the connections",
            [
                "service",
                "privatelink",
                "connections",
                service,
                "--project",
                project,
            ],
            &Method::GET,
            &page.own_link_route(["connections"]),
            None,
        ),
    ];
    let undecided = connections.iter().find(|it| it.is_undecided());
    if let Some(connection) = undecided {
        let id = connection.privatelink_connection_id.as_str();
        let decide = ["service", "privatelink", provider, "connection"];
        let address = ["--user-ip-address", "ENDPOINT_ADDRESS"];
        let body = json!({ "user_ip_address": "ENDPOINT_ADDRESS" });
        snippets.push(cli_snippet(
            "Approve the oldest pending connection",
            decide
                .into_iter()
                .chain(["approve", service, id])
                .chain(address)
                .chain(["--project", project]),
            &Method::POST,
            &page.link_route(["connections", id, "approve"]),
            Some(&body).filter(|_| provider != "azure"),
        ));
        snippets.push(cli_snippet(
            "Reject that connection",
            decide
                .into_iter()
                .chain(["reject", service, id, "--project", project]),
            &Method::POST,
            &page.own_link_route(["connections", id, "reject"]),
            Some(&json!({})),
        ));
    }
    snippets
}

impl LinkPage {
    fn is_gone_soon(&self) -> bool {
        self.link.is_deleting()
    }

    /// Reports whether a part that does not have its desired state failed.
    fn has_unfinished_failure(&self) -> bool {
        self.link.unfinished().any(|part| part.failure.is_some())
    }

    /// Condition of a link whose account is on hold.
    fn outdated(&self) -> Option<&str> {
        let mut conditions = self.link.conditions.iter();
        let is_hold = |it: &&ConditionView| {
            let remedy = it.remedy.as_ref().map(|view| &view.remedy);
            matches!(remedy, Some(Remedy::ShowRecovery))
        };
        conditions.find(is_hold).map(|it| it.message.as_str())
    }

    /// Azure resource ID, once the link has one.
    fn azure_service_id(&self) -> Option<&str> {
        match &self.link.published {
            PublishedLink::Azure {
                azure_service_id, ..
            } => azure_service_id.as_deref(),
            PublishedLink::Google { .. } => None,
        }
    }

    /// Used addresses, all addresses and the ranges of the address translation on Google.
    fn nat(&self) -> Option<(usize, usize, &[NatRange])> {
        match &self.link.published {
            PublishedLink::Azure { .. } => None,
            PublishedLink::Google {
                nat_ranges,
                nat_capacity,
                nat_in_use,
                ..
            } => Some((*nat_in_use, *nat_capacity, nat_ranges)),
        }
    }

    /// Name of the link's target, in the provider's words.
    fn target_title(&self) -> &'static str {
        if self.has_subscriptions {
            "Alias"
        } else {
            "Service attachment"
        }
    }

    /// Numbers of approved and of pending connections from a subscription.
    fn decided_from(&self, subscription: &str) -> (usize, usize) {
        let is_from = |it: &&Entry| {
            let from = it.it.subscription_id.as_deref();
            from.is_some_and(|from| from.eq_ignore_ascii_case(subscription))
        };
        let found = || self.connections.iter().filter(is_from);
        let approved = found().filter(|entry| entry.it.is_approved());
        let pending = found().filter(|entry| entry.it.is_pending());
        (approved.count(), pending.count())
    }

    fn address_is_needed(&self) -> bool {
        !self.has_subscriptions
    }

    /// Number by which a consumer on Google identifies the endpoint.
    fn psc_connection_id<'a>(&self, connection: &'a ConnectionView) -> Option<&'a str> {
        let number = connection.link_identifier.as_deref();
        number.filter(|_| !self.has_subscriptions)
    }
}
