//! The ways to sign in to Google Cloud.

use underpass_model::credentials::Secret;

use super::credentials_file::CredentialsFile;
use crate::secret_source::{BadSecret, SecretSource};

/// Address of the metadata server, on every virtual machine of Google.
pub const METADATA_URL: &str = "http://metadata.google.internal";

/// Address of the API that issues tokens for other service accounts.
pub const IAM_CREDENTIALS_URL: &str = "https://iamcredentials.googleapis.com";

/// A way to sign in.
///
/// | Where Underpass runs | Way |
/// |---|---|
/// | a virtual machine or a cluster (GKE) of Google | [`Metadata`](Self::Metadata): no secret |
/// | another cloud, or a Kubernetes cluster whose tokens Google trusts | [`File`](Self::File) of type `external_account`: no lasting secret |
/// | elsewhere | [`File`](Self::File) of type `service_account` |
/// | any of these, with rights of another service account | [`Impersonation`](Self::Impersonation) |
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A file in Google's JSON format: the key of a service account (`service_account`), or a
    /// configuration of workload identity federation (`external_account`, with a file or URL as
    /// source of the other issuer's token).
    File(SecretSource),
    /// The machine's metadata server.
    Metadata {
        /// Base URL of the server, [`METADATA_URL`] unless it is emulated.
        base_url: String,
        /// The email address of one of the machine's service accounts; `None`: the default one.
        service_account: Option<String>,
    },
    /// A service account whose tokens the source may issue (role
    /// `roles/iam.serviceAccountTokenCreator`).
    Impersonation {
        /// The way to sign in first.
        source: Box<Credentials>,
        /// The email address of the service account.
        service_account: String,
        /// Service accounts in between, each of which may issue tokens of the next.
        delegates: Vec<String>,
        /// Base URL of the API, [`IAM_CREDENTIALS_URL`] unless it is emulated.
        base_url: String,
    },
    /// An access token that the operator renews.
    AccessToken(Secret),
}

impl Credentials {
    /// Reads the file and its key, without a call to the provider.
    ///
    /// # Errors
    /// It cannot be used; the error names the file and the reason, never the content.
    pub fn check(&self) -> Result<(), BadSecret> {
        match self {
            Self::File(source) => CredentialsFile::read(source).map(drop),
            Self::Metadata { .. } | Self::AccessToken(_) => Ok(()),
            Self::Impersonation { source, .. } => source.check(),
        }
    }
}
