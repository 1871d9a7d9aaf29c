//! A server on loopback, with limits that fit a test.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use underpass_http_server::{BodyError, Limits, Refused, Server, read_body};
use underpass_net::connections::{ConnectionLimits, Connections, Ended};

/// Longest time for what happens immediately, also on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A limit that ends nothing within a test.
pub(crate) const NEVER: Duration = Duration::from_mins(10);

/// A limit that a test waits for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

/// Largest body.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// A running server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Connections,
    /// Permits of requests to `/held`.
    pub(crate) held: Arc<Semaphore>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) server: JoinHandle<usize>,
}

/// Limits that end nothing.
pub(crate) fn patient() -> Limits {
    Limits {
        head: NEVER,
        body: NEVER,
        body_longest: NEVER,
        idle: NEVER,
        write: NEVER,
    }
}

/// A refusal in the form of this listener.
pub(crate) fn form(status: u16) -> Value {
    json!({ "refused": status })
}

pub(crate) fn render(refused: Refused) -> Value {
    form(refused.status().as_u16())
}

async fn length(body: Body) -> Response {
    match read_body(body, MAX_BODY).await {
        Ok(body) => body.len().to_string().into_response(),
        Err(error) => {
            let status = match error {
                BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                BodyError::CutShort => StatusCode::BAD_REQUEST,
                BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            };
            (status, form(status.as_u16()).to_string()).into_response()
        }
    }
}

impl World {
    pub(crate) async fn new(total: usize, limits: Limits) -> Self {
        Self::with(total, limits, |server| server).await
    }

    /// A world whose clients are those that a proxy on loopback reports.
    pub(crate) async fn behind_proxy(total: usize) -> Self {
        let proxies = vec!["127.0.0.0/8".parse().unwrap()];
        Self::with(total, patient(), |server| server.with_proxies(proxies)).await
    }

    /// A world whose `/fresh` is a probe.
    pub(crate) async fn with_probe(total: usize) -> Self {
        Self::with(total, patient(), |server| server.with_probes(&["/fresh"])).await
    }

    async fn with(total: usize, limits: Limits, more: impl FnOnce(Server) -> Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Connections::new(ConnectionLimits::with_total(total));
        let held = Arc::new(Semaphore::new(0));
        let wait = Arc::clone(&held);
        let router = Router::new()
            .route("/fresh", get(async || "fresh"))
            .route(
                "/client",
                get(async |ConnectInfo(client): ConnectInfo<IpAddr>| client.to_string()),
            )
            .route("/length", post(length))
            .route(
                "/host",
                get(async |headers: axum::http::HeaderMap| {
                    String::from_utf8_lossy(
                        headers.get("host").map_or(&b""[..], |host| host.as_bytes()),
                    )
                    .into_owned()
                }),
            )
            .route("/large", get(async || vec![0_u8; 64 * 1024 * 1024]))
            .route("/refused", get(async || StatusCode::BAD_REQUEST))
            .route(
                "/held",
                get(async move || {
                    wait.acquire().await.unwrap().forget();
                    "held"
                }),
            );
        let (stop, stopped) = watch::channel(false);
        let server = Server::new(connections.clone(), render, DEADLINE).with_limits(limits);
        let server = tokio::spawn(more(server).serve(listener, router, stopped));
        Self {
            address,
            connections,
            held,
            stop,
            server,
        }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Opens a connection and sends `text`.
    pub(crate) async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Sends `text`; returns what is answered until the connection ends.
    pub(crate) async fn exchange(&self, text: &str) -> String {
        read_to_end(self.send(text).await).await
    }

    /// Sends a whole request on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> String {
        let text = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        self.exchange(&text).await
    }

    /// Waits until a number of connections is open.
    pub(crate) async fn until_open(&self, count: usize) {
        let reached = async {
            while self.connections.counts().open != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = timeout(DEADLINE, reached).await;
        assert!(ended.is_ok(), "{:?}", self.connections.counts());
    }

    pub(crate) fn ended(&self, reason: Ended) -> u64 {
        self.connections.counts().ended(reason)
    }
}

/// Reads until the connection ends; a reset is an end, too.
pub(crate) async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;
    let _ended_or_reset = read.expect("the connection ends");
    String::from_utf8(bytes).unwrap()
}

/// Checks status and body of an answer.
pub(crate) fn assert_refused(answer: &str, status: u16) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(body, form(status).to_string(), "{answer}");
}
