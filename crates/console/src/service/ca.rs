//! Download of the CA that signs the certificates of a service.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use underpass_api_types::certificate::ProjectCa;

use crate::api_error::ApiError;
use crate::console::Console;
use crate::load;
use crate::page::Page;

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/ca.pem"), get(download))
}

async fn download(page: Page) -> Response {
    match load(&page).await {
        Ok(pem) => (
            [
                (
                    CONTENT_TYPE,
                    HeaderValue::from_static("application/x-pem-file"),
                ),
                (
                    CONTENT_DISPOSITION,
                    HeaderValue::from_static("attachment; filename=\"ca.pem\""),
                ),
            ],
            pem,
        )
            .into_response(),
        Err(refused) => page.refuse(refused),
    }
}

/// Loads the CA of the service, or else of the project.
async fn load(page: &Page) -> Result<String, ApiError> {
    let service = load::service(page).await?;
    if let Some(pem) = service.underpass.ca_pem {
        return Ok(pem);
    }
    let ca: ProjectCa = page.api.get(&page.route(["kms", "ca"])).await?;
    Ok(ca.certificate)
}
