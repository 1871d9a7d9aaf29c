//! Limits of requests per second, and of requests in progress, of a token, a user and a project.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use underpass_model::auth::Principal;
use underpass_model::project::Project;

use super::error::Error;
use crate::admission::{Admission, OPERATORS};
use crate::app::App;

/// Makes the place for what a request holds, and lets it go with the answer.
pub(super) async fn hold(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let admission = Admission::new(app.whole_reads.threads());
    request.extensions_mut().insert(admission.clone());
    let response = admission.scope(next.run(request)).await;
    // The answer is made; what is left waits for its client.
    admission.end_read();
    response.map(|body| {
        // Not `map_frame`, which forgets the size.
        Body::new(body.inspect_frame(move |_| {
            let _held_until_its_end = &admission;
        }))
    })
}

/// Counts a request of an authorized caller, until it ends. Those of operators with an unrestricted token
/// are not limited: the programs that run the installation, as the node provisioner of `up` does, follow
/// every change of every project.
///
/// # Errors
/// [`Error::TooManyRequests`]: the token or the project made too many, or has too many in progress.
pub(super) fn admit(
    app: &App,
    extensions: &Extensions,
    caller: &Principal,
    project: Option<&Project>,
) -> Result<(), Error> {
    let admission = Admission::of(extensions);
    if caller.is_operator() {
        admission.enter_queue(OPERATORS);
        return Ok(());
    }
    take_rate(app, caller, project)?;
    let enter = |subject: &str, name: String| {
        let entered = app.in_progress.enter(subject);
        entered.ok_or_else(|| Error::too_many_in_progress(&name, app.in_progress.limit()))
    };
    let holder = caller.holder();
    let name = if caller.token.is_narrowed() {
        format!("Token `{}…`", caller.token.prefix)
    } else {
        format!("User `{}`", caller.user.email)
    };
    let of_holder = enter(&holder, name)?;
    let Some(project) = project.map(|project| &project.name) else {
        admission.enter_queue(&holder);
        admission.count([of_holder]);
        return Ok(());
    };
    let subject = format!("project/{project}");
    let of_project = enter(&subject, format!("Project `{project}`"))?;
    admission.enter_queue(&subject);
    admission.count([of_holder, of_project]);
    Ok(())
}

/// Counts a request within the rates of a token and a project.
///
/// # Errors
/// [`Error::TooManyRequests`]: the token or the project made too many.
pub(crate) fn take_rate(
    app: &App,
    caller: &Principal,
    project: Option<&Project>,
) -> Result<(), Error> {
    let limits = app.settings.limits.get().project;
    let now = app.clock.now();
    // An operator who gave a project a rate of its own means it for each of its tokens.
    if project.is_none_or(|project| project.limits.requests_per_second.is_none()) {
        let bucket = format!("token/{}", caller.token.origin());
        let rate = limits.token_requests;
        app.rates.take(&bucket, rate, now).map_err(|wait| {
            let subject = format!("Token `{}…`", caller.token.prefix);
            Error::too_many_requests(&subject, rate, wait, "Use fewer clients with one token")
        })?;
    }
    let Some(project) = project else {
        return Ok(());
    };
    let name = &project.name;
    let rate = limits.with(project.limits).requests;
    app.rates
        .take(&format!("project/{name}"), rate, now)
        .map_err(|wait| {
            let subject = format!("Project `{name}`");
            let next = format!(
                "An operator raises the limit with `underpass project limits set {name} \
                 --requests-per-second NUMBER`"
            );
            Error::too_many_requests(&subject, rate, wait, &next)
        })
}
