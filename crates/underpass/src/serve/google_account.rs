//! Driver of an account in Google Cloud.

use std::sync::Arc;

use underpass_clouds::Transport;
use underpass_clouds::google::{Credentials, Google, Options};

use crate::config::{GoogleAccount, GoogleCredentials};
use crate::failure::Failure;

/// Builds the driver.
///
/// # Errors
/// If the credentials cannot be read.
pub(super) fn google(
    account: &GoogleAccount,
    transport: Arc<dyn Transport>,
) -> Result<Google, Failure> {
    let credentials = credentials(account)?;
    let checked = credentials.check();
    checked.map_err(|error| Failure::refused(error.to_string()))?;
    let options = Options {
        base_url: account.api.clone(),
        project: account.project.clone(),
        credentials,
    };
    let google = Google::new(options, transport);
    Ok(google.with_check_apis(&account.resource_manager_api, &account.service_usage_api))
}

/// Returns the way to sign in.
///
/// # Errors
/// If a secret cannot be read.
pub(super) fn credentials(account: &GoogleAccount) -> Result<Credentials, Failure> {
    let own = match &account.credentials {
        GoogleCredentials::File(place) => Credentials::File(place.source()?),
        GoogleCredentials::AccessToken(place) => Credentials::AccessToken(place.read()?),
        GoogleCredentials::Metadata {
            url,
            service_account,
        } => Credentials::Metadata {
            base_url: url.clone(),
            service_account: service_account.clone(),
        },
    };
    Ok(match &account.impersonation {
        None => own,
        Some(impersonation) => Credentials::Impersonation {
            source: Box::new(own),
            service_account: impersonation.service_account.clone(),
            delegates: impersonation.delegates.clone(),
            base_url: impersonation.api.clone(),
        },
    })
}
