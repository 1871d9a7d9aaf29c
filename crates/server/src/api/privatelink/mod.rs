//! Links in the words of the compatible API, one file for each cloud's.

mod azure;
mod decision;
mod elsewhere;
mod wire;

use axum::Router;

pub(super) use self::decision::{REJECTED, RESTORED, decide};
use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    azure::routes().merge(elsewhere::routes())
}
