//! Connections of a project: the pending ones first, and of both kinds the longest known first.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use underpass_api_types::queue::{ConnectionPage, ProjectConnection};
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Label};
use underpass_model::id::ConnectionId;
use underpass_model::link::ConnectionState;
use underpass_model::name::ServiceName;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Service, service_not_found};

use super::connection::connection_view;
use super::entry::Entry;
use super::listing::{Needle, Page, invalid_after, non_blank};
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::privatelink::asked_provider;
use crate::api::query::QueryParams;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/connections",
        on_own_threads(get(list)),
    )
}

#[derive(Deserialize)]
struct Asked {
    /// Connection states, separated by commas.
    state: Option<String>,
    service: Option<String>,
    provider: Option<String>,
    query: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// Beginning of the text of a position behind the pending connections.
const DECIDED: &str = "decided_";

/// Filter of connections.
struct Filter {
    /// States; empty for all.
    states: BTreeSet<ConnectionState>,
    provider: Option<Provider>,
    needle: Option<Needle>,
}

/// Position of a connection in the list. Only a decision moves it, to behind all pending ones, so a
/// page that follows another omits none of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct QueuePosition {
    is_decided: bool,
    first_seen_at: Timestamp,
    id: ConnectionId,
}

// === impl Filter ===

impl Filter {
    fn new(asked: &Asked) -> Result<Self, Refusal> {
        let states = non_blank(asked.state.as_ref())
            .unwrap_or_default()
            .split(',');
        let states = states.map(str::trim).filter(|word| !word.is_empty());
        Ok(Self {
            states: states.map(str::parse).collect::<Result<_, _>>()?,
            provider: non_blank(asked.provider.as_ref())
                .map(asked_provider)
                .transpose()?,
            needle: non_blank(asked.query.as_ref()).map(Needle::new),
        })
    }

    fn takes_link(&self, entry: &Entry<'_>) -> bool {
        self.provider
            .is_none_or(|provider| entry.link.link.value.provider == provider)
    }

    fn takes(&self, entry: &Entry<'_>, connection: &Connection) -> bool {
        (self.states.is_empty() || self.states.contains(&entry.state_of(connection)))
            && self
                .needle
                .as_ref()
                .is_none_or(|needle| is_found(needle, entry.service, connection))
    }
}

/// Returns whether a search text is in the names, IDs or message of a connection.
fn is_found(needle: &Needle, service: &Service, connection: &Connection) -> bool {
    let identity = &connection.identity;
    let texts = [
        Some(service.name.as_str()),
        Some(connection.id.as_str()),
        connection.label.as_ref().map(Label::as_str),
        Some(identity.endpoint.as_str()),
        identity.link_identifier.as_deref(),
        identity.message.as_deref(),
    ];
    texts.into_iter().flatten().any(|text| needle.is_in(text))
}

// === impl QueuePosition ===

impl QueuePosition {
    fn of(entry: &Entry<'_>, connection: &Connection) -> Self {
        Self {
            is_decided: entry.state_of(connection) != ConnectionState::PendingUserApproval,
            first_seen_at: connection.first_seen_at,
            id: connection.id.clone(),
        }
    }
}

impl fmt::Display for QueuePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_decided { DECIDED } else { "" };
        write!(f, "{mark}{}_{}", self.first_seen_at, self.id)
    }
}

impl FromStr for QueuePosition {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (is_decided, rest) = match text.strip_prefix(DECIDED) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let position = rest.split_once('_').and_then(|(first_seen_at, id)| {
            Some(Self {
                is_decided,
                first_seen_at: first_seen_at.parse().ok()?,
                id: id.parse().ok()?,
            })
        });
        position.ok_or_else(invalid_after)
    }
}

/// Returns the first page of the connections that wait for a decision.
pub(super) fn waiting(snapshots: &[ServiceSnapshot], limit: usize, domain: &str) -> ConnectionPage {
    let filter = Filter {
        states: BTreeSet::from([ConnectionState::PendingUserApproval]),
        provider: None,
        needle: None,
    };
    page(snapshots, &filter, None, Some(limit), domain)
}

fn page(
    snapshots: &[ServiceSnapshot],
    filter: &Filter,
    after: Option<&QueuePosition>,
    limit: Option<usize>,
    domain: &str,
) -> ConnectionPage {
    let entries: Vec<_> = snapshots
        .iter()
        .flat_map(Entry::all)
        .filter(|entry| filter.takes_link(entry))
        .collect();
    let mut found: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry.connections.iter().map(move |it| (entry, it)))
        .filter(|(entry, connection)| filter.takes(entry, connection))
        .map(|(entry, connection)| (QueuePosition::of(entry, connection), entry, connection))
        .collect();
    found.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let start = found.partition_point(|(position, ..)| after.is_some_and(|it| position <= it));
    let page = Page::of(found.len(), start, limit);
    let shown = found.get(page.rows).unwrap_or_default();
    ConnectionPage {
        connections: shown
            .iter()
            .map(|(_, entry, connection)| project_connection(entry, connection, domain))
            .collect(),
        total: found.len(),
        next_after: shown
            .last()
            .filter(|_| page.has_more)
            .map(|(position, ..)| position.to_string()),
    }
}

fn project_connection(
    entry: &Entry<'_>,
    connection: &Connection,
    domain: &str,
) -> ProjectConnection {
    let service = entry.service;
    ProjectConnection {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        provider: entry.link.link.value.provider,
        connection: connection_view(
            entry.link,
            &entry.connections,
            connection,
            &service.host_label,
            domain,
        ),
    }
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
    QueryParams(asked): QueryParams<Asked>,
) -> Result<Json<ConnectionPage>, Error> {
    let filter = Filter::new(&asked)?;
    let after: Option<QueuePosition> = non_blank(asked.after.as_ref())
        .map(str::parse)
        .transpose()?;
    let snapshots = match non_blank(asked.service.as_ref()) {
        Some(name) => of_service(&app, &member, name.parse()?).await?,
        None => ServiceSnapshot::load_all_without_logins(&app, member.name()).await?,
    };
    let domain = &app.settings.domain;
    Ok(Json(page(
        &snapshots,
        &filter,
        after.as_ref(),
        asked.limit,
        domain,
    )))
}

async fn of_service(
    app: &App,
    member: &Member,
    name: ServiceName,
) -> Result<Vec<ServiceSnapshot>, Error> {
    let names = [name];
    let found = ServiceSnapshot::load_some_without_logins(app, member.name(), &names).await?;
    let [name] = names;
    if found.is_empty() {
        return Err(service_not_found(&name).into());
    }
    Ok(found)
}
