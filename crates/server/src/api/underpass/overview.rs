//! A project at a glance: how much there is, and what needs a person.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use underpass_model::attention::{self, Attention};
use underpass_model::link::{ConnectionState, LinkState};

use super::entry::Entry;
use super::queue::QueueAnswer;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::wire_time::wire_time;
use crate::api::{Error, Member, QueryParams};
use crate::app::App;

/// Most lines about what needs attention: 50. Whoever has more begins with the most pressing.
const MOST_LINES: usize = 50;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/underpass/project/{project}/overview", get(show))
}

#[derive(Serialize)]
struct OverviewAnswer {
    services: usize,
    /// By cloud; those that have links.
    links: BTreeMap<&'static str, LinksView>,
    /// By state; every state.
    connections: BTreeMap<&'static str, usize>,
    /// The most pressing first.
    attention: Vec<AttentionView>,
    /// How many there are, shown or not.
    attention_total: usize,
    /// The beginning of the queue of those that wait for a decision, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<QueueAnswer>,
}

#[derive(Deserialize)]
struct Asked {
    /// How many of those that wait for a decision are to be told, from what is read anyway.
    waiting: Option<usize>,
}

#[derive(Default, Serialize)]
struct LinksView {
    creating: usize,
    active: usize,
    deleting: usize,
}

/// What needs a person. The reason may hold the provider's words, which are hostile text.
#[derive(Serialize)]
struct AttentionView {
    service_name: String,
    service_type: String,
    provider: &'static str,
    /// Of the connection, or of the link if it is about no connection.
    state: &'static str,
    connection: Option<String>,
    reason: String,
    next_action: String,
    since: Option<String>,
}

// === impl OverviewAnswer ===

impl OverviewAnswer {
    fn new(snapshots: &[ServiceSnapshot]) -> Self {
        let entries: Vec<Entry<'_>> = snapshots.iter().flat_map(Entry::all).collect();
        let mut links: BTreeMap<_, LinksView> = BTreeMap::new();
        let mut connections: BTreeMap<_, usize> =
            ConnectionState::ALL.map(|state| (state.as_str(), 0)).into();
        let mut attention = Vec::new();
        for entry in &entries {
            let (link, observed) = (&entry.link.link.value, &entry.link.observed);
            let of_cloud = links.entry(link.provider.as_str()).or_default();
            *of_cloud.count(entry.state()) += 1;
            for connection in &entry.connections {
                let state = entry.state_of(connection).as_str();
                *connections.entry(state).or_default() += 1;
            }
            let found = attention::of_link(entry.service, link, &entry.connections, observed);
            attention.extend(found.into_iter().map(|it| (entry, it)));
        }
        let attention_total = attention.len();
        attention.sort_by_key(|(_, it)| (it.urgency, Reverse(it.since.map(Reverse))));
        attention.truncate(MOST_LINES);
        Self {
            services: snapshots.len(),
            links,
            connections,
            attention: attention
                .into_iter()
                .map(|(entry, it)| AttentionView::new(entry, it))
                .collect(),
            attention_total,
            waiting: None,
        }
    }
}

// === impl LinksView ===

impl LinksView {
    const fn count(&mut self, state: LinkState) -> &mut usize {
        match state {
            LinkState::Creating => &mut self.creating,
            LinkState::Active => &mut self.active,
            LinkState::Deleting => &mut self.deleting,
        }
    }
}

// === impl AttentionView ===

impl AttentionView {
    fn new(entry: &Entry<'_>, attention: Attention) -> Self {
        let about = attention
            .connection
            .as_ref()
            .and_then(|id| entry.connections.iter().find(|it| it.id == *id));
        Self {
            service_name: entry.service.name.to_string(),
            service_type: entry.service.service_type.clone(),
            provider: entry.link.link.value.provider.as_str(),
            state: match about {
                Some(connection) => entry.state_of(connection).as_str(),
                None => entry.state().as_str(),
            },
            connection: attention.connection.map(|id| id.to_string()),
            reason: attention.reason,
            next_action: attention.next_action,
            since: attention.since.map(wire_time),
        }
    }
}

async fn show(
    State(app): State<App>,
    member: Member,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<OverviewAnswer>, Error> {
    let snapshots = ServiceSnapshot::load_all_without_logins(&app, member.name()).await?;
    let domain = &app.settings.domain;
    let waiting = |limit| QueueAnswer::waiting(&snapshots, limit, domain);
    Ok(Json(OverviewAnswer {
        waiting: asked.waiting.map(waiting),
        ..OverviewAnswer::new(&snapshots)
    }))
}
