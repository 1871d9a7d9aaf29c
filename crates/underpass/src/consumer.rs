//! The ready consumer of an `up`, in either cloud: makes endpoints through the cloud's public API.

use std::net::Ipv4Addr;

use crate::azure::{Arm, Endpoint as AzureEndpoint, Login, NewEndpoint as NewAzureEndpoint};
use crate::failure::Failure;
use crate::google::{Compute, Endpoint as GoogleEndpoint, NewEndpoint as NewGoogleEndpoint};
use crate::http_client::http_client;
use crate::ready::{AzureReady, GoogleReady};

/// The ready consumer. Endpoints are named as the services they lead to.
pub(crate) enum Consumer {
    /// As somebody in its subscription.
    Azure(Arm, AzureReady),
    /// In its project.
    Google(Compute, GoogleReady),
}

/// An endpoint as its owner sees it.
pub(crate) struct Endpoint {
    /// As the provider's side lists it.
    pub(crate) id: String,
    /// The cloud's word.
    pub(crate) status: String,
    /// None while it is being made.
    pub(crate) address: Option<Ipv4Addr>,
}

impl Consumer {
    /// The one in emulated Azure.
    pub(crate) fn azure(ready: &AzureReady) -> Result<Self, Failure> {
        let ca = std::fs::read(&ready.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", ready.ca.display())))?;
        let http = http_client(&ready.url, Some(&ca))?;
        let arm = Arm::new(http, &ready.url, Login::consumer(&ready.consumer_tenant));
        Ok(Self::Azure(arm, ready.clone()))
    }

    /// The one in emulated Google.
    pub(crate) fn google(ready: &GoogleReady) -> Result<Self, Failure> {
        let compute = Compute::new(http_client(&ready.url, None)?, &ready.url, None);
        Ok(Self::Google(compute, ready.clone()))
    }

    /// Asks for a connection to what `handle` names; `message` is for whoever reads it.
    pub(crate) async fn ask(
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
                new.make(compute).await.map(Endpoint::from)
            }
        }
    }

    /// The endpoint of that name, if there is one.
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

    /// Removes the endpoint of that name.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Failure> {
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
