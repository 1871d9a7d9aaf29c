//! Services of a project: registration, display, change and removal.

mod bypass;
mod create;
mod delete;
mod read;
mod registration;
mod service_vpc;
mod tags;
mod update;
mod user;
mod view;
mod wire;

use axum::Router;
use axum::routing::get;

pub(super) use self::bypass::shadowed;
pub(super) use self::registration::find_type;
use crate::api::whole_project::on_own_threads;
use crate::app::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/project/{project}/service",
            on_own_threads(get(read::list)).post(create::create),
        )
        .route(
            "/v1/project/{project}/service/{service}",
            get(read::get).put(update::update).delete(delete::delete),
        )
        .route(
            "/v1/project/{project}/service/{service}/tags",
            get(tags::get).put(tags::replace).patch(tags::change),
        )
        .route(
            "/v1/project/{project}/service/{service}/user",
            get(user::list).post(user::create),
        )
        .route(
            "/v1/project/{project}/service/{service}/user/{username}",
            get(user::get).put(user::change).delete(user::delete),
        )
}
