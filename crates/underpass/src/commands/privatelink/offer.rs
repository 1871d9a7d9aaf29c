//! Single operations on a link, for commands that take several steps.

use std::time::Duration;

use serde_json::Value;
use underpass_api_types::connection::ConnectionView;
use underpass_model::link::ConnectionState;

use super::connection;
use super::link::{Kind, Link};
use crate::cli::span::WaitArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

/// The link of a service, which may not exist.
pub(in crate::commands) struct Offer<'a>(Link<'a>);

impl<'a> Offer<'a> {
    /// Returns the link of a service in a cloud such as `azure-westeurope`.
    ///
    /// # Errors
    /// A cloud without private links.
    pub(in crate::commands) fn of(
        session: &'a Session,
        cloud: &str,
        service: &'a str,
    ) -> Result<Self, Failure> {
        let kind = Kind::of_cloud(cloud).ok_or_else(|| {
            Failure::refused(format!("services in {cloud} cannot be published privately"))
        })?;
        Ok(Self(Link::of(session, kind, service)))
    }

    /// Reports whether the link exists.
    ///
    /// # Errors
    /// A refusal of the server other than a missing link.
    pub(in crate::commands) async fn exists(&self) -> Result<bool, Failure> {
        match self.0.session.client.get(&self.0.path(&[])).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_missing() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Creates the link.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn create(&self, body: Value) -> Result<(), Failure> {
        let path = self.0.path(&[]);
        self.0.session.client.post(&path, body).await.map(drop)
    }

    /// Waits until the link is active and returns the target for consumers.
    ///
    /// # Errors
    /// A refusal of the server, or the end of the time limit.
    pub(in crate::commands) async fn active(&self, timeout: Duration) -> Result<String, Failure> {
        let link = self.0.wait_active(&wait(timeout)).await?;
        let target = link.content.target().map(str::to_owned);
        target.ok_or_else(|| Failure::ours("the server's answer has no target for an active link"))
    }

    /// Discovers new endpoints now.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn refresh(&self) -> Result<(), Failure> {
        self.0.refresh().await.map(drop)
    }

    /// Returns the connection of an endpoint, if it was discovered.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn connection(
        &self,
        endpoint: &str,
    ) -> Result<Option<ConnectionView>, Failure> {
        let connections = self.0.all_connections().await?;
        // A recreated endpoint is another connection: the last discovered one counts.
        let is_it = |one: &ConnectionView| {
            one.private_endpoint_id.eq_ignore_ascii_case(endpoint)
                && one.state != ConnectionState::Disconnected
        };
        Ok(connections.into_iter().map(|it| it.content).rfind(is_it))
    }

    /// Approves a connection.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn approve(&self, id: &str, body: Value) -> Result<(), Failure> {
        let at = [&self.0.path(&["connections"])[..], &[id, "approve"]].concat();
        self.0.session.client.post(&at, body).await.map(drop)
    }

    /// Sets the endpoint's address.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(in crate::commands) async fn set_address(
        &self,
        id: &str,
        address: &str,
    ) -> Result<(), Failure> {
        connection::set_address(&self.0, id, address)
            .await
            .map(drop)
    }

    /// Waits until a connection is active.
    ///
    /// # Errors
    /// A refusal of the server, or the end of the time limit.
    pub(in crate::commands) async fn connected(
        &self,
        id: &str,
        timeout: Duration,
    ) -> Result<(), Failure> {
        let waited = connection::wait_for(&self.0, id, &["active"], &wait(timeout)).await;
        waited.map(drop)
    }
}

const fn wait(timeout: Duration) -> WaitArgs {
    WaitArgs {
        wait: true,
        timeout,
    }
}
