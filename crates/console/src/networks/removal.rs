//! Deletion of project VPCs and static IPs, after showing the object and what blocks its deletion.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;

use super::vpc::vpcs;
use underpass_api_types::static_ip::StaticIpDetails;
use underpass_api_types::vpc::CompatibleVpc;

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::page::{Page, Submission};

/// Blocking services shown: 20, one screen.
const SHOWN_SERVICES: usize = 20;

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new()
        .route(
            &format!("{root}/vpc/{{vpc}}/delete"),
            get(ask_vpc).post(delete_vpc),
        )
        .route(
            &format!("{root}/static-ip/{{static_ip}}/delete"),
            get(ask_static_ip).post(delete_static_ip),
        )
}

#[derive(Template)]
#[template(path = "console/network_removal.html")]
struct RemovalPage {
    layout: PageLayout,
    /// Kind of the object.
    kind: &'static str,
    question: &'static str,
    /// Properties of the object.
    facts: Vec<(&'static str, String)>,
    /// Effect of the deletion.
    outcome: &'static str,
    /// Services that block the deletion.
    services: Vec<String>,
    /// Links that only the cloud shows, which block the deletion.
    unknown_links: Vec<String>,
    /// Reason why the services block it.
    blocked_because: &'static str,
    /// Page that "Cancel" leads to.
    back: String,
}

async fn ask_vpc(page: Page) -> Response {
    match load_vpc(&page).await {
        Ok(asked) => page.render(&asked),
        Err(refused) => page.refuse(refused),
    }
}

async fn load_vpc(page: &Page) -> Result<RemovalPage, ApiError> {
    let id = page.segment("vpc");
    let route = page.route(["vpcs", id]);
    let vpc: CompatibleVpc = page.api.get(&route).await?;
    let mut with_services = vpcs(page).await?.into_iter();
    let (services, unknown_links) = with_services
        .find(|it| it.project_vpc_id == id)
        .map(|it| (it.services, it.unknown_links))
        .unwrap_or_default();
    let snippet = cli_snippet(
        "Delete the project VPC",
        [
            "vpc",
            "delete",
            "--project-vpc-id",
            id,
            "--project",
            page.project(),
        ],
        &Method::DELETE,
        &route,
        None,
    );
    Ok(RemovalPage {
        layout: page
            .layout("Delete project VPC", Section::Networks)
            .await
            .with_snippets(vec![snippet]),
        kind: "project VPC",
        question: "Delete this VPC?",
        facts: vec![
            ("ID", vpc.project_vpc_id),
            ("Cloud", vpc.cloud_name),
            ("Range", vpc.network_cidr),
            ("State", vpc.state.to_string()),
        ],
        outcome: "If Underpass created the network, it is deleted in its cloud. In an adopted \
                  network, only the objects of Underpass are deleted.",
        services,
        unknown_links,
        blocked_because: "The project VPC contains services. Delete them or move them to another \
                          project VPC first.",
        back: page.href(["network"]),
    })
}

async fn delete_vpc(submission: Submission) -> Response {
    let page = submission.page;
    let route = page.route(["vpcs", page.segment("vpc")]);
    match page.api.send(Method::DELETE, &route, None).await {
        Ok(_) => {
            let notice = format!("Project VPC {} is being deleted", page.segment("vpc"));
            page.done(&page.href(["network"]), notice)
        }
        Err(refused) => ask_vpc(page.with_problem(refused)).await,
    }
}

async fn ask_static_ip(page: Page) -> Response {
    match load_static_ip(&page).await {
        Ok(asked) => page.render(&asked),
        Err(refused) => page.refuse(refused),
    }
}

async fn load_static_ip(page: &Page) -> Result<RemovalPage, ApiError> {
    let id = page.segment("static_ip");
    let StaticIpDetails {
        static_ip: found, ..
    } = page.api.get(&page.own_route(["static-ips", id])).await?;
    let snippet = cli_snippet(
        "Delete the static IP",
        ["static-ip", "delete", id, "--project", page.project()],
        &Method::DELETE,
        &page.route(["static-ips", id]),
        None,
    );
    Ok(RemovalPage {
        layout: page
            .layout("Delete static IP", Section::Networks)
            .await
            .with_snippets(vec![snippet]),
        kind: "static IP",
        question: "Delete this static IP?",
        facts: vec![
            ("ID", found.static_ip_address_id),
            ("Cloud", found.cloud_name),
            ("Address", found.ip_address.unwrap_or_default()),
            ("State", found.state.to_string()),
        ],
        outcome: "The address is returned to the cloud. The same address is probably not \
                  available again.",
        services: found.service_name.into_iter().collect(),
        unknown_links: Vec::new(),
        blocked_because: "The static IP is associated with a service. Dissociate it under Networks \
                          first.",
        back: page.href(["network"]),
    })
}

async fn delete_static_ip(submission: Submission) -> Response {
    let page = submission.page;
    let id = page.segment("static_ip").to_owned();
    let route = page.route(["static-ips", &id]);
    match page.api.send(Method::DELETE, &route, None).await {
        Ok(_) => page.done(
            &page.href(["network"]),
            format!("Static IP {id} is being deleted"),
        ),
        Err(refused) => ask_static_ip(page.with_problem(refused)).await,
    }
}

impl RemovalPage {
    fn shown_services(&self) -> impl Iterator<Item = &String> {
        self.services.iter().take(SHOWN_SERVICES)
    }

    fn shown_links(&self) -> impl Iterator<Item = &String> {
        self.unknown_links.iter().take(SHOWN_SERVICES)
    }

    fn hidden_links(&self) -> usize {
        self.unknown_links.len().saturating_sub(SHOWN_SERVICES)
    }

    fn is_blocked(&self) -> bool {
        !self.services.is_empty() || !self.unknown_links.is_empty()
    }

    fn hidden_services(&self) -> usize {
        self.services.len().saturating_sub(SHOWN_SERVICES)
    }

    fn service_href(&self, service: &str) -> String {
        project_href(&self.layout.project, ["service", service])
    }
}
