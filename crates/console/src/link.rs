//! Pages of a link.

mod change;
mod connection;
mod doctor;
mod firewall;
mod load;
mod new;
mod path;
mod portal;
mod prepare;
mod remove;
mod show;

use axum::Router;
use axum::routing::{get, post};

use crate::console::Console;
use crate::href::ROOT;
use crate::page::Page;

pub(crate) fn routes() -> Router<Console> {
    let link = format!("{ROOT}/project/{{project}}/service/{{service}}/privatelink/{{provider}}");
    let at = |rest: &str| format!("{link}/{rest}");
    Router::new()
        .route(&link, get(show::show))
        .route(&at("create"), post(change::create))
        .route(&at("prepare"), post(prepare::submit))
        .route(&at("subscriptions"), post(change::subscriptions))
        .route(&at("refresh"), post(change::refresh))
        .route(&at("doctor"), get(doctor::show))
        .route(&at("remove"), get(remove::ask).post(remove::remove))
        .route(
            &at("connection/{connection}/{decision}"),
            post(connection::decide),
        )
}

impl Page {
    /// Service in the path.
    fn service(&self) -> &str {
        self.segment("service")
    }

    /// Provider in the path.
    fn provider(&self) -> &str {
        self.segment("provider")
    }

    /// Page of the link in the path.
    fn own_link_href(&self) -> String {
        self.link_href(self.service(), self.provider())
    }

    /// Path of the compatible API for the link, or below it.
    fn link_route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        let link = ["service", self.service(), "privatelink", self.provider()];
        self.route(link.into_iter().chain(below))
    }

    /// Path of our own API for the link, or below it.
    fn own_link_route<'a>(&'a self, below: impl IntoIterator<Item = &'a str>) -> String {
        let link = ["service", self.service(), "privatelink", self.provider()];
        self.own_route(link.into_iter().chain(below))
    }
}
