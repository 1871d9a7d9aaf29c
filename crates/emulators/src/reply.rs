//! Replies of the models.

/// The reply to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Headers in order, with names in lower case; the shell adds `content-type`.
    /// URLs of Azure's operations begin with the base URL of the configuration.
    pub headers: Vec<(String, String)>,
    /// JSON body; `None` for an empty one.
    pub body: Option<serde_json::Value>,
}
