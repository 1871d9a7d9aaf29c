//! An emulated Azure on free ports, and clients that trust it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use underpass_emulators::Secret;
use underpass_emulators::azure::{Error, Handle, Options};

pub(crate) const TENANT: &str = "10000000-0000-4000-8000-000000000001";
pub(crate) const CLIENT: &str = "10000000-0000-4000-8000-000000000002";
pub(crate) const SUBSCRIPTION: &str = "10000000-0000-4000-8000-000000000003";
pub(crate) const SECRET: &str = "a secret of this test";
pub(crate) const CONSUMER_TENANT: &str = "20000000-0000-4000-8000-000000000001";
pub(crate) const CONSUMER_SUBSCRIPTION: &str = "20000000-0000-4000-8000-000000000003";

/// Api-version of the requests: that of the driver.
const API_VERSION: &str = "2024-05-01";

pub(crate) struct Emulator {
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), Error>>,
}

/// An API client with a token.
pub(crate) struct ApiClient<'a> {
    emulator: &'a Emulator,
    token: String,
}

pub(crate) fn options(directory: &Path) -> Options {
    Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: directory.to_owned(),
        operation_delay: Duration::ZERO,
        further_regions: BTreeSet::new(),
        consumer_cidr: Some("127.82.0.0/16".parse().unwrap()),
        metadata_listen: None,
        consumer_dns: None,
        provider_tenant: TENANT.to_owned(),
        provider_client: CLIENT.to_owned(),
        application: None,
        provider_secret: Secret::new(SECRET),
        provider_subscription: SUBSCRIPTION.to_owned(),
        public_host: None,
    }
}

impl Emulator {
    pub(crate) async fn start(directory: &Path) -> Self {
        Self::start_with(options(directory)).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        // Another test of this process may have installed the provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = options.build().await.unwrap();
        let handle = service.handle();
        let ca = std::fs::read(handle.ca_path()).unwrap();
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(&ca).unwrap()])
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(service.run(stopped));
        Self {
            handle,
            client,
            stop,
            running,
        }
    }

    /// Shuts the emulator down and waits for its end.
    pub(crate) async fn stop(self) {
        drop(self.client);
        self.stop.send(true).unwrap();
        self.running.await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.handle.base_url())
    }

    /// Requests a token with a form.
    pub(crate) async fn request_token(&self, path: &str, form: &str) -> (StatusCode, Value) {
        let request = self.client.post(self.url(path)).body(form.to_owned());
        let reply = request.send().await.unwrap();
        (reply.status(), reply.json().await.unwrap())
    }

    pub(crate) async fn provider(&self) -> ApiClient<'_> {
        self.api_client(TENANT, CLIENT, SECRET).await
    }

    pub(crate) async fn consumer(&self) -> ApiClient<'_> {
        self.api_client(CONSUMER_TENANT, "app", "anything").await
    }

    pub(crate) async fn api_client(
        &self,
        tenant: &str,
        client: &str,
        secret: &str,
    ) -> ApiClient<'_> {
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}\
             &scope=https%3A%2F%2Fmanagement.azure.com%2F.default"
        );
        let (status, reply) = self
            .request_token(&format!("/{tenant}/oauth2/v2.0/token"), &form)
            .await;
        assert_eq!(status, 200, "{reply}");
        ApiClient {
            emulator: self,
            token: reply["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// Sends a request to an admin route.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.handle.admin_url());
        let mut request = self
            .client
            .request(method, url)
            .bearer_auth(self.handle.admin_secret().reveal());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        assert!(
            reply.status().is_success(),
            "{}",
            reply.text().await.unwrap()
        );
        let text = reply.text().await.unwrap();
        if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        }
    }

    /// Maps a NIC to an address of this machine.
    pub(crate) async fn map_host(&self, nic: &str, host: &str) {
        self.admin(
            Method::PUT,
            "/hosts",
            Some(json!({ "nic": nic, "host": host })),
        )
        .await;
    }
}

impl ApiClient<'_> {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = self
            .emulator
            .url(&format!("{path}?api-version={API_VERSION}"));
        let mut request = self
            .emulator
            .client
            .request(method, url)
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// Sends a PUT that must be accepted; returns the document of the reply.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        let reply = self.send(Method::PUT, path, Some(body)).await;
        let status = reply.status();
        let document: Value = reply.json().await.unwrap();
        assert!(status.is_success(), "PUT {path}: {status} {document:#}");
        document
    }

    /// Sends a GET for an existing resource; returns the document.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.send(Method::GET, path, None).await;
        let status = reply.status();
        let document: Value = reply.json().await.unwrap();
        assert_eq!(status, 200, "GET {path}: {document:#}");
        document
    }

    pub(crate) async fn delete(&self, path: &str) -> StatusCode {
        self.send(Method::DELETE, path, None).await.status()
    }
}
