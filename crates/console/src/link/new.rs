//! The page of a service without a link: the form that creates one, and first what it lacks.

use askama::Template;
use axum::http::Method;
use serde_json::json;
use underpass_api_types::compatible_service::CompatibleService;
use underpass_api_types::preflight::{PreflightRefusal, PreflightView};
use underpass_api_types::vpc::CompatibleVpc;
use underpass_model::remedy::Remedy;
use underpass_model::vpc::VpcState;
use underpass_web::cli_snippet::CliSnippet;

use crate::api_error::ApiError;
use crate::catalogue;
use crate::cli_snippet::cli_snippet;
use crate::layout::{PageLayout, Section};
use crate::page::Page;
use crate::remedy::{RemedyLink, remedy_link};
use crate::service_head::{ServiceHead, Tab};
use crate::static_ips::MissingStaticIps;

/// Field with the subscriptions, in the form and in the address of the page.
pub(super) const SUBSCRIPTION: &str = "subscription";

#[derive(Template)]
#[template(path = "console/link_new.html")]
pub(super) struct NewLinkPage {
    layout: PageLayout,
    head: ServiceHead,
    base: String,
    has_subscriptions: bool,
    typed: String,
    /// First rule that refuses the link now.
    missing: Option<Missing>,
}

/// Reason why the link cannot be created now, and the action that resolves it.
struct Missing {
    refusal: PreflightRefusal,
    action: Action,
}

/// Action that resolves a refusal.
enum Action {
    /// Provide static IPs.
    StaticIps(MissingStaticIps),
    /// Move the service into one of the project VPCs of its region.
    UseVpc(Vec<CompatibleVpc>),
    /// Wait for the project VPCs of the region.
    AwaitVpc,
    /// Create a project VPC with this range.
    CreateVpc(String),
    /// Switch a feature of the project on, as its operator.
    EnableFeature(&'static str),
    /// Another page, if there is one.
    Page(Option<RemedyLink>),
}

impl NewLinkPage {
    /// Loads the page of a service; `typed` is input that was refused.
    ///
    /// # Errors
    /// If the API refuses a request.
    pub(super) async fn load(
        page: &Page,
        service: CompatibleService,
        typed: String,
    ) -> Result<Self, ApiError> {
        let answer: PreflightView = page.api.get(&page.own_link_route(["preflight"])).await?;
        let missing = match answer.refusal {
            Some(refusal) => Some(Missing {
                action: Action::of(page, &service, &refusal).await?,
                refusal,
            }),
            None => None,
        };
        let layout = page.layout("Private link", Section::Services).await;
        Ok(Self {
            layout: layout.with_snippets(vec![create_snippet(page)]),
            head: ServiceHead::new(page, &service, Tab::PrivateLink),
            base: page.own_link_href(),
            has_subscriptions: page.has_subscriptions(),
            // The address has what was typed before an action that leads back to this page.
            typed: if typed.is_empty() {
                page.query(SUBSCRIPTION)
            } else {
                typed
            },
            missing,
        })
    }
}

impl Action {
    async fn of(
        page: &Page,
        service: &CompatibleService,
        refusal: &PreflightRefusal,
    ) -> Result<Self, ApiError> {
        let Some(view) = &refusal.remedy else {
            return Ok(Self::Page(None));
        };
        Ok(match &view.remedy {
            Remedy::ProvideStaticIps { .. } => {
                let nodes = service.underpass.nodes.len();
                Self::StaticIps(MissingStaticIps::of(page, service, nodes).await?)
            }
            Remedy::CreateVpc { .. } | Remedy::MoveService { .. } => vpc(page, service).await?,
            Remedy::EnableFeature { feature, .. } if page.session.principal.is_operator() => {
                Self::EnableFeature(feature.as_str())
            }
            remedy => {
                let is_operator = page.session.principal.is_operator();
                Self::Page(remedy_link(page.project(), is_operator, remedy))
            }
        })
    }
}

/// Returns the way into a project VPC in the region of a service.
async fn vpc(page: &Page, service: &CompatibleService) -> Result<Action, ApiError> {
    let all = catalogue::vpcs(page).await?;
    let (mut active, mut pending) = (Vec::new(), false);
    for vpc in &all {
        let is_its = service.project_vpc_id.as_ref() == Some(&vpc.project_vpc_id);
        if vpc.cloud_name != service.cloud_name || is_its {
            continue;
        }
        match vpc.state {
            VpcState::Active => active.push(vpc.clone()),
            VpcState::Approved => pending = true,
            VpcState::Deleting => {}
        }
    }
    Ok(match (active.is_empty(), pending) {
        (false, _) => Action::UseVpc(active),
        (true, true) => Action::AwaitVpc,
        (true, false) => Action::CreateVpc(catalogue::free_range(&all)),
    })
}

fn create_snippet(page: &Page) -> CliSnippet {
    let project = page.project();
    let mut words = vec![
        "service",
        "privatelink",
        page.provider(),
        "create",
        page.service(),
    ];
    let body = if page.has_subscriptions() {
        words.extend(["--user-subscription-id", "SUBSCRIPTION_ID"]);
        json!({ "user_subscription_ids": ["SUBSCRIPTION_ID"] })
    } else {
        json!({})
    };
    words.extend(["--wait", "--project", project]);
    cli_snippet(
        "Create the link",
        words,
        &Method::POST,
        &page.link_route([]),
        Some(&body),
    )
}
