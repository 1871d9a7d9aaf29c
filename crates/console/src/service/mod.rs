//! Pages of a service: connection information and settings.

mod ca;
mod certificate;
mod choice;
mod connection_info;
mod kafka_listeners;
mod network_change;
mod network_configuration;
mod network_option;
mod overview;
mod removal;
mod settings;
mod termination_protection;

use axum::Router;

use crate::console::Console;
use crate::href::ROOT;

pub(super) fn routes() -> Router<Console> {
    let root = format!("{ROOT}/project/{{project}}/service/{{service}}");
    Router::new()
        .merge(overview::routes(&root))
        .merge(ca::routes(&root))
        .merge(settings::routes(&root))
        .merge(certificate::routes(&root))
        .merge(removal::routes(&root))
        .merge(termination_protection::routes(&root))
        .merge(network_configuration::routes(&root))
}
