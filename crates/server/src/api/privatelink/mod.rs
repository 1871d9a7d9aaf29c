//! Links of the compatible API, one file for each cloud.

mod azure;
mod decision;
mod elsewhere;
mod existing_link;
mod google;
mod provider;
mod provider_routes;
mod wire;

use axum::Router;

pub(super) use self::azure::draft as draft_azure;
pub(super) use self::decision::{LABELLED, REJECTED, RESTORED, decide};
pub(super) use self::elsewhere::not_offered;
pub(super) use self::google::draft as draft_google;
pub(super) use self::provider::{asked_provider, provider};
use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    azure::routes()
        .merge(google::routes())
        .merge(elsewhere::routes())
}
