//! The ways to sign in to Microsoft Entra.

use std::path::PathBuf;

use super::certificate::ClientCertificate;
use crate::secret_source::{BadSecret, SecretSource};

/// Address of the instance metadata service, on every virtual machine of Azure.
pub const IMDS_URL: &str = "http://169.254.169.254";

/// A way to sign in.
///
/// | Where Underpass runs | Way |
/// |---|---|
/// | a virtual machine or scale set of Azure | [`ManagedIdentity`](Self::ManagedIdentity): no secret |
/// | a Kubernetes cluster or another cloud whose tokens Entra trusts | [`WorkloadIdentity`](Self::WorkloadIdentity): no lasting secret |
/// | elsewhere | [`ClientCertificate`](Self::ClientCertificate), or [`ClientSecret`](Self::ClientSecret) |
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An app registration with a client secret.
    ClientSecret {
        /// The tenant of the app, a GUID or a domain name.
        tenant: String,
        /// The app's (client) ID.
        client_id: String,
        /// The secret's value, not its ID.
        secret: SecretSource,
    },
    /// An app registration with a certificate. Its key signs an assertion, and never leaves this
    /// machine.
    ClientCertificate {
        /// The tenant of the app.
        tenant: String,
        /// The app's (client) ID.
        client_id: String,
        /// PEM with the private key (RSA, not encrypted) and its certificate, in any order.
        pem: SecretSource,
    },
    /// Workload identity federation: a token of another issuer, which the app registration or
    /// managed identity trusts.
    WorkloadIdentity {
        /// The tenant of the app or identity.
        tenant: String,
        /// The client ID of the app or identity.
        client_id: String,
        /// The file with the other issuer's token (Kubernetes: `AZURE_FEDERATED_TOKEN_FILE`). It is
        /// read for every request, because its issuer replaces it.
        token_file: PathBuf,
    },
    /// The managed identity of this virtual machine.
    ManagedIdentity {
        /// The client ID of a user-assigned identity; `None`: the identity that is system-assigned,
        /// or the only one.
        client_id: Option<String>,
        /// The instance metadata service, [`IMDS_URL`] unless it is emulated.
        endpoint: String,
    },
}

impl Credentials {
    /// Reads the files and keys, without a call to the provider.
    ///
    /// # Errors
    /// One cannot be used; the error names the file and the reason, never the content.
    pub fn check(&self) -> Result<(), BadSecret> {
        match self {
            Self::ClientSecret { secret, .. } => secret.read().map(drop),
            Self::ClientCertificate { pem, .. } => ClientCertificate::read(pem).map(drop),
            Self::WorkloadIdentity { token_file, .. } => {
                SecretSource::File(token_file.clone()).read().map(drop)
            }
            Self::ManagedIdentity { .. } => Ok(()),
        }
    }
}
