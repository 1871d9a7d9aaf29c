//! Driver of an account in Azure.

use std::sync::Arc;

use underpass_clouds::azure::{Azure, Options};
use underpass_clouds::{Cloud, Counters};
use underpass_model::cloud::Provider;

use super::transport::transport;
use crate::config::AzureAccount;
use crate::failure::Failure;

/// Builds the driver.
///
/// # Errors
/// If the secret or the roots cannot be read.
pub(super) fn azure(
    account: &AzureAccount,
    counters: &Arc<Counters>,
) -> Result<Arc<dyn Cloud>, Failure> {
    let transport = transport(Provider::Azure, account.ca_file.as_deref(), counters)?;
    let options = Options {
        base_url: account.resource_manager.clone(),
        authority: account.authority.clone(),
        scope: account.scope.clone(),
        tenant: account.tenant.clone(),
        subscription: account.subscription.clone(),
        client_id: account.client_id.clone(),
        client_secret: account.secret.read()?,
        resource_group: account.resource_group.clone(),
    };
    Ok(Arc::new(Azure::new(options, transport)))
}
