//! Underpass's own routes, for data that the compatible API does not have.

mod backup;
mod connection;
mod connection_info;
mod doctor;
mod entry;
mod event;
mod grant;
mod kafka_listener;
mod link;
mod listing;
mod orphan;
mod overview;
mod preflight;
mod project_limit;
mod queue;
mod recovery;
mod service;
mod static_ip;
mod unreadable;
mod vpc;

use axum::Router;

use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    backup::routes()
        .merge(connection::routes())
        .merge(connection_info::routes())
        .merge(doctor::routes())
        .merge(event::routes())
        .merge(grant::routes())
        .merge(kafka_listener::routes())
        .merge(link::routes())
        .merge(orphan::routes())
        .merge(overview::routes())
        .merge(preflight::routes())
        .merge(project_limit::routes())
        .merge(queue::routes())
        .merge(recovery::routes())
        .merge(service::routes())
        .merge(static_ip::routes())
        .merge(unreadable::routes())
        .merge(vpc::routes())
}
