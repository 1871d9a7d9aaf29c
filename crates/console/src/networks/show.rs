//! The page of project VPCs and static IPs.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::http::Method;
use axum::response::Response;
use serde_json::json;
use underpass_api_types::grant::{GrantList, GrantView};
use underpass_api_types::static_ip::StaticIpView;
use underpass_model::cloud::Provider;
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::form::Fields;
use underpass_web::time::RelativeTime;

use super::static_ips::StaticIpList;
use super::vpc::{VpcRow, vpcs};
use crate::api_error::ApiError;
use crate::catalogue::{CloudGroup, served_clouds};
use crate::cli_snippet::cli_snippet;
use crate::href::project_href;
use crate::layout::{PageLayout, Section};
use crate::page::Page;

#[derive(Template)]
#[template(path = "console/networks.html")]
struct NetworksPage {
    layout: PageLayout,
    vpcs: Vec<VpcRow>,
    static_ips: StaticIpList,
    clouds: Vec<CloudGroup>,
    typed: FormInput,
    /// Existing networks that the project may adopt.
    grants: Vec<GrantRow>,
}

/// A row of the list of grants.
struct GrantRow {
    it: GrantView,
    created: RelativeTime,
}

/// Input that was refused.
#[derive(Default)]
pub(super) struct FormInput {
    pub(super) vpc_cloud: String,
    pub(super) cidr: String,
    pub(super) ip_cloud: String,
    /// Static IP to associate with a service.
    pub(super) static_ip: String,
    pub(super) service: String,
}

impl FormInput {
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            vpc_cloud: text("vpc_cloud"),
            cidr: text("network_cidr"),
            ip_cloud: text("ip_cloud"),
            static_ip: text("static_ip"),
            service: text("service"),
        }
    }

    /// Service that was entered for a static IP.
    fn service_of(&self, static_ip: &StaticIpView) -> &str {
        if self.static_ip == static_ip.static_ip_address_id {
            &self.service
        } else {
            ""
        }
    }
}

pub(super) async fn show(page: Page) -> Response {
    present(page, FormInput::default()).await
}

pub(super) async fn present(page: Page, typed: FormInput) -> Response {
    match load(&page, typed).await {
        Ok(networks) => page.render(&networks),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, typed: FormInput) -> Result<NetworksPage, ApiError> {
    Ok(NetworksPage {
        layout: page
            .layout("Networks", Section::Networks)
            .await
            .with_snippets(snippets(page)),
        vpcs: vpcs(page)
            .await?
            .into_iter()
            .map(|it| VpcRow { it })
            .collect(),
        static_ips: StaticIpList::load(page).await?,
        clouds: served_clouds(page).await?,
        typed,
        grants: grants(page).await?,
    })
}

/// Loads the grants of the project, oldest first.
async fn grants(page: &Page) -> Result<Vec<GrantRow>, ApiError> {
    let answer: GrantList = page.api.get(&page.own_route(["grants"])).await?;
    let row = |it: GrantView| GrantRow {
        created: RelativeTime::new(&it.create_time, page.now),
        it,
    };
    Ok(answer.grants.into_iter().map(row).collect())
}

fn snippets(page: &Page) -> Vec<CliSnippet> {
    let project = page.project();
    let (cloud, range) = ("azure-westeurope", "10.70.0.0/24");
    let vpc = json!({"cloud_name": cloud, "network_cidr": range, "peering_connections": []});
    let here = ["--project", project];
    let command = |words: &[&'static str]| words.iter().copied().chain(here).collect::<Vec<_>>();
    let mut all = vec![
        cli_snippet(
            "Create a project VPC",
            command(&[
                "vpc",
                "create",
                "--cloud",
                cloud,
                "--network-cidr",
                range,
                "--wait",
            ]),
            &Method::POST,
            &page.route(["vpcs"]),
            Some(&vpc),
        ),
        cli_snippet(
            "Create a static IP",
            command(&["static-ip", "create", "--cloud", cloud, "--wait"]),
            &Method::POST,
            &page.route(["static-ips"]),
            Some(&json!({"cloud_name": cloud})),
        ),
        cli_snippet(
            "List project VPCs",
            command(&["vpc", "list"]),
            &Method::GET,
            &page.route(["vpcs"]),
            None,
        ),
        cli_snippet(
            "List static IPs",
            command(&["static-ip", "list"]),
            &Method::GET,
            &page.route(["static-ips"]),
            None,
        ),
        cli_snippet(
            "List the networks that may be adopted",
            ["project", "grant", "list", project],
            &Method::GET,
            &page.own_route(["grants"]),
            None,
        ),
    ];
    if page.session.principal.is_operator() {
        all.push(cli_snippet(
            "Allow the project to adopt networks",
            [
                "project",
                "grant",
                "add",
                project,
                "--account",
                "ACCOUNT",
                "--scope",
                "SCOPE",
            ],
            &Method::POST,
            &page.own_route(["grants"]),
            Some(&json!({"account": "ACCOUNT", "scope": "SCOPE"})),
        ));
    }
    all
}

impl NetworksPage {
    fn network_href(&self) -> String {
        project_href(&self.layout.project, ["network"])
    }

    fn service_href(&self, service: &str) -> String {
        project_href(&self.layout.project, ["service", service])
    }

    fn delete_vpc_href(&self, vpc: &VpcRow) -> String {
        let id = vpc.it.project_vpc_id.as_str();
        project_href(&self.layout.project, ["network", "vpc", id, "delete"])
    }

    fn delete_static_ip_href(&self, static_ip: &StaticIpView) -> String {
        let id = static_ip.static_ip_address_id.as_str();
        project_href(&self.layout.project, ["network", "static-ip", id, "delete"])
    }

    /// Clouds that use static IPs.
    fn static_ip_clouds(&self) -> impl Iterator<Item = &CloudGroup> {
        self.clouds
            .iter()
            .filter(|group| group.provider == Provider::Azure)
    }

    /// Services that the shown static IPs without a service could be associated with, by cloud:
    /// those in the project VPCs of the same region.
    fn proposals(&self) -> BTreeMap<&str, Vec<&str>> {
        let free = |ip: &&StaticIpView| ip.service_name.is_none();
        let rows = self.static_ips.rows.iter().map(|row| &row.static_ip);
        let regions = rows.filter(free);
        let residents = |cloud: &str| {
            let beside = self
                .vpcs
                .iter()
                .map(|vpc| &vpc.it)
                .filter(|vpc| vpc.cloud_name == cloud);
            let names = beside.flat_map(|vpc| vpc.services.iter().map(String::as_str));
            names.collect::<Vec<_>>()
        };
        regions
            .map(|ip| ip.cloud_name.as_str())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|cloud| (cloud, residents(cloud)))
            .collect()
    }
}
