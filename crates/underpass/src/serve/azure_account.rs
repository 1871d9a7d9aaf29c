//! Driver of an account in Azure.

use std::sync::Arc;

use underpass_clouds::azure::{Azure, Credentials, Options};
use underpass_clouds::{SecretSource, Transport};

use crate::config::{AzureAccount, AzureCredentials, AzureProof};
use crate::failure::Failure;

/// Builds the driver.
///
/// # Errors
/// If the credentials cannot be read.
pub(super) fn azure(
    account: &AzureAccount,
    transport: Arc<dyn Transport>,
) -> Result<Azure, Failure> {
    let credentials = credentials(&account.credentials)?;
    let checked = credentials.check();
    checked.map_err(|error| Failure::refused(error.to_string()))?;
    let options = Options {
        base_url: account.resource_manager.clone(),
        authority: account.authority.clone(),
        scope: account.scope.clone(),
        credentials,
        subscription: account.subscription.clone(),
        resource_group: account.resource_group.clone(),
    };
    Ok(Azure::new(options, transport))
}

fn credentials(configured: &AzureCredentials) -> Result<Credentials, Failure> {
    let (tenant, client_id, proof) = match configured {
        AzureCredentials::Application {
            tenant,
            client_id,
            proof,
        } => (tenant.clone(), client_id.clone(), proof),
        AzureCredentials::ManagedIdentity {
            client_id,
            endpoint,
        } => {
            return Ok(Credentials::ManagedIdentity {
                client_id: client_id.clone(),
                endpoint: endpoint.clone(),
            });
        }
    };
    Ok(match proof {
        AzureProof::Secret(place) => Credentials::ClientSecret {
            tenant,
            client_id,
            secret: place.source()?,
        },
        AzureProof::Certificate(path) => Credentials::ClientCertificate {
            tenant,
            client_id,
            pem: SecretSource::File(path.clone()),
        },
        AzureProof::FederatedToken(path) => Credentials::WorkloadIdentity {
            tenant,
            client_id,
            token_file: path.clone(),
        },
    })
}
