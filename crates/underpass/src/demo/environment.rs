//! Environment of a scenario that is common to all clouds: the provider's API and DNS.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use super::cloud::Cloud;
use crate::client::{Client, list, text};
use crate::dns_query;
use crate::failure::Failure;
use crate::settings::Target;
use crate::up::wiring::Up;

/// Pause between reads of a changing state: 5 ms.
pub(super) const POLL: Duration = Duration::from_millis(5);

/// Client of the API, project and DNS server.
pub(super) struct Environment {
    pub(super) client: Client,
    pub(super) project: String,
    pub(super) domain: String,
    dns: SocketAddr,
}

impl Environment {
    /// Environment by the ready line of an `up`.
    ///
    /// # Errors
    /// If the ready line is incomplete or the token cannot be read.
    pub(super) fn of(up: &Up) -> Result<Self, Failure> {
        let ready = up.ready();
        let missing = || Failure::ours("the ready line lacks a member that the demo needs");
        let token = private_file::read_to_string(&ready.token_file)?.ok_or_else(missing)?;
        let token = Secret::new(token.trim().to_owned());
        Ok(Self {
            client: Client::new(Target {
                url: ready.api.clone(),
                token,
                roots: None,
            })?,
            project: ready.project.clone(),
            domain: ready.domain.clone(),
            dns: ready.dns.parse().map_err(|_| missing())?,
        })
    }

    /// Path of a service.
    pub(super) fn service_path<'a>(&'a self, name: &'a str) -> [&'a str; 4] {
        ["project", &self.project, "service", name]
    }

    /// Path of a service's link, or of a path below it.
    pub(super) fn link_path<'a>(
        &'a self,
        cloud: &Cloud,
        name: &'a str,
        below: &[&'a str],
    ) -> Vec<&'a str> {
        let link = ["privatelink", cloud.provider()];
        [&self.service_path(name)[..], &link, below].concat()
    }

    /// Connections of a link, as the compatible API lists them.
    ///
    /// # Errors
    /// If the API refuses the request.
    pub(super) async fn connections(
        &self,
        cloud: &Cloud,
        service: &str,
    ) -> Result<Vec<Value>, Failure> {
        let path = self.link_path(cloud, service, &["connections"]);
        let answer = self.client.get(&path).await?;
        Ok(list(&answer, "connections")?.to_vec())
    }

    /// Waits until the only connection has a state.
    ///
    /// # Errors
    /// If the API refuses a request or lists no connection.
    pub(super) async fn wait_state(
        &self,
        cloud: &Cloud,
        service: &str,
        desired: &str,
    ) -> Result<(), Failure> {
        loop {
            let connections = self.connections(cloud, service).await?;
            let Some(connection) = connections.first() else {
                return Err(Failure::refused("the connection is not listed"));
            };
            if text(connection, "state")? == desired {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Address of a private name; `None` if the name does not exist.
    ///
    /// # Errors
    /// If the DNS server does not answer in time or answers with an error.
    pub(super) async fn resolve(&self, name: &str) -> Result<Option<Ipv4Addr>, Failure> {
        dns_query::resolve(self.dns, name).await
    }
}

/// Waits until an object does not exist any more.
///
/// # Errors
/// If the API refuses a request for another reason.
pub(super) async fn wait_deleted(env: &Environment, path: &[&str]) -> Result<(), Failure> {
    loop {
        match env.client.get(path).await {
            Err(failure) if failure.is_missing() => return Ok(()),
            Err(failure) => return Err(failure),
            Ok(_) => tokio::time::sleep(POLL).await,
        }
    }
}
