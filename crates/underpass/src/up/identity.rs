//! Accounts of the provider and the default consumer in the emulated clouds.
//!
//! The IDs are fixed, so that scripts and documents can contain them; only the provider's secrets
//! are random. In Azure, IDs of the provider begin with `1`, and those of the default consumer
//! with `2`.

use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use crate::azure::Login;
use crate::failure::Failure;
use crate::ids;

/// Names of the emulated clouds' accounts in Underpass.
pub(super) const AZURE_ACCOUNT: &str = "azure";
pub(super) const GOOGLE_ACCOUNT: &str = "google";

/// The provider's tenant.
const TENANT: &str = "10000000-0000-4000-8000-000000000001";
/// The provider's service principal.
const CLIENT_ID: &str = "10000000-0000-4000-8000-000000000002";
/// The provider's subscription.
const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";
/// The control plane's service principal, if it has a role of its own.
pub(super) const CONTROL_PLANE_CLIENT_ID: &str = "10000000-0000-4000-8000-000000000004";
/// The default consumer's tenant.
pub(crate) const CONSUMER_TENANT: &str = "20000000-0000-4000-8000-000000000001";
/// The default consumer's subscription.
pub(crate) const CONSUMER_SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

pub(super) const SECRET_FILE: &str = "azure-provider.secret";

/// The provider's project in Google.
pub(crate) const GOOGLE_PROJECT: &str = "underpass-provider";
/// The default consumer's project in Google.
pub(crate) const GOOGLE_CONSUMER_PROJECT: &str = "underpass-consumer";

pub(super) const TOKEN_FILE: &str = "google-provider.token";

/// The provider's account in Azure, with which the control plane signs in.
#[derive(Debug, Clone)]
pub(crate) struct AzureProvider {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) subscription: String,
    pub(crate) secret: Secret,
    pub(crate) secret_file: PathBuf,
}

impl AzureProvider {
    /// Reads the secret in a directory; generates it the first time.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        private_file::create_directory(directory)?;
        let secret_file = directory.join(SECRET_FILE);
        let secret = secret(&secret_file)?;
        Ok(Self {
            tenant: TENANT.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            subscription: SUBSCRIPTION.to_owned(),
            secret,
            secret_file,
        })
    }

    /// Its login.
    pub(crate) fn login(&self) -> Login {
        Login {
            tenant: self.tenant.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.secret.clone(),
        }
    }
}

/// The provider's account in Google, authenticated by a token.
#[derive(Debug, Clone)]
pub(crate) struct GoogleProvider {
    pub(crate) token: Secret,
    pub(crate) token_file: PathBuf,
}

impl GoogleProvider {
    /// Reads the token in a directory; generates it the first time.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        private_file::create_directory(directory)?;
        Self::in_file(&directory.join(TOKEN_FILE))
    }

    /// Reads the token in a file; generates it if there is none.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(crate) fn in_file(token_file: &Path) -> Result<Self, Failure> {
        Ok(Self {
            token: secret(token_file)?,
            token_file: token_file.to_owned(),
        })
    }
}

/// Reads the secret in a file; generates it if there is none.
fn secret(file: &Path) -> Result<Secret, Failure> {
    if let Some(secret) = private_file::read_to_string(file)? {
        return Ok(Secret::new(secret.trim().to_owned()));
    }
    let secret = ids::secret()?;
    private_file::write(file, format!("{secret}\n").as_bytes())?;
    Ok(Secret::new(secret))
}
