//! Emulated Google's portal: Private Service Connect, from the consumer's side.

mod create;
mod endpoint;
mod list;
mod project;
mod snippets;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::{get, post};
use underpass_web::page::see_other;

use self::project::Project;
use super::Pages;
use super::context::{PortalContext, Visitor};
use super::layout::Branding;
use super::{CREATE, live, with_target};
use crate::client::http_client;
use crate::failure::Failure;
use crate::google::Compute;
use crate::ready::GoogleReady;

static BRANDING: Branding = Branding {
    cloud: "Google",
    product: "Private Service Connect",
    class: "google",
    account: "Project",
    switch: "/switch",
};

/// Where the emulated cloud is, and whose project a visitor is taken to at first.
#[derive(Debug, Clone)]
pub(crate) struct PortalOptions {
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
    options: Arc<PortalOptions>,
}

/// What every handler shares.
#[derive(Clone)]
struct AppState {
    portal: GooglePortal,
    context: PortalContext,
}

impl GooglePortal {
    pub(crate) fn new(options: PortalOptions) -> Result<Self, Failure> {
        let http = http_client(&options.url, None)?;
        Ok(Self {
            compute: Compute::new(http, &options.url, None),
            options: Arc::new(options),
        })
    }

    /// One that begins as the ready consumer of an `up`.
    pub(crate) fn of_consumer(ready: &GoogleReady) -> Result<Self, Failure> {
        Self::new(PortalOptions {
            url: ready.url.clone(),
            project: ready.consumer_project.clone(),
            subnet: Some(ready.consumer_subnet.clone()),
            region: ready.region.clone(),
        })
    }
}

impl Pages for GooglePortal {
    fn routes(self, context: PortalContext) -> Router {
        let project = "/project/{project}";
        let endpoint = format!("{project}/region/{{region}}/endpoint/{{name}}");
        Router::new()
            .route("/", get(index))
            .route(CREATE, get(create_shortcut))
            .route(BRANDING.switch, get(switch))
            .route(project, get(list::list))
            .route(
                &format!("{project}/create"),
                get(create::form).post(create::send),
            )
            .route(&format!("{project}/changes"), get(changes))
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

/// The portal's door: the project of the beginning.
async fn index(State(state): State<AppState>, visitor: Visitor) -> Response {
    let first = state.portal.options.project.clone();
    to(&state, &visitor, &first)
}

/// The way to a new endpoint from elsewhere: in the project of the beginning, since whoever leads
/// here knows none.
async fn create_shortcut(State(state): State<AppState>, visitor: Visitor) -> Response {
    match Project::open(&state.portal, &state.portal.options.project) {
        Ok(project) => see_other(&with_target(&project.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// Leads to another project.
async fn switch(State(state): State<AppState>, visitor: Visitor) -> Response {
    let asked = visitor.query();
    to(&state, &visitor, asked.text("project"))
}

fn to(state: &AppState, visitor: &Visitor, project: &str) -> Response {
    match Project::open(&state.portal, project) {
        Ok(project) => see_other(&project.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

async fn changes(State(state): State<AppState>, visitor: Visitor) -> Response {
    match Project::of(&state.portal, &visitor) {
        Ok(project) => live::changes(&state.context, project),
        Err(failure) => visitor.refuse(&failure),
    }
}
