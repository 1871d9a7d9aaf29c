//! The web console: pages rendered here, for browsers that may run no script at all.
//!
//! The console is a client of the API like any other. Every page is made of what the API answers
//! to the visitor's own session, and every button sends what a person could have sent; so there is
//! no second set of rules, and each page can say how to do the same from a shell.
//! Calls stay inside the process.
//!
//! A session is an access token of its own, which a sign-in exchanges for the one that was typed.
//! Forms carry a word derived from it, which pages of others cannot know.
//! The one script of the console makes pages live: told of a change, it fetches the page anew and
//! replaces the parts that differ.

mod asset;
mod call;
mod catalogue;
mod cli_snippet;
mod connections;
mod events;
mod health;
mod home;
mod link;
mod live;
mod networks;
mod nodes;
mod page;
mod problem;
mod register;
mod rows;
mod service;
mod service_head;
mod services;
mod session;
mod shell;
mod sign_in;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use underpass_web::live::Subscriptions;

use self::call::Api;
use self::health::Health;
use crate::app::App;

/// What every page shares.
#[derive(Clone)]
pub(crate) struct Console {
    app: App,
    api: Api,
    subscriptions: Subscriptions,
    health: Arc<Health>,
}

impl Console {
    /// A console in front of an API.
    pub(crate) fn new(app: App, api: Router) -> Self {
        Self {
            app,
            api: Api::new(api),
            subscriptions: Subscriptions::new(live::MOST),
            health: Arc::default(),
        }
    }
}

/// Every page.
pub(crate) fn routes(console: Console) -> Router {
    Router::new()
        .route("/", get(sign_in::enter))
        .merge(asset::ASSETS.routes())
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
        .merge(live::routes())
        .with_state(console)
}
