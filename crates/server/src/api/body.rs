//! Request bodies: JSON with any content type; an empty body counts as `{}`.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;
use underpass_model::refusal::Refusal;

use super::error::Error;
use crate::app::App;

/// Largest request body: 1 MiB. The largest legitimate one, a service with 64 nodes, many users
/// and their certificates, is well below.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// JSON body. Members that `T` does not have are ignored.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| {
                let status = rejection.into_response().status();
                let message = if status == StatusCode::PAYLOAD_TOO_LARGE {
                    format!("The request body exceeds the limit of {MAX_BODY} bytes")
                } else {
                    "The request body could not be read completely. Send the request again"
                        .to_owned()
                };
                Error::Protocol(status, message)
            })?;
        Ok(Self(parse(&bytes)?))
    }
}

/// Compatible clients send no body, `{}` or `null` without parameters.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = match bytes.trim_ascii() {
        b"" | b"null" => b"{}",
        text => text,
    };
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        let message = if cause.is_data() && path != "." {
            format!("Invalid request body: `{path}`: {cause}")
        } else {
            format!("Invalid request body: {cause}")
        };
        Refusal::invalid("invalid_body", message)
    })?;
    json.end().map_err(|cause| {
        Refusal::invalid("invalid_body", format!("Invalid request body: {cause}"))
    })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Body {
        #[serde(default)]
        user_subscription_ids: Vec<String>,
    }

    fn message(text: &str) -> String {
        parse::<Body>(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn nothing_counts_as_an_empty_object() {
        for text in ["", " \n", "null", "{}", r#"{"more": 1}"#] {
            let body: Body = parse(text.as_bytes()).unwrap();
            assert_eq!(
                body,
                Body {
                    user_subscription_ids: vec![]
                }
            );
        }
    }

    #[test]
    fn a_wrong_member_is_named() {
        insta::assert_snapshot!(
            message(r#"{"user_subscription_ids": ["a", 1]}"#),
            @"Invalid request body: `user_subscription_ids[1]`: invalid type: integer `1`, expected a string at line 1 column 33"
        );
        insta::assert_snapshot!(
            message(r#"{"user_subscription_ids": "#),
            @"Invalid request body: EOF while parsing a value at line 1 column 25"
        );
        insta::assert_snapshot!(
            message("{} {}"),
            @"Invalid request body: trailing characters at line 1 column 4"
        );
    }
}
