//! Routes of all pages.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use underpass_web::page::see_other;

use super::account::Account;
use super::portal::{AzurePortal, BRANDING, PortalOptions};
use super::state::AppState;
use super::{create, endpoint, list};
use crate::failure::Failure;
use crate::portal::context::{PortalContext, Visitor};
use crate::portal::live;
use crate::portal::pages::{CREATE, Pages, with_target};

impl Pages for AzurePortal {
    fn routes(self, context: PortalContext) -> Router {
        let account = "/directory/{tenant}/subscription/{subscription}";
        let endpoint = format!("{account}/group/{{group}}/endpoint/{{name}}");
        Router::new()
            .route("/", get(index))
            .route(CREATE, get(create_shortcut))
            .route(BRANDING.switch, get(switch))
            .route(account, get(list::overview))
            .route(&format!("{account}/endpoint"), get(list::list))
            .route(
                &format!("{account}/create"),
                get(create::form).post(create::send),
            )
            .route(&format!("{account}/changes"), get(changes))
            .route(&endpoint, get(endpoint::show))
            .route(&format!("{endpoint}/delete"), post(endpoint::delete))
            .with_state(AppState {
                portal: self,
                context,
            })
    }
}

/// Redirects to the account of the options.
async fn index(State(state): State<AppState>, visitor: Visitor) -> Response {
    match default_account(&state.portal) {
        Ok(account) => see_other(&account.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// Redirects to the form for a new endpoint, in the account of the options: the site that links here
/// knows no account.
async fn create_shortcut(State(state): State<AppState>, visitor: Visitor) -> Response {
    match default_account(&state.portal) {
        Ok(account) => see_other(&with_target(&account.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// The account of the options.
fn default_account(portal: &AzurePortal) -> Result<Account, Failure> {
    let PortalOptions {
        tenant,
        subscription,
        ..
    } = &*portal.options;
    Account::open(portal, tenant, subscription)
}

/// Redirects to another account.
async fn switch(State(state): State<AppState>, visitor: Visitor) -> Response {
    let asked = visitor.query();
    let (tenant, subscription) = (asked.text("directory"), asked.text("subscription"));
    match Account::open(&state.portal, tenant, subscription) {
        Ok(account) => see_other(&account.href(["endpoint"])),
        Err(failure) => visitor.refuse(&failure),
    }
}

async fn changes(State(state): State<AppState>, visitor: Visitor) -> Response {
    match Account::of(&state.portal, &visitor) {
        Ok(account) => live::changes(&visitor, account),
        Err(failure) => visitor.refuse(&failure),
    }
}
