//! The sources of access tokens.

use underpass_model::credentials::Secret;

/// Address of the metadata server, on every virtual machine of Google.
pub const METADATA_URL: &str = "http://metadata.google.internal";

/// The source of access tokens.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A service account's key file, in Google's JSON format.
    ServiceAccount(Secret),
    /// The machine's metadata server, [`METADATA_URL`]: its default service account.
    Metadata {
        /// Base URL of the server.
        base_url: String,
    },
    /// An access token that the operator renews.
    AccessToken(Secret),
}

/// A service account's key that cannot be used, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the service account's key cannot be used: {0}")]
pub struct BadKey(pub(super) &'static str);
