//! Ours: orphans, and their removal. For operators only.

use axum::extract::State;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::orphan::{
    OrphanConnectionView, OrphanList, OrphanPartView, OrphanRemovalView, OrphanView,
};
use underpass_api_types::remedy;
use underpass_model::orphan::{Orphan, OrphanConnection};
use underpass_model::part::{Admission, Observed};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::work::WorkKey;

use crate::api::error::Error;
use crate::api::extract::{Operator, Segments};
use crate::api::part_failure::failures;
use crate::api::query::QueryParams;
use crate::api::wire_time::wire_time;
use crate::app::App;
use crate::recovery::KnownOrphan;

/// Most connections that an answer shows: 64.
const SHOWN_CONNECTIONS: usize = 64;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/underpass/recovery/orphans", get(list))
        .route(
            "/v1/underpass/recovery/{account}/orphans/{orphan}",
            delete(remove),
        )
}

/// Typed confirmation of a removal.
#[derive(Deserialize)]
struct Confirmation {
    /// Name of the orphan.
    #[serde(default)]
    confirm: String,
}

async fn list(State(app): State<App>, _operator: Operator) -> Result<Json<OrphanList>, Error> {
    let orphans = KnownOrphan::all(&*app.store).await?;
    let unread = KnownOrphan::unread_links(&*app.store).await?;
    Ok(Json(OrphanList {
        incomplete: unread.iter().map(|link| incomplete(link)).collect(),
        orphans: orphans.iter().map(view).collect(),
    }))
}

/// Returns why the list may lack objects, for a link that cannot be read.
fn incomplete(work: &str) -> String {
    let place = match work.parse() {
        Ok(WorkKey::Link(project, service, provider)) => format!(
            "The {} link of {project}/{service} cannot be read. Objects without a tag in the networks \
             of project `{project}`",
            provider.description()
        ),
        _ => format!("`{work}` cannot be read. Objects without a tag"),
    };
    format!(
        "{place} may belong to it, so they are not listed. `underpass recovery unreadable` lists what \
         cannot be read"
    )
}

/// Stores the request to remove an orphan. The reconcile loop deletes its parts.
async fn remove(
    State(app): State<App>,
    Operator(principal): Operator,
    Segments((account, orphan)): Segments<(String, String)>,
    QueryParams(confirmation): QueryParams<Confirmation>,
) -> Result<Json<OrphanView>, Error> {
    let actor = principal.actor();
    let requested = app
        .transact(|| async {
            let found = match (account.parse(), orphan.parse()) {
                (Ok(account), Ok(link)) => KnownOrphan::find(&*app.store, &account, &link).await?,
                _ => None,
            };
            let found = found.ok_or_else(not_found)?;
            let now = app.clock.now();
            let requested = found.request_removal(&confirmation.confirm, &actor, now)?;
            Ok(requested?)
        })
        .await?;
    Ok(Json(view(&requested)))
}

fn not_found() -> Refusal {
    let message = "The account has no orphan with this ID: it was removed, or it belongs to a link";
    Refusal::not_found("orphan_not_found", message).with_remedy(Remedy::ListOrphans)
}

fn view(known: &KnownOrphan) -> OrphanView {
    let orphan = &known.row.value;
    let none = Observed::default();
    let observed = known.observed.as_ref().map_or(&none, |row| &row.value);
    let failures = failures(observed);
    let (project, service) = match orphan.origin() {
        Some(WorkKey::Link(project, service, _)) => {
            (Some(project.to_string()), Some(service.to_string()))
        }
        Some(WorkKey::Orphan(..) | WorkKey::StaticIp(..) | WorkKey::Vpc(..)) | None => (None, None),
    };
    let main = orphan.main_part();
    OrphanView {
        orphan_id: orphan.link.to_string(),
        account: orphan.account.to_string(),
        name: orphan.name.clone(),
        resource_id: main.map_or("", |(_, id)| id).to_owned(),
        kind: main.map_or_else(String::new, |(part, _)| part.display_name()),
        provider: orphan.provider.to_string(),
        region: orphan.region.clone(),
        resource_group: orphan.group.clone(),
        project_name: project,
        service_name: service,
        is_proven: orphan.is_proven,
        state: match &orphan.removal {
            None => "found",
            Some(_) if failures.is_empty() => "removing",
            Some(_) => "failing",
        }
        .to_owned(),
        approved_connections: orphan.approved(),
        connections: connections(orphan),
        connection_count: orphan.connections.len(),
        parts: parts(orphan, observed),
        first_seen: wire_time(orphan.first_seen_at),
        last_seen: wire_time(orphan.last_seen_at),
        missing_since: orphan.missing_since.map(wire_time),
        removal_refused: known
            .check_removable()
            .err()
            .map(|refusal| remedy::message(&refusal)),
        removal: orphan.removal.as_ref().map(|removal| OrphanRemovalView {
            requested_at: wire_time(removal.requested_at),
            requested_by: removal.requested_by.clone(),
            failures,
        }),
    }
}

fn parts(orphan: &Orphan, observed: &Observed) -> Vec<OrphanPartView> {
    let is_removed = |part| orphan.removal.is_some() && observed.is_gone(part);
    orphan
        .parts
        .iter()
        .map(|(part, resource)| OrphanPartView {
            part: part.to_string(),
            display_name: part.display_name(),
            resource_id: resource.clone(),
            is_gone: is_removed(part),
        })
        .collect()
}

fn connections(orphan: &Orphan) -> Vec<OrphanConnectionView> {
    let mut all: Vec<&OrphanConnection> = orphan.connections.values().collect();
    all.sort_by_key(|it| (!it.is_approved(), &it.endpoint));
    let shown = all.into_iter().take(SHOWN_CONNECTIONS);
    shown
        .map(|it| OrphanConnectionView {
            endpoint: it.endpoint.clone(),
            state: state(it.admission).to_owned(),
        })
        .collect()
}

const fn state(admission: Admission) -> &'static str {
    match admission {
        Admission::Pending => "pending",
        Admission::Approved => "approved",
        Admission::Rejected => "rejected",
        Admission::NeedsAttention => "needs-attention",
        Admission::Disconnected => "disconnected",
    }
}
