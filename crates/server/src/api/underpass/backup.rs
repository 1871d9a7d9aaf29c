//! Ours: a backup of the store, for operators only.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use error_reporter::Report;
use futures_util::stream::{self, Stream};
use tokio::task::{JoinError, spawn_blocking};
use underpass_store::EncryptedBackup;

use crate::api::error::Error;
use crate::api::extract::{Operator, check_token_again};
use crate::app::App;

/// Content type of bytes without a registered format (RFC 2046, section 4.5.1).
const OCTETS: &str = "application/octet-stream";

pub(super) fn routes() -> Router<App> {
    // Not GET, so that no prefetch of a browser makes a copy of the store.
    Router::new().route("/v1/underpass/backup", post(back_up))
}

/// Answers with an encrypted copy of the store, in pieces.
async fn back_up(
    State(app): State<App>,
    Operator(principal): Operator,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let backups = Arc::clone(&app.backups);
    let made_at = app.clock.now();
    let backup = spawn_blocking(move || backups.back_up(made_at))
        .await
        .map_err(|error| Error::Internal(Box::new(error)))?
        .map_err(unwritten)?;
    tracing::info!(actor = principal.actor(), "made a backup of the store");
    let body = Body::from_stream(pieces(backup, app, headers));
    Ok(([(CONTENT_TYPE, OCTETS)], body).into_response())
}

/// Returns the pieces of a backup; reading and encrypting one occupies a thread of its own.
///
/// A client may read slowly: the pieces end with an error when its token is revoked.
fn pieces(
    backup: EncryptedBackup,
    app: App,
    headers: HeaderMap,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some((backup, app, headers)), |sending| async move {
        let (mut backup, app, headers) = sending?;
        if let Err(Error::Refused(refusal)) = check_token_again(&app, &headers).await {
            tracing::warn!("failed to send a backup: the token is no longer accepted");
            return Some((Err(io::Error::other(refusal)), None));
        }
        let read = spawn_blocking(move || (backup.next(), backup)).await;
        match read {
            Ok((piece, backup)) => {
                let piece = piece?;
                if let Err(error) = &piece {
                    tracing::error!(error = %Report::new(error), "failed to send a backup");
                }
                Some((piece.map(Bytes::from), Some((backup, app, headers))))
            }
            Err(ended) => Some((Err(stopped(ended)), None)),
        }
    })
}

fn stopped(error: JoinError) -> io::Error {
    io::Error::other(error)
}

/// Returns the error for a copy that was not written.
fn unwritten(error: underpass_store::Error) -> Error {
    if !error.is_outage() {
        return error.into();
    }
    tracing::error!(error = %Report::new(&error), "failed to make a backup: the disk accepts no writes");
    Error::Unavailable(
        "A backup is first written beside the store, where the disk is full or accepts no writes. \
         The log of the control plane contains the reason. Retry when `/readyz` reports that it is \
         ready and the disk has room for a copy of the store"
            .to_owned(),
    )
}
