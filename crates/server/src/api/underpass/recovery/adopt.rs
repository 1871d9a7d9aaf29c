//! Adoption: connections and links as the cloud shows them.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use underpass_api_types::recovery::{SettledView, UnadoptedLinkView};
use underpass_api_types::remedy;
use underpass_model::connection::Connection;
use underpass_model::id::{ConnectionId, LinkId};
use underpass_model::recovery::LinkDifference;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_store::{Change, Key, Kind, Lookup, Versioned};

use super::held::{held, remaining};
use super::link::make_again;
use super::view::{LinkNames, settled_views};
use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::Operator;
use crate::app::App;
use crate::recovery::{Side, settle};

/// Differences to settle as the cloud shows them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// ID of a link; omitted: every link of the account.
    #[serde(default)]
    link_id: Option<LinkId>,
    /// IDs of connections of that link; empty: all of them.
    #[serde(default)]
    connections: BTreeSet<ConnectionId>,
}

/// Takes over what the cloud shows: connections that were decided since, links that were made since.
///
/// A link that cannot be adopted does not prevent the adoption of the others. If it is the only one,
/// its refusal is the answer.
pub(super) async fn adopt(
    State(app): State<App>,
    Operator(principal): Operator,
    Path(account): Path<String>,
    JsonBody(selection): JsonBody<Selection>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let held = held(&app, &account).await?;
    let selected: Vec<_> = held
        .links
        .iter()
        .filter(|row| match &selection.link_id {
            Some(link) => row.value.object == link.as_str(),
            None => true,
        })
        .collect();
    if let (Some(link), true) = (&selection.link_id, selected.is_empty()) {
        let message = format!("Link {link} does not differ from the cloud");
        return Err(Refusal::not_found("no_difference", message)
            .with_remedy(Remedy::ShowRecovery)
            .into());
    }
    let mut connections = Vec::new();
    let mut failed = Vec::new();
    for row in &selected {
        match adopt_one(&app, &row.key, &selection.connections, &actor).await {
            Ok(adopted) => connections.extend(settled_views(&row.value, &adopted)),
            Err(Error::Refused(refusal)) if selected.len() > 1 => {
                failed.push(unadopted(&row.value, &refusal));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Json(SettledView {
        connections,
        failed,
        orphans: Vec::new(),
        remaining: remaining(&app, &account).await?,
    }))
}

fn unadopted(difference: &LinkDifference, refusal: &Refusal) -> UnadoptedLinkView {
    let names = LinkNames::of(difference);
    UnadoptedLinkView {
        link_id: difference.object.clone(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        reason: refusal.message.clone(),
        next_action: refusal.remedy.as_deref().map(remedy::sentence),
    }
}

/// Adopts one link with its connections, or the selected ones.
async fn adopt_one(
    app: &App,
    key: &Key,
    only: &BTreeSet<ConnectionId>,
    actor: &str,
) -> Result<Vec<Connection>, Error> {
    let mut adopted = app
        .transact(|| async {
            let lookup = Lookup::One(Kind::LinkDifference, key.clone());
            let fetched = app.store.fetch(&[lookup]).await?;
            let Some(row) = fetched.one::<LinkDifference>(key)? else {
                return Ok((Change::new(), Vec::new()));
            };
            if row.value.is_known {
                adopt_connections(app, row, only, actor).await
            } else {
                Ok((make_again(app, row).await?, Vec::new()))
            }
        })
        .await?;
    // A link that was just made has its connections settled like any other.
    let lookup = Lookup::One(Kind::LinkDifference, key.clone());
    let again = app.store.fetch(&[lookup]).await?;
    if let Some(row) = again.one::<LinkDifference>(key)?
        && row.value.is_known
        && only.is_empty()
    {
        let of_new = app
            .transact(|| async { adopt_connections(app, row.clone(), only, actor).await })
            .await?;
        adopted.extend(of_new);
    }
    Ok(adopted)
}

async fn adopt_connections(
    app: &App,
    mut row: Versioned<LinkDifference>,
    only: &BTreeSet<ConnectionId>,
    actor: &str,
) -> Result<(Change, Vec<Connection>), Error> {
    let now = app.clock.now();
    let settled = settle(&*app.store, &row.value, only, Side::Provider, actor, now).await?;
    let done: BTreeSet<_> = settled.connections.iter().map(|it| it.id.clone()).collect();
    row.value.connections.retain(|id, _| !done.contains(id));
    let change = if row.value.connections.is_empty() {
        settled.change.delete(&row)
    } else {
        settled.change.update(&row)?
    };
    Ok((change, settled.connections))
}
