//! Starts an emulated Google on free ports, with clients of its projects.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use underpass_emulators::Secret;
use underpass_emulators::google::{Error, Handle, Options};

use crate::signing::KEY_FILE;

pub(crate) const PROJECT: &str = "underpass-provider";
pub(crate) const CONSUMER: &str = "a-consumer";
pub(crate) const REGION: &str = "europe-west1";
pub(crate) const ZONE: &str = "europe-west1-b";
pub(crate) const TOKEN: &str = "a token of this test";

pub(crate) struct Emulator {
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<(), Error>>,
}

/// An API client of one project, with or without a token.
pub(crate) struct ApiClient<'a> {
    emulator: &'a Emulator,
    project: &'a str,
    token: Option<&'a str>,
}

pub(crate) fn options(directory: &Path) -> Options {
    Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_listen: "127.0.0.1:0".parse().unwrap(),
        proxy_listen: None,
        metadata_listen: None,
        data_dir: directory.to_owned(),
        operation_delay: Duration::ZERO,
        further_regions: BTreeSet::new(),
        status_lag: Duration::ZERO,
        consumer_cidr: Some("127.84.0.0/16".parse().unwrap()),
        provider_project: PROJECT.to_owned(),
        principal: None,
        provider_token: Secret::new(TOKEN),
        service_account: Some(Secret::new(KEY_FILE)),
    }
}

impl Emulator {
    pub(crate) async fn start(directory: &Path) -> Self {
        Self::start_with(options(directory)).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        // Another test of this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let service = options.build().await.unwrap();
        let handle = service.handle();
        let client = Client::builder()
            .timeout(Duration::from_secs(20))
            .no_proxy()
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

    /// Stops the emulator and waits until it has stopped.
    pub(crate) async fn stop(self) {
        drop(self.client);
        self.stop.send(true).unwrap();
        self.running.await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.handle.base_url())
    }

    pub(crate) fn provider(&self) -> ApiClient<'_> {
        ApiClient {
            emulator: self,
            project: PROJECT,
            token: Some(TOKEN),
        }
    }

    pub(crate) fn consumer(&self) -> ApiClient<'_> {
        ApiClient {
            emulator: self,
            project: CONSUMER,
            token: None,
        }
    }

    /// The status of a request to the provider's project with a token.
    pub(crate) async fn status_for(&self, token: &str) -> StatusCode {
        let url = self.url(&format!("/compute/v1/projects/{PROJECT}/global/networks"));
        let request = self.client.get(url).bearer_auth(token);
        request.send().await.unwrap().status()
    }

    /// Sends a request to an admin route, which must succeed.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.handle.admin_url());
        let secret = self.handle.admin_secret().reveal();
        let mut request = self.client.request(method, url).bearer_auth(secret);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let text = reply.text().await.unwrap();
        assert!(status.is_success(), "{text}");
        if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        }
    }
}

impl ApiClient<'_> {
    /// The path of a resource below the client's project, for instance `global/networks`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("projects/{}/{rest}", self.project)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        rest: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let url = self
            .emulator
            .url(&format!("/compute/v1/{}", self.path(rest)));
        let mut request = self.emulator.client.request(method, url);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        (reply.status(), reply.json().await.unwrap())
    }

    /// Sends a write that must succeed immediately; returns its operation.
    async fn change(&self, method: Method, rest: &str, body: Option<Value>) -> Value {
        let (status, operation) = self.send(method, rest, body).await;
        assert_eq!(status, 200, "{rest}: {operation:#}");
        assert_eq!(operation["status"], "DONE", "{rest}: {operation:#}");
        assert!(operation.get("error").is_none(), "{rest}: {operation:#}");
        operation
    }

    pub(crate) async fn post(&self, rest: &str, body: Value) -> Value {
        self.change(Method::POST, rest, Some(body)).await
    }

    pub(crate) async fn patch(&self, rest: &str, body: Value) -> Value {
        self.change(Method::PATCH, rest, Some(body)).await
    }

    pub(crate) async fn delete(&self, rest: &str) -> Value {
        self.change(Method::DELETE, rest, None).await
    }

    pub(crate) async fn get(&self, rest: &str) -> Value {
        let (status, document) = self.send(Method::GET, rest, None).await;
        assert_eq!(status, 200, "{rest}: {document:#}");
        document
    }
}

/// Maps an instance to an address of this machine.
pub(crate) async fn map_host(emulator: &Emulator, instance: &str, host: &str) {
    let body = json!({ "instance": instance, "host": host });
    emulator.admin(Method::PUT, "/hosts", Some(body)).await;
}
