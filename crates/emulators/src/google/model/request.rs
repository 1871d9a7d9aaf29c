//! Requests to the model and its replies.

use serde::{Deserialize, Serialize};

/// Who is calling, as the bearer token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// Nobody in particular: no token was sent. May act in every project but the provider's.
    Anonymous,
    /// The provider, by a token of its own: may act in its project alone.
    Provider,
    /// A token that is not valid; answered 401.
    Unknown,
}

/// One request to Compute Engine, after authentication and body decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Upper-case HTTP method.
    pub method: String,
    /// The percent-decoded path, with or without `/compute/v1` before `/projects/…`.
    pub path: String,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
    /// Who calls.
    pub caller: Caller,
}

impl Request {
    /// The value of a query parameter; an empty one counts as absent.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(it, value)| it == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

/// The answer to a [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Headers in order, names lower case; `content-type` is the shell's to add.
    pub headers: Vec<(String, String)>,
    /// The JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
}

impl Reply {
    /// Status 200 with a document.
    pub(super) fn ok(body: serde_json::Value) -> Reply {
        Reply {
            status: 200,
            headers: Vec::new(),
            body: Some(body),
        }
    }
}
