//! Services of a project with summaries of their links.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::remedy;
use underpass_api_types::service::{LinkSummary, ServicePage, ServiceSummary};
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::condition::{self, ServiceResources};
use underpass_model::google::RejectList;
use underpass_model::name::ServiceName;
use underpass_model::service::Service;
use underpass_store::{Key, Kind, Lookup};

use super::entry::Entry;
use super::link::picture;
use super::listing::{Needle, Page, non_blank};
use crate::api::account_outages::AccountOutages;
use crate::api::error::Error;
use crate::api::network_problems::NetworkProblems;
use crate::api::privatelink::asked_provider;
use crate::api::query::QueryParams;
use crate::api::service::find_type;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::shared_interfaces::SharedInterfaces;
use crate::api::static_ip_counts::StaticIpCounts;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::api::wire_time::wire_time;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/services",
        on_own_threads(get(list)),
    )
}

#[derive(Deserialize)]
struct Asked {
    query: Option<String>,
    r#type: Option<String>,
    /// Region, for example `azure-westeurope`, or provider, for example `azure`.
    cloud: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// Filter of services.
struct Filter {
    service_type: Option<&'static str>,
    cloud: Option<CloudFilter>,
    needle: Option<Needle>,
}

/// Filter of clouds.
enum CloudFilter {
    Cloud(Provider),
    Region(CloudName),
}

// === impl Filter ===

impl Filter {
    fn new(asked: &Asked) -> Result<Self, Error> {
        let service_type = non_blank(asked.r#type.as_ref())
            .map(find_type)
            .transpose()?;
        Ok(Self {
            service_type: service_type.map(|facts| facts.name),
            cloud: non_blank(asked.cloud.as_ref())
                .map(CloudFilter::new)
                .transpose()?,
            needle: non_blank(asked.query.as_ref()).map(Needle::new),
        })
    }

    fn takes(&self, service: &Service) -> bool {
        self.service_type
            .is_none_or(|it| service.service_type == it)
            && self.cloud.as_ref().is_none_or(|it| it.matches(service))
            && self.needle.as_ref().is_none_or(|it| is_found(it, service))
    }
}

/// Returns whether a search text is in the name, type, plan or cloud of a service.
fn is_found(needle: &Needle, service: &Service) -> bool {
    needle.is_in(service.name.as_str())
        || needle.is_in(&service.service_type)
        || needle.is_in(&service.plan)
        || needle.is_in(&service.cloud.to_string())
}

// === impl CloudFilter ===

impl CloudFilter {
    fn new(text: &str) -> Result<Self, Error> {
        match asked_provider(text) {
            Ok(provider) => Ok(Self::Cloud(provider)),
            Err(_) => Ok(Self::Region(text.parse()?)),
        }
    }

    fn matches(&self, service: &Service) -> bool {
        match self {
            Self::Cloud(provider) => service.cloud.provider() == *provider,
            Self::Region(cloud) => service.cloud == *cloud,
        }
    }
}

fn service_summary(
    snapshot: &ServiceSnapshot,
    resources: &ServiceResources,
    reject_list: RejectList,
) -> ServiceSummary {
    let service = &snapshot.service.value;
    let mut problems = 0;
    let mut links = Vec::new();
    for entry in Entry::all(snapshot) {
        let (link, observed) = (&entry.link.link.value, &entry.link.observed);
        problems +=
            condition::problems(service, link, &entry.connections, observed, resources).len();
        links.push(link_summary(&entry, resources.static_ips, reject_list));
    }
    ServiceSummary {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        state: service.state().to_owned(),
        plan: service.plan.clone(),
        cloud_name: service.cloud.to_string(),
        project_vpc_id: service.project_vpc_id.map(|id| id.to_string()),
        node_count: service.nodes.len(),
        create_time: wire_time(service.created_at),
        update_time: wire_time(service.updated_at),
        links,
        problems,
    }
}

fn link_summary(entry: &Entry<'_>, static_ips: usize, reject_list: RejectList) -> LinkSummary {
    let (link, observed) = (&entry.link.link.value, &entry.link.observed);
    let mut connections = BTreeMap::new();
    for connection in &entry.connections {
        let state = entry.state_of(connection).to_string();
        *connections.entry(state).or_insert(0) += 1;
    }
    let remedy = condition::remedy_for_link(
        entry.service,
        link,
        &entry.connections,
        observed,
        static_ips,
    );
    LinkSummary {
        provider: link.provider,
        state: entry.state(),
        settled: picture(entry.service, entry.link, reject_list).is_settled(),
        connections,
        next_action: remedy.as_ref().map(remedy::sentence),
    }
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<ServicePage>, Error> {
    let filter = Filter::new(&asked)?;
    let after = non_blank(asked.after.as_ref());
    let project = Key::project(member.name());
    let lookups = [
        Lookup::Under(Kind::Service, project.clone()),
        Lookup::Under(Kind::StaticIp, project),
    ];
    let fetched = app.store.fetch(&lookups).await?;
    let static_ips = StaticIpCounts::of(&fetched);
    // In the order of the keys, which equals that of the names.
    let names: Vec<ServiceName> = fetched
        .readable::<Service>()
        .into_iter()
        .filter(|row| filter.takes(&row.value))
        .map(|row| row.value.name)
        .collect();
    let start = names.partition_point(|name| after.is_some_and(|after| name.as_str() <= after));
    let page = Page::of(names.len(), start, asked.limit);
    let shown = names.get(page.rows).unwrap_or_default();
    // Links are read only for this page, because there are many more of them.
    let snapshots = ServiceSnapshot::load_some_without_logins(&app, member.name(), shown).await?;
    let shared = SharedInterfaces::load(&app, &snapshots).await?;
    let outages = AccountOutages::load(&app, member.name()).await?;
    let networks = NetworkProblems::load(&app, member.name(), &snapshots).await?;
    let summary = |it: &ServiceSnapshot| {
        let name = &it.service.value.name;
        let resources = ServiceResources {
            static_ips: static_ips.get(name),
            shared_interfaces: shared.get(name),
            // All links of a service are in its project VPC.
            outage: it.links.first().and_then(|it| outages.of(&it.link.value)),
            network: it
                .links
                .first()
                .map(|it| networks.of(&it.link.value))
                .unwrap_or_default(),
            // Shown with each link.
            backends: Vec::new(),
        };
        service_summary(it, &resources, app.settings.reject_list)
    };
    Ok(Json(ServicePage {
        services: snapshots.iter().map(summary).collect(),
        total: names.len(),
        next_after: shown
            .last()
            .filter(|_| page.has_more)
            .map(ToString::to_string),
    }))
}
