//! Emulated Azure's portal: the Private Link Center, from the consumer's side.

mod account;
mod create;
mod endpoint;
mod list;
mod recipes;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_server::console::go_to;

use self::account::Account;
use super::Pages;
use super::desk::{Desk, Visitor};
use super::frame::Look;
use super::{CREATE, live, with_target};
use crate::azure::{Arm, Login, segment_after};
use crate::client::http_client;
use crate::failure::Failure;
use crate::ready::AzureReady;

static LOOK: Look = Look {
    cloud: "Azure",
    product: "Private Link Center",
    class: "azure",
    account: "Subscription",
    switch: "/switch",
};

/// Where the emulated cloud is, and whom a visitor is taken for at first.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
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
    beginning: Arc<Beginning>,
}

/// What every handler shares.
#[derive(Clone)]
struct Office {
    portal: AzurePortal,
    desk: Desk,
}

impl AzurePortal {
    pub(crate) fn new(beginning: Beginning) -> Result<Self, Failure> {
        let http = http_client(&beginning.url, Some(&beginning.ca))?;
        let login = Login::consumer(&beginning.tenant);
        Ok(Self {
            arm: Arm::new(http.clone(), &beginning.url, login),
            http,
            beginning: Arc::new(beginning),
        })
    }

    /// One that begins as the ready consumer of an `up`.
    pub(crate) fn of_consumer(ready: &AzureReady) -> Result<Self, Failure> {
        let ca = std::fs::read(&ready.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", ready.ca.display())))?;
        Self::new(Beginning {
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
        if tenant == self.beginning.tenant {
            return self.arm.clone();
        }
        let login = Login::consumer(tenant);
        Arm::new(self.http.clone(), &self.beginning.url, login)
    }

    /// The resource group that is filled in already.
    fn group(&self) -> &str {
        let subnet = self.beginning.subnet.as_deref();
        let group = subnet.and_then(|subnet| segment_after(subnet, "resourceGroups"));
        group.unwrap_or("consumer")
    }
}

impl Pages for AzurePortal {
    fn routes(self, desk: Desk) -> Router {
        let account = "/directory/{tenant}/subscription/{subscription}";
        let endpoint = format!("{account}/group/{{group}}/endpoint/{{name}}");
        Router::new()
            .route("/", get(enter))
            .route(CREATE, get(begin))
            .route(LOOK.switch, get(switch))
            .route(account, get(list::overview))
            .route(&format!("{account}/endpoint"), get(list::list))
            .route(
                &format!("{account}/create"),
                get(create::form).post(create::send),
            )
            .route(&format!("{account}/changes"), get(changes))
            .route(&endpoint, get(endpoint::show))
            .route(&format!("{endpoint}/delete"), post(endpoint::delete))
            .with_state(Office { portal: self, desk })
    }
}

impl FromRef<Office> for Desk {
    fn from_ref(office: &Office) -> Self {
        office.desk.clone()
    }
}

/// The portal's door: the account of the beginning.
async fn enter(State(office): State<Office>, visitor: Visitor) -> Response {
    match first(&office.portal) {
        Ok(account) => go_to(&account.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// The way to a new endpoint from elsewhere: as the account of the beginning, since whoever leads
/// here knows none.
async fn begin(State(office): State<Office>, visitor: Visitor) -> Response {
    match first(&office.portal) {
        Ok(account) => go_to(&with_target(&account.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// The account of the beginning.
fn first(portal: &AzurePortal) -> Result<Account, Failure> {
    let Beginning {
        tenant,
        subscription,
        ..
    } = &*portal.beginning;
    Account::open(portal, tenant, subscription)
}

/// Leads to another account.
async fn switch(State(office): State<Office>, visitor: Visitor) -> Response {
    let asked = visitor.query();
    let (tenant, subscription) = (asked.text("directory"), asked.text("subscription"));
    match Account::open(&office.portal, tenant, subscription) {
        Ok(account) => go_to(&account.href(["endpoint"])),
        Err(failure) => visitor.refuse(&failure),
    }
}

async fn changes(State(office): State<Office>, visitor: Visitor) -> Response {
    match Account::of(&office.portal, &visitor) {
        Ok(account) => live::changes(&office.desk, account),
        Err(failure) => visitor.refuse(&failure),
    }
}
