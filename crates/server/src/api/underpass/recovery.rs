//! Ours: recovery of accounts whose store is older than their cloud. For operators only.

mod adopt;
mod drop;
mod held;
mod link;
mod view;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::recovery::{RecoveryView, SettledView};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;

use self::held::{held, remaining};
use self::view::{account_view, left_view, settled_views};
use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::{Operator, Segments};
use crate::app::App;
use crate::recovery::{HeldAccount, resume as end_hold};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/underpass/recovery", get(show))
        .route("/v1/underpass/recovery/{account}/adopt", post(adopt::adopt))
        .route("/v1/underpass/recovery/{account}/drop", post(drop::drop))
        .route("/v1/underpass/recovery/{account}/resume", post(resume))
}

/// Consent to the end of a hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    /// Settle the differences that are left as the store has them, which cuts connections.
    #[serde(default)]
    overrule: bool,
    /// End the hold although the cloud was not read completely, so that more may be written and cut
    /// than is shown.
    #[serde(default)]
    unread: bool,
    /// Fingerprint of what the end of the hold does, as it was shown.
    plan: String,
}

async fn show(State(app): State<App>, _operator: Operator) -> Result<Json<RecoveryView>, Error> {
    let held = HeldAccount::all(&*app.store).await?;
    let mut accounts = Vec::new();
    for held in &held {
        accounts.push(account_view(&app, held).await?);
    }
    Ok(Json(RecoveryView { accounts }))
}

/// Ends the hold of an account.
async fn resume(
    State(app): State<App>,
    Operator(principal): Operator,
    Segments(account): Segments<String>,
    JsonBody(consent): JsonBody<Consent>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let ended = app
        .transact(|| async {
            let held = held(&app, &account).await?;
            if !held.links.is_empty() && !consent.overrule {
                return Err(left_over(&held).into());
            }
            let shown = account_view(&app, &held).await?;
            if !shown.fully_read && !consent.unread {
                return Err(unread(&shown.account).into());
            }
            if shown.plan != consent.plan {
                return Err(changed(&shown.account).into());
            }
            let now = app.clock.now();
            Ok(end_hold(&*app.store, &held, &actor, now).await?)
        })
        .await?;
    let overruled = ended.overruled.iter();
    Ok(Json(SettledView {
        connections: overruled
            .flat_map(|(link, connections)| settled_views(link, connections))
            .collect(),
        failed: Vec::new(),
        orphans: ended.left.iter().map(left_view).collect(),
        remaining: remaining(&app, &account).await?,
    }))
}

fn unread(account: &str) -> Refusal {
    let message = format!(
        "The work of account `{account}` does not go on, because its cloud was not read completely \
         yet: differences and writes may be missing from what is shown. Nothing was changed"
    );
    let remedy = Remedy::manual(format!(
        "Wait until `underpass recovery show` says no more that it is being read. Mend what prevents \
         the reads, for instance permissions. If the cloud can never be read again, because it was \
         lost, end the hold with `underpass recovery resume {account} --unread`"
    ));
    Refusal::conflict("recovery_unread", message).with_remedy(remedy)
}

fn changed(account: &str) -> Refusal {
    let message = format!(
        "The work of account `{account}` does not go on, because the differences or the planned \
         writes are not those that were shown: they changed since, or `plan` is of another answer. \
         Nothing was changed"
    );
    Refusal::conflict("recovery_plan_changed", message).with_remedy(Remedy::ShowRecovery)
}

fn left_over(held: &HeldAccount) -> Refusal {
    let account = &held.hold.value.account;
    let differences = held.links.iter().map(|row| &row.value);
    let connections: usize = differences.map(|link| link.connections.len()).sum();
    let message = format!(
        "{} link(s) with {connections} connection(s) of account `{account}` differ from the cloud. \
         Adopt what the cloud shows first, or overrule it, which rejects connections that the \
         store does not have as approved, and leaves links that it does not have in the cloud as \
         orphans",
        held.links.len()
    );
    Refusal::conflict("recovery_differences", message).with_remedy(Remedy::AdoptRecovery {
        account: account.clone(),
    })
}
