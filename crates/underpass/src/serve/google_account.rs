//! Driver of an account in Google Cloud.

use std::sync::Arc;

use underpass_clouds::google::{Credentials, Google, Options};
use underpass_clouds::{Cloud, Counters};
use underpass_model::cloud::Provider;

use super::transport::transport;
use crate::config::{GoogleAccount, GoogleCredentials};
use crate::failure::Failure;

/// Builds the driver.
///
/// # Errors
/// If the credentials or the roots cannot be read.
pub(super) fn google(
    account: &GoogleAccount,
    counters: &Arc<Counters>,
) -> Result<Arc<dyn Cloud>, Failure> {
    let transport = transport(Provider::Google, account.ca_file.as_deref(), counters)?;
    let credentials = match &account.credentials {
        GoogleCredentials::Key(key) => Credentials::ServiceAccount(key.read()?),
        GoogleCredentials::AccessToken(token) => Credentials::AccessToken(token.read()?),
        GoogleCredentials::Metadata(base_url) => Credentials::Metadata {
            base_url: base_url.clone(),
        },
    };
    let options = Options {
        base_url: account.api.clone(),
        project: account.project.clone(),
        credentials,
    };
    let google =
        Google::new(options, transport).map_err(|error| Failure::caused("use key_file", &error))?;
    Ok(Arc::new(google))
}
