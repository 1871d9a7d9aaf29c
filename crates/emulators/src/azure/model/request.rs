//! Requests to the resource manager.

use serde::{Deserialize, Serialize};

/// The principal that the bearer token proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The Entra tenant of the token, a GUID in lower case.
    pub tenant: String,
    /// The client ID of the service principal.
    pub client: String,
}

/// A request to the resource manager, after authentication and decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// HTTP method in upper case.
    pub method: String,
    /// The percent-decoded path, for instance `/subscriptions/…/providers/Microsoft.Network/…`.
    pub path: String,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The `If-Match` header as sent.
    pub if_match: Option<String>,
    /// The `If-None-Match` header as sent.
    pub if_none_match: Option<String>,
    /// JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
    /// The caller; `None` if the token is missing or not valid, which is answered with 401.
    pub caller: Option<Caller>,
}
