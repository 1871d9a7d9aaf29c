//! Service of the demo: its registration, and a client that checks its answer.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::environment::Environment;
use super::http_service::HttpService;
use super::postgres::Postgres;
use crate::client::text;
use crate::failure::Failure;

/// A service that runs on this machine, with its name in the control plane.
pub(super) struct DemoService {
    name: &'static str,
    server: Server,
}

/// Server of a service.
enum Server {
    Http(HttpService),
    Postgres(Box<Postgres>),
}

impl DemoService {
    pub(super) const fn http(name: &'static str, service: HttpService) -> Self {
        let server = Server::Http(service);
        Self { name, server }
    }

    pub(super) fn postgres(name: &'static str, postgres: Postgres) -> Self {
        let server = Server::Postgres(Box::new(postgres));
        Self { name, server }
    }

    /// Name of the service.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Type of the service.
    pub(super) const fn kind(&self) -> &'static str {
        match &self.server {
            Server::Http(_) => "grafana",
            Server::Postgres(_) => "pg",
        }
    }

    /// Component that is published.
    pub(super) const fn component(&self) -> &'static str {
        self.kind()
    }

    /// Port of the component, on this machine and on the link.
    pub(super) const fn port(&self) -> u16 {
        match &self.server {
            Server::Http(service) => service.address().port(),
            Server::Postgres(server) => server.address().port(),
        }
    }

    /// Member `underpass` of `POST …/service`: nodes, components and users.
    pub(super) fn registration(&self) -> Value {
        let users = match &self.server {
            Server::Http(_) => json!([]),
            Server::Postgres(server) => {
                json!([{ "username": "avnadmin", "password": server.password() }])
            }
        };
        json!({
            "nodes": [{ "name": "n1", "address": "127.0.0.1" }],
            "components": [{ "component": self.component(), "port": self.port() }],
            "users": users,
        })
    }

    /// Reports whether it needs a certificate before it can start.
    pub(super) const fn needs_certificate(&self) -> bool {
        matches!(self.server, Server::Postgres(_))
    }

    /// Starts a server that needs a certificate, with one that the control plane issues.
    ///
    /// # Errors
    /// If no certificate is issued or the server does not start.
    pub(super) async fn start(&self, env: &Environment) -> Result<(), Failure> {
        let Server::Postgres(server) = &self.server else {
            return Ok(());
        };
        let path = [
            "underpass",
            "project",
            &env.project,
            "service",
            self.name(),
            "certificate",
        ];
        let body = json!({ "addresses": ["127.0.0.1"] });
        let issued = env.client.post(&path, body).await?;
        let part = |name| text(&issued, name);
        server
            .start(part("certificate")?, part("private_key")?, part("ca")?)
            .await
    }

    /// Stops a server that was started.
    pub(super) async fn stop(&self) {
        if let Server::Postgres(server) = &self.server {
            server.stop().await;
        }
    }

    /// Sends a request through an endpoint. Returns the open connection of an HTTP service.
    ///
    /// # Errors
    /// If the endpoint does not accept the connection, or another service answers.
    pub(super) async fn call(
        &self,
        endpoint: Ipv4Addr,
        host: &str,
    ) -> Result<Option<TcpStream>, Failure> {
        let at = SocketAddr::from((endpoint, self.port()));
        match &self.server {
            Server::Http(service) => service.request(at, host).await.map(Some),
            Server::Postgres(server) => server.query_through(at, host).await.map(|()| None),
        }
    }

    /// Result of a successful request, as printed.
    pub(super) const fn success(&self) -> &'static str {
        match &self.server {
            Server::Http(_) => "an HTTP client receives the response of the service",
            Server::Postgres(_) => "psql receives a result with sslmode=verify-full",
        }
    }
}
