//! Overview of a project: counts, and the conditions that are false.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::condition::{NetworkCondition, ServiceCondition};
use underpass_api_types::overview::{LinkCounts, Overview};
use underpass_api_types::queue::ConnectionPage;
use underpass_model::condition::{
    self, Condition, NetworkProblem, NetworkSubject, ServiceResources,
};
use underpass_model::link::ConnectionState;

use super::entry::Entry;
use super::{queue, unreadable};
use crate::api::account_outages::AccountOutages;
use crate::api::condition::condition_view;
use crate::api::error::Error;
use crate::api::network_problems::NetworkProblems;
use crate::api::query::QueryParams;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::shared_interfaces::SharedInterfaces;
use crate::api::static_ip_counts::StaticIpCounts;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::app::App;
use crate::backend_health::BackendHealth;

/// Most conditions in an answer: 50, the most severe first.
const MAX_CONDITIONS: usize = 50;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/overview",
        on_own_threads(get(show)),
    )
}

#[derive(Deserialize)]
struct Asked {
    /// Number of pending connections to include.
    waiting: Option<usize>,
}

fn overview(
    snapshots: &[ServiceSnapshot],
    static_ips: &StaticIpCounts,
    shared: &SharedInterfaces,
    outages: &AccountOutages,
    networks: &NetworkProblems,
    health: &BackendHealth,
    waiting: Option<ConnectionPage>,
) -> Overview {
    let entries: Vec<Entry<'_>> = snapshots.iter().flat_map(Entry::all).collect();
    let mut links: BTreeMap<String, LinkCounts> = BTreeMap::new();
    let mut connections: BTreeMap<String, usize> = ConnectionState::ALL
        .map(|state| (state.to_string(), 0))
        .into();
    let mut problems = Vec::new();
    for entry in &entries {
        let (link, observed) = (&entry.link.link.value, &entry.link.observed);
        let of_cloud = links.entry(link.provider.to_string()).or_default();
        *of_cloud.of_mut(entry.state()) += 1;
        for connection in &entry.connections {
            let state = entry.state_of(connection).to_string();
            *connections.entry(state).or_default() += 1;
        }
        let resources = ServiceResources {
            static_ips: static_ips.get(&entry.service.name),
            shared_interfaces: shared.get(&entry.service.name),
            outage: outages.of(link),
            network: networks.of(link),
            backends: health.backends(link, entry.service),
        };
        let found = condition::problems(
            entry.service,
            link,
            &entry.connections,
            observed,
            &resources,
        );
        problems.extend(found.into_iter().map(|it| (entry, it)));
    }
    let conditions_total = problems.len();
    problems.sort_by_key(|(_, it)| (it.kind, Reverse(it.since.map(Reverse))));
    problems.truncate(MAX_CONDITIONS);
    Overview {
        services: snapshots.len(),
        links,
        connections,
        conditions: problems
            .into_iter()
            .map(|(entry, it)| of_service(entry, it))
            .collect(),
        conditions_total,
        network_conditions: networks
            .without_link(entries.iter().map(|entry| &entry.link.link.value))
            .into_iter()
            .take(MAX_CONDITIONS)
            .map(of_network)
            .collect(),
        unreadable: Vec::new(),
        waiting,
    }
}

fn of_service(entry: &Entry<'_>, condition: Condition) -> ServiceCondition {
    let connection = condition
        .connection
        .as_ref()
        .and_then(|id| entry.connections.iter().find(|it| it.id == *id));
    ServiceCondition {
        service_name: entry.service.name.to_string(),
        service_type: entry.service.service_type.clone(),
        provider: entry.link.link.value.provider.to_string(),
        state: match connection {
            Some(connection) => entry.state_of(connection).as_str().to_owned(),
            None => entry.state().as_str().to_owned(),
        },
        condition: condition_view(condition),
    }
}

fn of_network(problem: NetworkProblem) -> NetworkCondition {
    let (vpc, static_ip) = match problem.subject {
        NetworkSubject::Vpc(id) => (Some(id.to_string()), None),
        NetworkSubject::StaticIp(id) => (None, Some(id.to_string())),
    };
    NetworkCondition {
        project_vpc_id: vpc,
        static_ip_address_id: static_ip,
        condition: condition_view(problem.condition),
    }
}

async fn show(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<Overview>, Error> {
    let snapshots = ServiceSnapshot::load_all_without_logins(&app, member.name()).await?;
    let static_ips = StaticIpCounts::load(&app, member.name()).await?;
    let shared = SharedInterfaces::among(&snapshots);
    let outages = AccountOutages::load(&app, member.name()).await?;
    let networks = NetworkProblems::load_all(&app, member.name()).await?;
    let domain = &app.settings.domain;
    let waiting = |limit| queue::waiting(&snapshots, limit, domain);
    let waiting = asked.waiting.map(waiting);
    let mut overview = overview(
        &snapshots,
        &static_ips,
        &shared,
        &outages,
        &networks,
        &app.health,
        waiting,
    );
    let unreadable = app.store.unreadable().await?;
    let own = unreadable
        .iter()
        .filter(|row| row.project() == Some(member.name().as_str()));
    overview.unreadable = own.map(unreadable::view).collect();
    Ok(Json(overview))
}
