//! Removal of links that the cloud does not have: they were deleted after the backup.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use underpass_api_types::recovery::SettledView;
use underpass_model::id::LinkId;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;

use super::held::{held, remaining};
use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::{Operator, Segments};
use crate::app::App;
use crate::recovery::{check_absent, drop_link, planned};

/// Link to remove from the store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// ID of the link.
    link_id: LinkId,
}

/// Removes a link of the store that the cloud does not have, so that the end of the hold does not
/// publish it again.
pub(super) async fn drop(
    State(app): State<App>,
    Operator(principal): Operator,
    Segments(account): Segments<String>,
    JsonBody(selection): JsonBody<Selection>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let id = &selection.link_id;
    app.transact(|| async {
        let held = held(&app, &account).await?;
        let now = app.clock.now();
        let reject_list = app.settings.reject_list;
        let objects = planned(&*app.store, &held.hold.value, reject_list, now).await?;
        let mut links = objects.iter();
        let found =
            links.find_map(|it| Some((&it.key, it.link.as_ref()?)).filter(|it| it.1.id == *id));
        let Some((key, link)) = found else {
            return Err(unknown(id).into());
        };
        check_absent(link)?;
        let Some(change) = drop_link(&*app.store, key, &actor, now).await? else {
            return Err(unknown(id).into());
        };
        Ok((change.expect_unchanged(&held.hold), ()))
    })
    .await?;
    Ok(Json(SettledView {
        connections: Vec::new(),
        failed: Vec::new(),
        orphans: Vec::new(),
        remaining: remaining(&app, &account).await?,
    }))
}

fn unknown(id: &LinkId) -> Refusal {
    let message = format!("The store has no link {id} in the account");
    Refusal::not_found("no_difference", message).with_remedy(Remedy::ShowRecovery)
}
