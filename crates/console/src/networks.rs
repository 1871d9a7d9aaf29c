//! Project VPCs and static IPs.

mod change;
mod removal;
mod show;
mod static_ips;
mod vpc;

use axum::Router;
use axum::routing::get;

use crate::console::Console;
use crate::href::ROOT;

pub(crate) fn routes() -> Router<Console> {
    let root = format!("{ROOT}/project/{{project}}/network");
    Router::new()
        // One address for the page and its forms, so that a page can be reloaded after a refusal.
        .route(&root, get(show::show).post(change::submit))
        .merge(removal::routes(&root))
}
