//! Query parameters.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use underpass_model::excerpt::excerpt_quotes;
use underpass_model::refusal::Refusal;

use super::error::Error;
use crate::app::App;

/// Prefix of axum's messages, which is removed.
const AXUM_PREFIX: &str = "Failed to deserialize query string: ";

/// Query parameters. Those that `T` does not have are ignored, because compatible clients always
/// add `limit`.
pub(crate) struct QueryParams<T>(pub(crate) T);

/// Replaces the standard library's messages about numbers, `NAME: MESSAGE`.
fn in_words(cause: &str) -> String {
    const OF_NUMBERS: [&str; 3] = [
        "invalid digit found in string",
        "cannot parse integer from empty string",
        "number too large to fit in target type",
    ];
    match cause.split_once(": ") {
        Some((name, message)) if OF_NUMBERS.contains(&message) => {
            format!("`{name}` must be a whole number that is not negative")
        }
        _ => cause.to_owned(),
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for QueryParams<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Query(value) = Query::from_request_parts(parts, app)
            .await
            .map_err(|rejection| {
                let text = rejection.body_text();
                let cause = text.strip_prefix(AXUM_PREFIX).unwrap_or(&text);
                let cause = in_words(&excerpt_quotes(cause));
                let message = format!("Invalid query parameters: {cause}");
                Refusal::invalid("invalid_query", message)
            })?;
        Ok(Self(value))
    }
}
