//! Stored documents that cannot be read, for operators.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::unreadable::{UnreadableDocument, UnreadableDocumentList};
use underpass_store::UnreadableRow;

use crate::api::error::Error;
use crate::api::extract::Operator;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/underpass/unreadable-documents", get(list))
}

async fn list(
    State(app): State<App>,
    _operator: Operator,
) -> Result<Json<UnreadableDocumentList>, Error> {
    let rows = app.store.unreadable().await?;
    Ok(Json(UnreadableDocumentList {
        documents: rows.iter().map(view).collect(),
    }))
}

pub(super) fn view(row: &UnreadableRow) -> UnreadableDocument {
    UnreadableDocument {
        kind: row.kind.as_str().to_owned(),
        key: row.key.to_string(),
        defect: row.defect.to_string(),
    }
}
