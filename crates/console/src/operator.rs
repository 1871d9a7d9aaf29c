//! Requests of operators, for pages about the installation.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use crate::api_error::ApiError;
use crate::console::Console;
use crate::page::{Page, Submission};

/// A request of an operator whose session is not restricted.
pub(crate) struct OperatorPage(pub(crate) Page);

/// A form of such an operator.
pub(crate) struct OperatorSubmission(pub(crate) Submission);

impl FromRequestParts<Console> for OperatorPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let page = Page::from_request_parts(parts, console).await?;
        authorize(&page)?;
        Ok(Self(page))
    }
}

impl FromRequest<Console> for OperatorSubmission {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let submission = Submission::from_request(request, console).await?;
        authorize(&submission.page)?;
        Ok(Self(submission))
    }
}

/// As in the API, other visitors learn nothing from the validation of a form.
#[expect(
    clippy::result_large_err,
    reason = "it is the rejection of an extractor"
)]
fn authorize(page: &Page) -> Result<(), Response> {
    page.session
        .principal
        .authorize_operator()
        .map_err(|refusal| {
            page.refuse(ApiError {
                status: StatusCode::FORBIDDEN,
                message: refusal.message,
                code: Some(refusal.code.to_owned()),
            })
        })
}
