//! Routes of all pages.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use underpass_web::page::see_other;

use super::portal::{BRANDING, GooglePortal};
use super::project::Project;
use super::state::AppState;
use super::{create, endpoint, list};
use crate::portal::context::{PortalContext, Visitor};
use crate::portal::live;
use crate::portal::pages::{CREATE, Pages, with_target};

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

/// Redirects to the project of the options.
async fn index(State(state): State<AppState>, visitor: Visitor) -> Response {
    let first = state.portal.options.project.clone();
    redirect_to(&state, &visitor, &first)
}

/// Redirects to the form for a new endpoint, in the project of the options: the site that links here
/// knows no project.
async fn create_shortcut(State(state): State<AppState>, visitor: Visitor) -> Response {
    match Project::open(&state.portal, &state.portal.options.project) {
        Ok(project) => see_other(&with_target(&project.href(["create"]), &visitor)),
        Err(failure) => visitor.refuse(&failure),
    }
}

/// Redirects to another project.
async fn switch(State(state): State<AppState>, visitor: Visitor) -> Response {
    let asked = visitor.query();
    redirect_to(&state, &visitor, asked.text("project"))
}

fn redirect_to(state: &AppState, visitor: &Visitor, project: &str) -> Response {
    match Project::open(&state.portal, project) {
        Ok(project) => see_other(&project.href([])),
        Err(failure) => visitor.refuse(&failure),
    }
}

async fn changes(State(state): State<AppState>, visitor: Visitor) -> Response {
    match Project::of(&state.portal, &visitor) {
        Ok(project) => live::changes(&visitor, project),
        Err(failure) => visitor.refuse(&failure),
    }
}
