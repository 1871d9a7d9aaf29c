//! Requests to the resource manager.

use serde::{Deserialize, Serialize};

/// Who is calling, as proven by the bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The Entra tenant the token was issued for, a lower-case GUID.
    pub tenant: String,
    /// The service principal's client id.
    pub client: String,
}

/// One request to the resource manager, after authentication and body decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Upper-case HTTP method.
    pub method: String,
    /// The percent-decoded path, for instance `/subscriptions/…/providers/Microsoft.Network/…`.
    pub path: String,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// The `If-Match` header as sent.
    pub if_match: Option<String>,
    /// The JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
    /// Who calls; `None` when the token is missing or not valid (answered 401).
    pub caller: Option<Caller>,
}
