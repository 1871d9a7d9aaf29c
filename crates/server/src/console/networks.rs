//! Project VPCs and static IPs.

mod change;
mod removal;
mod resident;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use self::resident::{Resident, residents};
use super::Console;
use super::call::Refused;
use super::catalogue::{self, CloudGroup, StaticIp, Vpc, served_clouds};
use super::fields::Fields;
use super::page::{Page, ROOT, project_href};
use super::recipe::Recipe;
use super::shell::{Section, Shell};

/// Services named in a VPC's row: 5; a page of its own lists them all.
const NAMED: usize = 5;

pub(super) fn routes() -> Router<Console> {
    let root = format!("{ROOT}/project/{{project}}/network");
    Router::new()
        // One address for the page and its forms, so that it can be fetched anew after a refusal.
        .route(&root, get(show).post(change::submit))
        .merge(removal::routes(&root))
}

#[derive(Template)]
#[template(path = "console/networks.html")]
struct NetworksPage {
    shell: Shell,
    vpcs: Vec<VpcRow>,
    static_ips: Vec<StaticIp>,
    clouds: Vec<CloudGroup>,
    /// Those that can be given an address.
    services: Vec<Resident>,
    typed: Typed,
}

/// A project VPC with what is in it.
struct VpcRow {
    it: Vpc,
    services: Vec<String>,
    troubles: Vec<Trouble>,
}

/// What hinders a network, in words that may be the provider's.
#[derive(Deserialize)]
struct Trouble {
    message: String,
    next_action: Option<String>,
}

#[derive(Deserialize)]
struct InspectAnswer {
    troubles: Vec<Trouble>,
}

/// What was filled in when it was refused.
#[derive(Default)]
struct Typed {
    vpc_cloud: String,
    cidr: String,
    ip_cloud: String,
    /// The static IP that was to be kept for a service.
    static_ip: String,
    service: String,
}

impl Typed {
    fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            vpc_cloud: text("vpc_cloud"),
            cidr: text("network_cidr"),
            ip_cloud: text("ip_cloud"),
            static_ip: text("static_ip"),
            service: text("service"),
        }
    }

    /// The service that was typed for this static IP.
    fn service_of(&self, static_ip: &StaticIp) -> &str {
        if self.static_ip == static_ip.static_ip_address_id {
            &self.service
        } else {
            ""
        }
    }
}

impl VpcRow {
    fn named(&self) -> impl Iterator<Item = &String> {
        self.services.iter().take(NAMED)
    }

    fn unnamed(&self) -> usize {
        self.services.len().saturating_sub(NAMED)
    }
}

async fn show(page: Page) -> Response {
    present(page, Typed::default()).await
}

async fn present(page: Page, typed: Typed) -> Response {
    match load(&page, typed).await {
        Ok(networks) => page.render(&networks),
        Err(refused) => page.refuse(refused),
    }
}

async fn load(page: &Page, typed: Typed) -> Result<NetworksPage, Refused> {
    let services = residents(page).await?;
    let mut vpcs = Vec::new();
    for it in catalogue::vpcs(page).await? {
        vpcs.push(VpcRow {
            services: resident::of_vpc(&services, &it.project_vpc_id),
            troubles: troubles(page, &it).await?,
            it,
        });
    }
    Ok(NetworksPage {
        shell: page
            .shell("Networks", Section::Networks)
            .await
            .with(recipes(page)),
        vpcs,
        static_ips: catalogue::static_ips(page).await?,
        clouds: served_clouds(page).await?,
        services,
        typed,
    })
}

/// What hinders a network that is on its way; one that is there is not asked about.
async fn troubles(page: &Page, vpc: &Vpc) -> Result<Vec<Trouble>, Refused> {
    if vpc.state == "ACTIVE" {
        return Ok(Vec::new());
    }
    let route = page.own_route(["vpcs", &vpc.project_vpc_id]);
    let found: Option<InspectAnswer> = page.api.find(&route).await?;
    Ok(found.map(|it| it.troubles).unwrap_or_default())
}

fn recipes(page: &Page) -> Vec<Recipe> {
    let project = page.project();
    let (cloud, range) = ("azure-westeurope", "10.70.0.0/24");
    let vpc = json!({"cloud_name": cloud, "network_cidr": range, "peering_connections": []});
    let here = ["--project", project];
    let command = |words: &[&'static str]| words.iter().copied().chain(here).collect::<Vec<_>>();
    vec![
        Recipe::new(
            "Make a project VPC",
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
        Recipe::new(
            "Make a static IP",
            command(&["static-ip", "create", "--cloud", cloud, "--wait"]),
            &Method::POST,
            &page.route(["static-ips"]),
            Some(&json!({"cloud_name": cloud})),
        ),
        Recipe::new(
            "List project VPCs",
            command(&["vpc", "list"]),
            &Method::GET,
            &page.route(["vpcs"]),
            None,
        ),
        Recipe::new(
            "List static IPs",
            command(&["static-ip", "list"]),
            &Method::GET,
            &page.route(["static-ips"]),
            None,
        ),
    ]
}

impl NetworksPage {
    fn network_href(&self) -> String {
        project_href(&self.shell.project, ["network"])
    }

    fn service_href(&self, service: &str) -> String {
        project_href(&self.shell.project, ["service", service])
    }

    fn delete_vpc_href(&self, vpc: &Vpc) -> String {
        let id = vpc.project_vpc_id.as_str();
        project_href(&self.shell.project, ["network", "vpc", id, "delete"])
    }

    fn delete_static_ip_href(&self, static_ip: &StaticIp) -> String {
        let id = static_ip.static_ip_address_id.as_str();
        project_href(&self.shell.project, ["network", "static-ip", id, "delete"])
    }

    /// Where static IPs are of any use.
    fn static_ip_clouds(&self) -> impl Iterator<Item = &CloudGroup> {
        self.clouds.iter().filter(|group| group.provider == "azure")
    }

    /// The services that free static IPs could be kept for: those of their regions.
    fn proposals(&self) -> BTreeMap<&str, Vec<&str>> {
        let free = |ip: &&StaticIp| ip.service_name.is_none();
        let regions = self.static_ips.iter().filter(free);
        regions
            .map(|ip| {
                let cloud = ip.cloud_name.as_str();
                let beside = self.services.iter().filter(|it| it.cloud_name == cloud);
                (cloud, beside.map(|it| it.service_name.as_str()).collect())
            })
            .collect()
    }
}
