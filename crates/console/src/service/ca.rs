//! The CA that signs a service's certificates, as a file to keep.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::facts::Service;
use crate::call::Refused;
use crate::console::Console;
use crate::page::Page;

pub(super) fn routes(root: &str) -> Router<Console> {
    Router::new().route(&format!("{root}/ca.pem"), get(download))
}

#[derive(Deserialize)]
struct ProjectCa {
    certificate: String,
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

/// The service's own, else the project's.
async fn load(page: &Page) -> Result<String, Refused> {
    let service = Service::load(page).await?;
    if let Some(pem) = service.underpass.ca_pem {
        return Ok(pem);
    }
    let ca: ProjectCa = page.api.get(&page.route(["kms", "ca"])).await?;
    Ok(ca.certificate)
}
