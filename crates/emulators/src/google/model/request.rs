//! Requests to the model and its replies.

use serde::{Deserialize, Serialize};

pub use crate::reply::Reply;
use crate::weather::target;

/// The caller, identified by the bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Caller {
    /// A caller without a token; may use every project except the provider's.
    Anonymous,
    /// The provider; may use its own project only, and has all permissions there.
    Provider,
    /// A service account, by its email address, or a federated identity; may use the provider's
    /// project only, by its roles if it has any.
    Principal(String),
    /// A caller with an invalid token; the reply is 401.
    Unknown,
}

/// A request to Compute Engine, after authentication and body decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Upper-case HTTP method.
    pub method: String,
    /// The percent-decoded path, with or without `/compute/v1` before `/projects/…`.
    pub path: String,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The JSON body; `None` if it is empty.
    pub body: Option<serde_json::Value>,
    /// The caller.
    pub caller: Caller,
}

impl Request {
    /// Returns the path with the query: what is read or listed.
    pub(super) fn target(&self) -> String {
        target(&self.path, &self.query)
    }

    /// Returns the value of a query parameter; `None` if it is empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(it, value)| it == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

impl Reply {
    /// A reply with status 200 and a document.
    pub(super) fn ok(body: serde_json::Value) -> Reply {
        Reply {
            status: 200,
            headers: Vec::new(),
            body: Some(body),
        }
    }
}
