//! Refused requests, and their replies in the format of the API.

use serde_json::{Value, json};

use super::id::ResourceId;
use super::request::Reply;

/// Maximum length of a value quoted in a message, in characters; the rest is cut.
const MAX_QUOTED: usize = 200;

/// A refused request; becomes an error reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    reason: String,
    message: String,
    /// The header of the request that is refused.
    location: Option<&'static str>,
    /// True if the body cannot be read; the reply then also has the newer form of errors.
    of_payload: bool,
    headers: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal with this status, reason and message.
    pub(super) fn new(status: u16, reason: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            reason: reason.to_owned(),
            message: message.into(),
            location: None,
            of_payload: false,
            headers: Vec::new(),
        }
    }

    /// The value of a member of the body is invalid.
    pub(super) fn field(field: &str, value: &Value, why: &str) -> Refusal {
        Refusal::parameter(&format!("resource.{field}"), &quoted(value), why)
    }

    /// The text of a member of the body is invalid.
    pub(super) fn text(field: &str, text: &str, why: &str) -> Refusal {
        Refusal::parameter(&format!("resource.{field}"), &truncated(text), why)
    }

    /// The value of a parameter is invalid.
    pub(super) fn parameter(name: &str, value: &str, why: &str) -> Refusal {
        let message = format!(
            "Invalid value for field '{name}': '{}'. {why}",
            truncated(value)
        );
        Refusal::new(400, "invalid", message)
    }

    /// The body has a member that the API does not describe; `path` is its object.
    pub(super) fn unknown_name(name: &str, path: &str) -> Refusal {
        let name = truncated(name);
        let place = match path {
            "" => String::new(),
            path => format!(" at '{path}'"),
        };
        let message = format!(
            "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
        );
        let mut refusal = Refusal::new(400, "badRequest", message);
        refusal.of_payload = true;
        refusal
    }

    /// A required member of the body is absent.
    pub(super) fn required(field: &str) -> Refusal {
        let message = format!("Required field 'resource.{field}' not specified.");
        Refusal::new(400, "required", message)
    }

    /// The resource does not exist.
    pub(super) fn not_found(path: &impl std::fmt::Display) -> Refusal {
        let message = format!(
            "The resource '{}' was not found",
            truncated(&path.to_string())
        );
        Refusal::new(404, "notFound", message)
    }

    /// A resource of this name exists.
    pub(super) fn already_exists(id: &ResourceId) -> Refusal {
        let message = format!("The resource '{id}' already exists");
        Refusal::new(409, "alreadyExists", message)
    }

    /// An operation is open on the resource.
    pub(super) fn not_ready(id: &ResourceId) -> Refusal {
        let message = format!("The resource '{id}' is not ready");
        Refusal::new(400, "resourceNotReady", message)
    }

    /// Another resource uses the resource.
    pub(super) fn in_use(id: &ResourceId, user: &ResourceId) -> Refusal {
        let label = id.kind.label();
        Refusal::new(
            400,
            "resourceInUseByAnotherResource",
            format!("The {label} resource '{id}' is already being used by '{user}'"),
        )
    }

    /// The fingerprint is absent or outdated.
    pub(super) fn condition_not_met() -> Refusal {
        Refusal::outdated("Invalid fingerprint.")
    }

    /// The fingerprint of the labels is absent or outdated (reported: google-cloud-go#7802).
    pub(super) fn labels_changed() -> Refusal {
        Refusal::outdated("Labels fingerprint either invalid or resource labels have changed")
    }

    fn outdated(message: &str) -> Refusal {
        let mut refusal = Refusal::new(412, "conditionNotMet", message);
        refusal.location = Some("If-Match");
        refusal
    }

    /// The caller lacks a permission.
    pub(super) fn forbidden(permission: &str, path: &impl std::fmt::Display) -> Refusal {
        let path = truncated(&path.to_string());
        let message = format!("Required '{permission}' permission for '{path}'");
        Refusal::new(403, "forbidden", message)
    }

    /// The credentials are missing or invalid.
    pub(super) fn unauthenticated(reason: &str, message: &str) -> Refusal {
        let mut refusal = Refusal::new(401, reason, message);
        refusal.location = Some("Authorization");
        let challenge = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
        refusal.header("www-authenticate", challenge)
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Refusal {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        let mut error = json!({
            "message": refusal.message,
            "domain": "global",
            "reason": refusal.reason,
        });
        if let (Some(header), Some(members)) = (refusal.location, error.as_object_mut()) {
            members.insert("locationType".to_owned(), json!("header"));
            members.insert("location".to_owned(), json!(header));
        }
        let mut body = json!({ "error": {
            "code": refusal.status,
            "message": refusal.message,
            "errors": [error],
        } });
        if let (true, Some(Value::Object(error))) = (refusal.of_payload, body.get_mut("error")) {
            error.insert("status".to_owned(), json!("INVALID_ARGUMENT"));
            let details = json!([{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "description": refusal.message }],
            }]);
            error.insert("details".to_owned(), details);
        }
        Reply {
            status: refusal.status,
            headers: refusal.headers,
            body: Some(body),
        }
    }
}

/// Returns a value as messages quote it.
fn quoted(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => truncated(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            truncated(&value.to_string())
        }
    }
}

/// Returns a text as messages quote it.
pub(super) fn truncated(text: &str) -> String {
    text.chars().take(MAX_QUOTED).collect()
}
