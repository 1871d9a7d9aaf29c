//! Default consumer of an `up` in either cloud: creates endpoints through the cloud's public API.

use std::net::Ipv4Addr;

use crate::azure::{Arm, Endpoint as AzureEndpoint, Login, NewEndpoint as NewAzureEndpoint};
use crate::failure::Failure;
use crate::google::{Compute, Endpoint as GoogleEndpoint, NewEndpoint as NewGoogleEndpoint};
use crate::http_client::{Trust, http_client};
use crate::ready::{AzureReady, GoogleReady};

/// The default consumer. Its endpoints have the names of the services they connect to.
pub(crate) enum Consumer {
    /// Client in its subscription.
    Azure(Arm, AzureReady),
    /// Client in its project.
    Google(Compute, GoogleReady),
}

/// An endpoint, as its consumer reads it.
pub(crate) struct Endpoint {
    /// ID of the endpoint, as the provider's cloud resource lists it.
    pub(crate) id: String,
    /// Status, in the cloud's spelling.
    pub(crate) status: String,
    /// `None` while the endpoint is being created.
    pub(crate) address: Option<Ipv4Addr>,
}

impl Consumer {
    /// The default consumer in emulated Azure.
    ///
    /// # Errors
    /// If the certificate authority cannot be read, or no HTTP client can be set up.
    pub(crate) fn azure(ready: &AzureReady) -> Result<Self, Failure> {
        let ca = std::fs::read(&ready.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", ready.ca.display())))?;
        let http = http_client(&ready.url, Trust::Only(&ca))?;
        let arm = Arm::new(http, &ready.url, Login::consumer(&ready.consumer_tenant));
        Ok(Self::Azure(arm, ready.clone()))
    }

    /// The default consumer in emulated Google.
    ///
    /// # Errors
    /// If no HTTP client can be set up.
    pub(crate) fn google(ready: &GoogleReady) -> Result<Self, Failure> {
        let compute = Compute::new(http_client(&ready.url, Trust::System)?, &ready.url, None);
        Ok(Self::Google(compute, ready.clone()))
    }

    /// Requests a connection: creates an endpoint to an alias or service attachment, with a message.
    ///
    /// # Errors
    /// If the cloud refuses a request.
    pub(crate) async fn request_connection(
        &self,
        name: &str,
        handle: &str,
        message: &str,
    ) -> Result<Endpoint, Failure> {
        match self {
            Self::Azure(arm, ready) => {
                let new = NewAzureEndpoint {
                    location: &ready.consumer_location,
                    subnet: &ready.consumer_subnet,
                    target: handle,
                    address: None,
                    message: Some(message),
                };
                let shown = arm.put(&self.path(name), new.body()).await?;
                AzureEndpoint::read(arm, &shown).await.map(Endpoint::from)
            }
            Self::Google(compute, ready) => {
                let new = NewGoogleEndpoint {
                    name,
                    project: &ready.consumer_project,
                    region: &ready.region,
                    network: &ready.consumer_network,
                    subnet: &ready.consumer_subnet,
                    target: handle,
                    address: None,
                    message: Some(message),
                };
                new.create(compute).await.map(Endpoint::from)
            }
        }
    }

    /// Reads the endpoint of that name; `None` if it does not exist.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses the request.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Endpoint>, Failure> {
        let path = self.path(name);
        Ok(match self {
            Self::Azure(arm, _) => match arm.get(&path).await? {
                Some(shown) => Some(AzureEndpoint::read(arm, &shown).await?.into()),
                None => None,
            },
            Self::Google(compute, _) => match compute.get(&path).await? {
                Some(shown) => Some(GoogleEndpoint::read(compute, &shown).await?.into()),
                None => None,
            },
        })
    }

    /// Deletes the endpoint of that name.
    ///
    /// # Errors
    /// If the cloud refuses a request.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), Failure> {
        let path = self.path(name);
        match self {
            Self::Azure(arm, _) => arm.delete(&path).await.map(drop),
            Self::Google(compute, _) => GoogleEndpoint::delete(compute, &path).await,
        }
    }

    fn path(&self, name: &str) -> String {
        match self {
            Self::Azure(_, ready) => format!(
                "/subscriptions/{}/resourceGroups/consumer/providers/Microsoft.Network/\
                 privateEndpoints/{name}",
                ready.consumer_subscription
            ),
            Self::Google(_, ready) => format!(
                "projects/{}/regions/{}/forwardingRules/{name}",
                ready.consumer_project, ready.region
            ),
        }
    }
}

impl From<AzureEndpoint> for Endpoint {
    fn from(endpoint: AzureEndpoint) -> Self {
        Self {
            address: parsed(endpoint.address.as_deref()),
            id: endpoint.id,
            status: endpoint.status,
        }
    }
}

impl From<GoogleEndpoint> for Endpoint {
    fn from(endpoint: GoogleEndpoint) -> Self {
        Self {
            address: parsed(endpoint.address.as_deref()),
            id: endpoint.id,
            status: endpoint.status,
        }
    }
}

fn parsed(address: Option<&str>) -> Option<Ipv4Addr> {
    address.and_then(|address| address.parse().ok())
}
