//! Backup of the store: its content, what it lacks, and its download. For operators only.

use askama::Template;
use axum::Router;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli_snippet::cli_snippet;
use crate::console::Console;
use crate::control_plane::FileBesideStore;
use crate::href::backup_href;
use crate::layout::{PageLayout, Section};
use crate::operator::{OperatorPage, OperatorSubmission};
use crate::page::{Page, Submission};

/// Path of the API.
const API: &str = "/v1/underpass/backup";

pub(crate) fn routes() -> Router<Console> {
    Router::new().route(&backup_href(), get(show).post(download))
}

#[derive(Template)]
#[template(path = "console/backup.html")]
struct BackupPage {
    layout: PageLayout,
    /// Files that a backup does not contain.
    not_included: Vec<FileBesideStore>,
}

async fn show(OperatorPage(page): OperatorPage) -> Response {
    present(&page).await
}

async fn present(page: &Page) -> Response {
    let snippet = cli_snippet(
        "Back up the store",
        ["backup", "underpass.backup"],
        &Method::POST,
        API,
        None,
    );
    let layout = page.layout("Backup", Section::Backup).await;
    let content = BackupPage {
        layout: layout.with_snippets(vec![snippet]),
        not_included: page.console.files_beside_store.to_vec(),
    };
    page.render(&content)
}

/// Answers with the encrypted backup, as a file.
async fn download(OperatorSubmission(submission): OperatorSubmission) -> Response {
    let Submission { page, .. } = submission;
    match page.api.stream(Method::POST, API).await {
        Ok(mut response) => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_DISPOSITION, disposition(page.now));
            headers
                .entry(CONTENT_TYPE)
                .or_insert(HeaderValue::from_static("application/octet-stream"));
            response
        }
        Err(refused) => present(&page.with_problem(refused)).await,
    }
}

/// Names the file by its time, so that the next one does not replace it.
fn disposition(now: Timestamp) -> HeaderValue {
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
    let line = format!("attachment; filename=\"underpass-{time}.backup\"");
    HeaderValue::try_from(line).unwrap_or(HeaderValue::from_static("attachment"))
}
