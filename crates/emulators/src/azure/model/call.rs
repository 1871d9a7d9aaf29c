//! What crosses the boundary between the model and its shell.

use std::net::IpAddr;
use std::time::Duration;

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

/// The answer to a [`Request`].
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Headers in order; names lower case, `content-type` excepted (the shell adds it).
    /// URLs in `azure-asyncoperation` and `location` begin with [`Configuration::base_url`].
    pub headers: Vec<(String, String)>,
    /// The JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
}

/// What the shell fixes for the model's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// Scheme, host and port that clients use, without a trailing slash.
    pub base_url: String,
    /// The provider's tenant: its `client` alone may act in `subscription`.
    pub provider_tenant: String,
    /// The provider's only service principal.
    pub provider_client: String,
    /// The provider's subscription.
    pub provider_subscription: String,
    /// How long an accepted operation takes; zero answers it finished.
    pub operation_delay: Duration,
}

/// The host a NIC stands for, as told by the emulator's admin route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMapping {
    /// Resource id of the NIC.
    pub nic: String,
    /// The address on this machine where the NIC's ports answer.
    pub host: IpAddr,
}
