//! Routes of all pages.

use axum::Router;
use axum::routing::get;

use crate::asset::ASSETS;
use crate::console::Console;
use crate::{
    api_reference, backup, connections, events, home, link, live, networks, nodes, recovery,
    refusal_document, register, service, services, sign_in, unknown_page,
};

/// Routes of all pages, to be served beside the API and under the same middleware.
pub fn routes(console: Console) -> Router {
    Router::new()
        .route("/", get(sign_in::index))
        .merge(ASSETS.routes())
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(services::routes())
        .merge(register::routes())
        .merge(service::routes())
        .merge(link::routes())
        .merge(nodes::routes())
        .merge(connections::routes())
        .merge(networks::routes())
        .merge(events::routes())
        .merge(recovery::routes())
        .merge(backup::routes())
        .merge(live::routes())
        .merge(refusal_document::routes())
        .merge(api_reference::routes())
        .merge(unknown_page::routes())
        .with_state(console)
}
