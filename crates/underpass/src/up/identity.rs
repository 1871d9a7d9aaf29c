//! Who is who in emulated clouds.
//!
//! The ids are fixed, so that scripts and documents can name them; only the providers' secrets are
//! random. In Azure the first group tells them apart: `1…` is the provider, `2…` the ready
//! consumer.

use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;

use crate::failure::Failure;
use crate::{ids, private_file};

/// The provider's tenant.
const TENANT: &str = "10000000-0000-4000-8000-000000000001";
/// The provider's service principal.
const CLIENT_ID: &str = "10000000-0000-4000-8000-000000000002";
/// The provider's subscription.
const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";
/// The ready consumer's tenant.
pub(crate) const CONSUMER_TENANT: &str = "20000000-0000-4000-8000-000000000001";
/// The ready consumer's subscription.
pub(crate) const CONSUMER_SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

const SECRET_FILE: &str = "azure-provider.secret";

/// The provider's project in Google.
pub(crate) const GOOGLE_PROJECT: &str = "underpass-provider";
/// The ready consumer's project there.
pub(crate) const GOOGLE_CONSUMER_PROJECT: &str = "underpass-consumer";

const TOKEN_FILE: &str = "google-provider.token";

/// The provider, as the control plane signs in.
#[derive(Debug, Clone)]
pub(crate) struct AzureProvider {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) subscription: String,
    pub(crate) secret: Secret,
    pub(crate) secret_file: PathBuf,
}

impl AzureProvider {
    /// Reads the secret of a directory, drawn the first time.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        private_file::make_directory(directory)?;
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
}

/// The provider in emulated Google: whoever holds its token.
#[derive(Debug, Clone)]
pub(crate) struct GoogleProvider {
    pub(crate) token: Secret,
    pub(crate) token_file: PathBuf,
}

impl GoogleProvider {
    /// Reads the token of a directory, drawn the first time.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        private_file::make_directory(directory)?;
        Self::in_file(&directory.join(TOKEN_FILE))
    }

    /// Reads the token of a file, drawn if there is none.
    pub(crate) fn in_file(token_file: &Path) -> Result<Self, Failure> {
        Ok(Self {
            token: secret(token_file)?,
            token_file: token_file.to_owned(),
        })
    }
}

/// The secret in a file, drawn the first time.
fn secret(file: &Path) -> Result<Secret, Failure> {
    if let Some(secret) = private_file::read(file)? {
        return Ok(Secret::new(secret.trim().to_owned()));
    }
    let secret = ids::secret()?;
    private_file::write(file, format!("{secret}\n").as_bytes())?;
    Ok(Secret::new(secret))
}
