//! Who is who in emulated Azure.
//!
//! The ids are fixed, so that scripts and documents can name them; only the provider's secret is
//! random. The first group tells them apart: `1…` is the provider, `2…` the ready consumer.

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
        let secret = if let Some(secret) = private_file::read(&secret_file)? {
            secret.trim().to_owned()
        } else {
            let secret = ids::secret()?;
            private_file::write(&secret_file, format!("{secret}\n").as_bytes())?;
            secret
        };
        Ok(Self {
            tenant: TENANT.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            subscription: SUBSCRIPTION.to_owned(),
            secret: Secret::new(secret),
            secret_file,
        })
    }
}
