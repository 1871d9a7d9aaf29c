//! Our own routes about services: what the compatible API has no words for.

mod connection;
mod connection_info;
mod event;
mod kafka_listener;
mod link;

use axum::Router;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    connection::routes()
        .merge(connection_info::routes())
        .merge(event::routes())
        .merge(kafka_listener::routes())
        .merge(link::routes())
}
