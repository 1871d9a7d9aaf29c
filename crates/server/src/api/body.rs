//! Request bodies: JSON with any content type; an empty body counts as `{}`.

use std::fmt::Display;
use std::pin::pin;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use futures_util::future::poll_immediate;
use serde::de::{DeserializeOwned, DeserializeSeed as _};
use underpass_http_server::{BodyError, read_body};
use underpass_model::refusal::Refusal;

use super::error::Error;
use super::extract::authorize_again;
use super::strict_value::StrictValue;
use super::unique_members::UniqueMembers;
use crate::app::App;

/// Largest request body: 1 MiB. The largest legitimate one, a service with 64 nodes, many users
/// and their certificates, is well below.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// JSON body. Members that `T` does not have are ignored.
pub(crate) struct JsonBody<T>(pub(crate) T);

/// JSON body that compatible clients also send as `null`, which counts as `{}`.
pub(crate) struct OptionalJsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        Ok(Self(parse(&read(request, app).await?)?))
    }
}

impl From<BodyError> for Error {
    fn from(error: BodyError) -> Self {
        let (status, message) = match error {
            BodyError::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The request body exceeds the limit of {MAX_BODY} bytes"),
            ),
            BodyError::CutShort => (
                StatusCode::BAD_REQUEST,
                "The request body could not be read completely. Send the request again".to_owned(),
            ),
            BodyError::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "The request body took too long to arrive. Send the request again".to_owned(),
            ),
        };
        Self::Protocol(status, message)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for OptionalJsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let bytes = read(request, app).await?;
        let text = match bytes.trim_ascii() {
            b"null" => b"{}",
            text => text,
        };
        Ok(Self(parse(text)?))
    }
}

/// Reads the body. A caller whose body comes later is authorized again.
async fn read(request: Request, app: &App) -> Result<Bytes, Error> {
    let (mut parts, body) = request.into_parts();
    let mut reading = pin!(read_body(body, MAX_BODY));
    let read = if let Some(read) = poll_immediate(&mut reading).await {
        read
    } else {
        let read = reading.await;
        // The client may have held the body back since it was authorized.
        authorize_again(app, &mut parts).await?;
        read
    };
    Ok(read?)
}

/// Compatible clients send no body or `{}` without parameters.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let refuse = |cause: &dyn Display| {
        Refusal::invalid("invalid_body", format!("Invalid request body: {cause}"))
    };
    let text = match bytes.trim_ascii() {
        b"" => b"{}",
        text => text,
    };
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = UniqueMembers.deserialize(&mut json);
    let value = read.and_then(|value| json.end().map(|()| value));
    let value = value.map_err(|cause| refuse(&cause))?;
    serde_path_to_error::deserialize(StrictValue(&value)).map_err(|error| {
        let path = error.path().to_string();
        refuse(&error.into_inner().describe(&path))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Body {
        #[serde(default)]
        user_subscription_ids: Vec<String>,
        node: Option<Node>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Node {
        name: String,
        port: Option<u16>,
        cloud: Option<Handle>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Handle {
        Azure { nic_id: String },
        None,
    }

    fn message(text: &str) -> String {
        parse::<Body>(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn nothing_counts_as_an_empty_object() {
        for text in ["", " \n", "{}", r#"{"more": 1}"#] {
            let body: Body = parse(text.as_bytes()).unwrap();
            assert_eq!(
                body,
                Body {
                    user_subscription_ids: vec![],
                    node: None,
                }
            );
        }
    }

    #[test]
    fn a_wrong_member_is_named() {
        insta::assert_snapshot!(
            message(r#"{"user_subscription_ids": ["a", 1]}"#),
            @"Invalid request body: `user_subscription_ids[1]` must be a string, but is the number 1"
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

    #[test]
    fn an_object_is_never_read_from_a_list() {
        for text in [
            "[]",
            "[[]]",
            r#"[["a"], null]"#,
            "7",
            r#""text""#,
            "true",
            "null",
        ] {
            let said = message(text);
            let begins = "Invalid request body: it must be an object, but is ";
            assert!(said.starts_with(begins), "{text}: {said}");
        }
        insta::assert_snapshot!(
            message(r#"{"node": ["n1"]}"#),
            @"Invalid request body: `node` must be an object, but is a list"
        );
        insta::assert_snapshot!(
            message(r#"{"node": {"name": "n1", "cloud": {"azure": ["/nic"]}}}"#),
            @"Invalid request body: `node.cloud.azure` must be an object, but is a list"
        );
    }

    #[test]
    fn members_are_named_in_the_words_of_json() {
        let full = r#"{"node": {"name": "n1", "port": 80, "cloud": {"azure": {"nic_id": "/n"}}}}"#;
        assert!(parse::<Body>(full.as_bytes()).is_ok());
        let none = r#"{"node": {"name": "n1", "port": null, "cloud": "none"}}"#;
        assert!(parse::<Body>(none.as_bytes()).is_ok());
        let said = [
            r#"{"node": {"name": "n1", "port": 99999}}"#,
            r#"{"node": {"name": "n1", "port": -1.5}}"#,
            r#"{"node": {"name": "n1", "port": 80.0}}"#,
            r#"{"node": {}}"#,
            r#"{"node": {"name": "n1", "prot": 1}}"#,
            r#"{"node": {"name": "n1", "cloud": "moon"}}"#,
            r#"{"node": {"name": "n1", "cloud": {}}}"#,
            r#"{"node": {"name": "n1"}, "node": {"name": "n2"}}"#,
        ]
        .map(message);
        insta::assert_snapshot!(said.join("\n"), @r"
        Invalid request body: `node.port` must be a whole number from 0 to 65535, but is the number 99999
        Invalid request body: `node.port` must be a whole number from 0 to 65535, but is the number -1.5
        Invalid request body: `node.port` must be a whole number from 0 to 65535, but is the number 80.0
        Invalid request body: `node` lacks the member `name`
        Invalid request body: `node.prot` is not a member there. Valid members: name, port, cloud
        Invalid request body: `node.cloud` is `moon`. Valid values: azure, none
        Invalid request body: `node.cloud` must be an object with exactly one member, but is an object
        Invalid request body: member `node` is given twice at line 1 column 48
        ");
    }

    #[test]
    fn a_refusal_quotes_one_short_line() {
        let long = "x".repeat(1_000_000);
        for text in [
            format!(r#"{{"node": "{long}"}}"#),
            format!(r#"{{"node": {{"{long}": 1}}}}"#),
            format!(r#"{{"node": {{"name": "n1", "cloud": "{long}"}}}}"#),
            format!(r#"{{"{long}": 1, "{long}": 2}}"#),
        ] {
            let said = message(&text);
            assert!(said.len() < 400 && !said.contains('\n'), "{said}");
        }
    }
}
