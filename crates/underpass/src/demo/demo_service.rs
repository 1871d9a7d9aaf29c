//! A service of the story: what is published, and how to tell that it is reached.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::environment::Environment;
use super::http_service::HttpService;
use super::postgres::Postgres;
use crate::client::text;
use crate::failure::Failure;

/// A service that runs on this machine, and the name it is published by.
pub(super) struct DemoService {
    name: &'static str,
    server: Server,
}

/// What runs.
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

    /// The service's name.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// The service's type.
    pub(super) const fn kind(&self) -> &'static str {
        match &self.server {
            Server::Http(_) => "grafana",
            Server::Postgres(_) => "pg",
        }
    }

    /// The component that is published.
    pub(super) const fn component(&self) -> &'static str {
        self.kind()
    }

    /// The port that it listens on, here and on the link.
    pub(super) const fn port(&self) -> u16 {
        match &self.server {
            Server::Http(service) => service.address().port(),
            Server::Postgres(server) => server.address().port(),
        }
    }

    /// Where the service runs, as `POST …/service` takes it.
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

    /// Whether it needs a certificate before it can start.
    pub(super) const fn needs_certificate(&self) -> bool {
        matches!(self.server, Server::Postgres(_))
    }

    /// Starts what waits for its certificate.
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

    /// Ends a server that was started.
    pub(super) async fn stop(&self) {
        if let Server::Postgres(server) = &self.server {
            server.stop().await;
        }
    }

    /// Talks to the service through an endpoint; fails unless it is this service that answers.
    /// Gives a flow that stays open, where the protocol is simple enough to hold one.
    pub(super) async fn call(
        &self,
        endpoint: Ipv4Addr,
        host: &str,
    ) -> Result<Option<TcpStream>, Failure> {
        let at = SocketAddr::from((endpoint, self.port()));
        match &self.server {
            Server::Http(service) => service.ask(at, host).await.map(Some),
            Server::Postgres(server) => server.ask(at, host).await.map(|()| None),
        }
    }

    /// How the talk went, for people.
    pub(super) const fn proof(&self) -> &'static str {
        match &self.server {
            Server::Http(_) => "first byte: an HTTP client gets the service's own words",
            Server::Postgres(_) => "psql gets an answer, with sslmode=verify-full",
        }
    }
}
