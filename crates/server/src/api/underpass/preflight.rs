//! Check of a link that is to be created: the rules of the creation, without a change.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::preflight::{PreflightRefusal, PreflightView};
use underpass_api_types::remedy::RemedyView;
use underpass_model::cloud::Provider;
use underpass_model::refusal::Refusal;

use crate::api::error::Error;
use crate::api::privatelink::{draft_azure, draft_google, not_offered, provider};
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/privatelink/{provider}/preflight",
        on_own_threads(get(check)),
    )
}

/// Answers with the refusal that a creation would have now. Rules about its body, the subscriptions,
/// are not checked.
async fn check(
    State(app): State<App>,
    WholeProject(member): WholeProject,
) -> Result<Json<PreflightView>, Error> {
    let (project, name) = (&member.project.value, member.service()?);
    let provider = provider(&member)?;
    // A service that does not exist is no outcome of the check.
    let snapshot = ServiceSnapshot::load(&app, project, &name).await?;
    let id = app.ids.link();
    let drafted = match provider {
        Provider::Azure => draft_azure(&app, project, &name, BTreeSet::new(), id, None).await,
        Provider::Google => draft_google(&app, project, &name, &BTreeSet::new(), id, None).await,
        Provider::Aws => Err(not_offered(&snapshot.service.value, provider).into()),
    };
    let refusal = match drafted {
        Ok(_link) => None,
        Err(Error::Refused(refusal)) => Some(refusal_view(refusal)),
        Err(error) => return Err(error),
    };
    Ok(Json(PreflightView { refusal }))
}

fn refusal_view(refusal: Refusal) -> PreflightRefusal {
    PreflightRefusal {
        error_code: refusal.code.to_owned(),
        message: refusal.message,
        remedy: refusal.remedy.map(|it| RemedyView::new(*it)),
    }
}
