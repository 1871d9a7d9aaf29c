//! Emulated Azure's portal: the Private Link Center, from the consumer's side.

mod account;
mod create;
mod endpoint;
mod list;
mod snippets;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_web::page::see_other;

use self::account::Account;
use super::Pages;
use super::context::{PortalContext, Visitor};
use super::layout::Branding;
use super::{CREATE, live, with_target};
use crate::azure::{Arm, Login, segment_after};
use crate::client::http_client;
use crate::failure::Failure;
use crate::ready::AzureReady;

static BRANDING: Branding = Branding {
    cloud: "Azure",
    product: "Private Link Center",
    class: "azure",
    account: "Subscription",
    switch: "/switch",
};

/// Where the emulated cloud is, and whom a visitor is taken for at first.
#[derive(Debug, Clone)]
pub(crate) struct PortalOptions {
    /// URL of the resource manager, without a trailing slash.
    pub(crate) url: String,
    /// The certificate authority to trust, PEM.
    pub(crate) ca: Vec<u8>,
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    /// The subnet that is chosen already, if one is there from the beginning.
    pub(crate) subnet: Option<String>,
    pub(crate) location: String,
}

/// The portal's pages; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AzurePortal {
    http: reqwest::Client,
    /// As the tenant of the beginning; it keeps its token.
    arm: Arm,
    options: Arc<PortalOptions>,
}

/// What every handler shares.
#[derive(Clone)]
struct AppState {
    portal: AzurePortal,
    context: PortalContext,
}

impl AzurePortal {
    pub(crate) fn new(options: PortalOptions) -> Result<Self, Failure> {
        let http = http_client(&options.url, Some(&options.ca))?;
        let login = Login::consumer(&options.tenant);
        Ok(Self {
            arm: Arm::new(http.clone(), &options.url, login),
            http,
            options: Arc::new(options),
        })
    }

    /// One that begins as the ready consumer of an `up`.
    pub(crate) fn of_consumer(ready: &AzureReady) -> Result<Self, Failure> {
        let ca = std::fs::read(&ready.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", ready.ca.display())))?;
        Self::new(PortalOptions {
            url: ready.url.clone(),
            ca,
            tenant: ready.consumer_tenant.clone(),
            subscription: ready.consumer_subscription.clone(),
            subnet: Some(ready.consumer_subnet.clone()),
            location: ready.consumer_location.clone(),
        })
    }

    /// The resource manager as somebody of a tenant.
    fn arm(&self, tenant: &str) -> Arm {
        if tenant == self.options.tenant {
            return self.arm.clone();
        }
        let login = Login::consumer(tenant);
        Arm::new(self.http.clone(), &self.options.url, login)
    }

    /// The resource group that is filled in already.
    fn group(&self) -> &str {
        let subnet = self.options.subnet.as_deref();
        let group = subnet.and_then(|subnet| segment_after(subnet, "resourceGroups"));
        group.unwrap_or("consumer")
    }
}

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

impl FromRef<AppState> for PortalContext {
    fn from_ref(state: &AppState) -> Self {
        state.context.clone()
    }
}

/// The portal's door: the account of the beginning.
async fn index(State(state): State<AppState>, visitor: Visitor) -> Response {
    match first(&state.portal) {
        Ok(account) => see_other(&account.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// The way to a new endpoint from elsewhere: as the account of the beginning, since whoever leads
/// here knows none.
async fn create_shortcut(State(state): State<AppState>, visitor: Visitor) -> Response {
    match first(&state.portal) {
        Ok(account) => see_other(&with_target(&account.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// The account of the beginning.
fn first(portal: &AzurePortal) -> Result<Account, Failure> {
    let PortalOptions {
        tenant,
        subscription,
        ..
    } = &*portal.options;
    Account::open(portal, tenant, subscription)
}

/// Leads to another account.
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
        Ok(account) => live::changes(&state.context, account),
        Err(failure) => visitor.refuse(&failure),
    }
}
