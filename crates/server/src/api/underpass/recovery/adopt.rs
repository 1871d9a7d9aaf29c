//! Adoption: connections and links as the cloud shows them.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use error_reporter::Report;
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
use crate::api::extract::{Operator, Segments};
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
    /// Replace links of the store that the cloud does not have by those that it has.
    #[serde(default)]
    replace: bool,
}

/// Rounds over the links whose rows were changed concurrently: 3, after the attempts of each.
const ROUNDS: u32 = 3;

/// Takes over what the cloud shows: connections that were decided since, links that were made since.
///
/// A link that cannot be adopted does not prevent the adoption of the others. If it is the only one,
/// its error is the answer. Only a failing store ends the request.
pub(super) async fn adopt(
    State(app): State<App>,
    Operator(principal): Operator,
    Segments(account): Segments<String>,
    JsonBody(selection): JsonBody<Selection>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let held = held(&app, &account).await?;
    let mut selected: Vec<_> = held
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
    let is_only = selected.len() == 1;
    let mut connections = Vec::new();
    let mut failed = Vec::new();
    for round in 1..=ROUNDS {
        for row in std::mem::take(&mut selected) {
            match adopt_one(&app, &row.key, &selection, &actor).await {
                Ok(adopted) => connections.extend(settled_views(&row.value, &adopted)),
                Err(Error::Contended) if round < ROUNDS => selected.push(row),
                Err(error) if is_only => return Err(error),
                Err(error) => failed.push(unadopted(&row.value, error)?),
            }
        }
    }
    Ok(Json(SettledView {
        connections,
        failed,
        orphans: Vec::new(),
        remaining: remaining(&app, &account).await?,
    }))
}

/// Returns the outcome of a link that was not adopted.
///
/// # Errors
/// The error, if it is not of the link: the store fails.
fn unadopted(difference: &LinkDifference, error: Error) -> Result<UnadoptedLinkView, Error> {
    let (reason, next_action) = match error {
        Error::Refused(refusal) => {
            let next = refusal.remedy.as_deref().map(remedy::sentence);
            (refusal.message, next)
        }
        Error::Contended => (
            "The rows of the link are being modified concurrently".to_owned(),
            Some("Adopt again".to_owned()),
        ),
        Error::Internal(cause) if !cause.is::<underpass_store::Error>() => {
            tracing::error!(
                link.id = difference.object,
                work = difference.managed,
                error = %Report::new(&*cause),
                "failed to adopt a link"
            );
            let reason = "Internal error. The log of the control plane contains the cause";
            (reason.to_owned(), None)
        }
        error @ (Error::Internal(_)
        | Error::Unavailable(_)
        | Error::Protocol(..)
        | Error::TooManyRequests { .. }) => return Err(error),
    };
    let names = LinkNames::of(difference);
    Ok(UnadoptedLinkView {
        link_id: difference.object.clone(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        reason,
        next_action,
    })
}

/// Adopts one link with its connections, or the selected ones.
async fn adopt_one(
    app: &App,
    key: &Key,
    selection: &Selection,
    actor: &str,
) -> Result<Vec<Connection>, Error> {
    let only = &selection.connections;
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
                let replace = selection.replace;
                Ok((make_again(app, row, replace, actor).await?, Vec::new()))
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
