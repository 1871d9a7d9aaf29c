//! Emulated Google's portal: Private Service Connect, from the consumer's side.

mod create;
mod endpoint;
mod list;
mod project;
mod recipes;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_server::console::go_to;

use self::project::Project;
use super::Pages;
use super::desk::{Desk, Visitor};
use super::frame::Look;
use super::{CREATE, live, with_target};
use crate::client::http_client;
use crate::failure::Failure;
use crate::google::Compute;
use crate::ready::GoogleReady;

static LOOK: Look = Look {
    cloud: "Google",
    product: "Private Service Connect",
    class: "google",
    account: "Project",
    switch: "/switch",
};

/// Where the emulated cloud is, and whose project a visitor is taken to at first.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// URL of the API, without a trailing slash.
    pub(crate) url: String,
    pub(crate) project: String,
    /// The subnet that is chosen already, if one is there from the beginning.
    pub(crate) subnet: Option<String>,
    pub(crate) region: String,
}

/// The portal's pages; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct GooglePortal {
    /// Anonymous, as every consumer in the emulated cloud.
    compute: Compute,
    beginning: Arc<Beginning>,
}

/// What every handler shares.
#[derive(Clone)]
struct Office {
    portal: GooglePortal,
    desk: Desk,
}

impl GooglePortal {
    pub(crate) fn new(beginning: Beginning) -> Result<Self, Failure> {
        let http = http_client(&beginning.url, None)?;
        Ok(Self {
            compute: Compute::new(http, &beginning.url, None),
            beginning: Arc::new(beginning),
        })
    }

    /// One that begins as the ready consumer of an `up`.
    pub(crate) fn of_consumer(ready: &GoogleReady) -> Result<Self, Failure> {
        Self::new(Beginning {
            url: ready.url.clone(),
            project: ready.consumer_project.clone(),
            subnet: Some(ready.consumer_subnet.clone()),
            region: ready.region.clone(),
        })
    }
}

impl Pages for GooglePortal {
    fn routes(self, desk: Desk) -> Router {
        let project = "/project/{project}";
        let endpoint = format!("{project}/region/{{region}}/endpoint/{{name}}");
        Router::new()
            .route("/", get(enter))
            .route(CREATE, get(begin))
            .route(LOOK.switch, get(switch))
            .route(project, get(list::list))
            .route(
                &format!("{project}/create"),
                get(create::form).post(create::send),
            )
            .route(&format!("{project}/changes"), get(changes))
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

/// The portal's door: the project of the beginning.
async fn enter(State(office): State<Office>, visitor: Visitor) -> Response {
    let first = office.portal.beginning.project.clone();
    to(&office, &visitor, &first)
}

/// The way to a new endpoint from elsewhere: in the project of the beginning, since whoever leads
/// here knows none.
async fn begin(State(office): State<Office>, visitor: Visitor) -> Response {
    match Project::open(&office.portal, &office.portal.beginning.project) {
        Ok(project) => go_to(&with_target(&project.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// Leads to another project.
async fn switch(State(office): State<Office>, visitor: Visitor) -> Response {
    let asked = visitor.query();
    to(&office, &visitor, asked.text("project"))
}

fn to(office: &Office, visitor: &Visitor, project: &str) -> Response {
    match Project::open(&office.portal, project) {
        Ok(project) => go_to(&project.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

async fn changes(State(office): State<Office>, visitor: Visitor) -> Response {
    match Project::of(&office.portal, &visitor) {
        Ok(project) => live::changes(&office.desk, project),
        Err(failure) => visitor.refuse(&failure),
    }
}
