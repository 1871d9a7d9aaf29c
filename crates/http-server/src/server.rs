//! Accepts connections and serves HTTP/1.1 on them.
//!
//! The address of the client, or that which a trusted proxy reports, is among the extensions of each
//! request as `ConnectInfo<IpAddr>`.
//!
//! Each connection is a task, so a slow client does not delay others. On shutdown idle connections
//! close, and requests in progress have a time to finish; then the remaining connections are cut.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use underpass_net::connections::{Connection, Connections};

use crate::forwarded;
use crate::guarded_io::GuardedIo;
use crate::limits::{ACCEPT_PAUSE, HANDSHAKE, HEAD_AFTER_SHUTDOWN, HEAD_BYTES, Limits};
use crate::progress::Progress;
use crate::refusal::{Refused, RenderRefusal};
use crate::request_body::RequestBody;
use crate::response_body::ResponseBody;
use crate::tls_identity::TlsIdentity;
use crate::unambiguous::unambiguous;

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct Server {
    connections: Connections,
    limits: Limits,
    render: RenderRefusal,
    drain: Duration,
    proxies: Option<Proxies>,
    probes: Probes,
}

/// Paths that are answered when all connections are.
type Probes = &'static [&'static str];

/// Ranges of the trusted proxies of a listener.
type Proxies = Arc<[IpNet]>;

/// A connection of a client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpConnection {
    connection: Arc<Connection>,
    client: IpAddr,
    probes: Probes,
    limits: Limits,
    render: RenderRefusal,
    shutdown: watch::Receiver<bool>,
    /// The proxies of the listener, if the client is one of them.
    proxies: Option<Proxies>,
}

/// The time limits of a client that asks for a tunnel.
#[derive(Debug)]
pub struct TunnelGuard(Arc<Progress>);

/// Requests of one connection, answered by a router.
struct Answers {
    router: TowerToHyperService<Router>,
    progress: Arc<Progress>,
    render: RenderRefusal,
    proxies: Option<Proxies>,
    client: IpAddr,
    probes: Probes,
}

// === impl Server ===

impl Server {
    /// A server whose connections count among `connections`, and whose refusals `render` writes.
    /// After shutdown, requests in progress have `drain` to finish.
    pub fn new(connections: Connections, render: RenderRefusal, drain: Duration) -> Self {
        Self {
            connections,
            limits: Limits::default(),
            render,
            drain,
            proxies: None,
            probes: &[],
        }
    }

    /// The server that answers these paths also when all connections are being answered.
    #[must_use]
    pub fn with_probes(mut self, paths: &'static [&'static str]) -> Self {
        self.connections = self.connections.with_probes();
        self.probes = paths;
        self
    }

    /// The server behind trusted proxies with addresses in these ranges: it closes connections that are
    /// neither theirs nor of loopback, and the limit per address counts the clients that the proxies
    /// report in `X-Forwarded-For`.
    #[must_use]
    pub fn with_proxies(mut self, ranges: Vec<IpNet>) -> Self {
        self.proxies = Some(ranges.into());
        self
    }

    /// The server with other time limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Serves `router` until `shutdown` turns true or its sender is dropped. Returns the number of
    /// connections that were cut because they did not finish in time.
    pub async fn serve(
        self,
        listener: TcpListener,
        router: Router,
        shutdown: watch::Receiver<bool>,
    ) -> usize {
        let plain = move |stream, connection: HttpConnection| {
            let router = router.clone();
            async move { connection.serve(stream, router).await }
        };
        self.serve_with(listener, plain, shutdown).await
    }

    /// Serves `router` after a TLS handshake on each connection. Otherwise as [`serve`](Self::serve).
    pub async fn serve_tls(
        self,
        listener: TcpListener,
        router: Router,
        identity: TlsIdentity,
        shutdown: watch::Receiver<bool>,
    ) -> usize {
        let secured = move |stream, connection: HttpConnection| {
            let (router, acceptor) = (router.clone(), identity.acceptor());
            async move {
                match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => connection.serve(stream, router).await,
                    Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                    Err(_elapsed) => tracing::debug!("TLS handshake timed out"),
                }
            }
        };
        self.serve_with(listener, secured, shutdown).await
    }

    /// Serves connections by `handle`, which may begin with a TLS handshake. Otherwise as
    /// [`serve`](Self::serve).
    pub async fn serve_with<Handle, Handling>(
        self,
        listener: TcpListener,
        handle: Handle,
        mut shutdown: watch::Receiver<bool>,
    ) -> usize
    where
        Handle: Fn(TcpStream, HttpConnection) -> Handling,
        Handling: Future<Output = ()> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        loop {
            while let Some(ended) = tasks.try_join_next() {
                report(ended);
            }
            let accepted = tokio::select! {
                () = requested(&mut shutdown) => break,
                accepted = self.accept(&listener) => accepted,
            };
            let Some((stream, client, connection, proxies)) = accepted else {
                continue;
            };
            let evicted = connection.evicted();
            let handling = handle(
                stream,
                HttpConnection {
                    connection: Arc::new(connection),
                    client,
                    probes: self.probes,
                    limits: self.limits,
                    render: self.render,
                    shutdown: shutdown.clone(),
                    proxies,
                },
            );
            tasks.spawn(async move {
                tokio::select! {
                    // First, so that no request begins on a connection that is being closed.
                    biased;
                    () = evicted => tracing::debug!("closing a connection that waits, for a new one"),
                    () = handling => {}
                }
            });
        }
        drop(listener);
        let finished = timeout(self.drain, async {
            while let Some(ended) = tasks.join_next().await {
                report(ended);
            }
        });
        let cut = if finished.await.is_err() {
            tasks.len()
        } else {
            0
        };
        tasks.shutdown().await;
        cut
    }

    fn accepts(&self, client: IpAddr) -> bool {
        self.proxies.is_none() || client.to_canonical().is_loopback() || self.is_proxy(client)
    }

    fn is_proxy(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        let mut ranges = self.proxies.iter().flat_map(|ranges| ranges.iter());
        ranges.any(|range| range.contains(&client))
    }

    /// Accepts the next connection within the limits, and the proxies that report its clients; `None`
    /// if there is none.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, IpAddr, Connection, Option<Proxies>)> {
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection; retrying");
                self.connections.evict_one();
                sleep(ACCEPT_PAUSE).await;
                return None;
            }
        };
        if !self.accepts(client.ip()) {
            tracing::debug!(peer.addr = %client, "connection refused: it is of no trusted proxy");
            return None;
        }
        let is_proxy = self.is_proxy(client.ip());
        let admitted = if is_proxy {
            self.connections.admit_proxy(client.ip()).await
        } else {
            self.connections.admit(client.ip()).await
        };
        let Some(connection) = admitted else {
            tracing::debug!(peer.addr = %client, "connection refused: a limit of connections is reached");
            return None;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "failed to set TCP_NODELAY");
        }
        let proxies = self.proxies.clone().filter(|_| is_proxy);
        Some((stream, client.ip().to_canonical(), connection, proxies))
    }
}

// === impl HttpConnection ===

impl HttpConnection {
    /// Adds the time limits to the bytes of a client that asks for a tunnel.
    pub fn guard_tunnel<Io>(&self, io: Io) -> (GuardedIo<Io>, TunnelGuard) {
        let progress = self.progress();
        let guard = TunnelGuard(Arc::clone(&progress));
        (GuardedIo::new(io, progress, self.render), guard)
    }

    /// Serves requests of this connection until it ends.
    pub async fn serve<Io>(self, io: Io, router: Router)
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let progress = self.progress();
        let io = GuardedIo::new(io, Arc::clone(&progress), self.render);
        let answers = Answers {
            router: TowerToHyperService::new(router),
            progress: Arc::clone(&progress),
            render: self.render,
            proxies: self.proxies,
            client: self.client,
            probes: self.probes,
        };
        let mut protocol = http1::Builder::new();
        // The guard limits the time of a head.
        protocol
            .header_read_timeout(None)
            .max_buf_size(HEAD_BYTES)
            .max_header_size(HEAD_BYTES);
        let mut serving = pin!(protocol.serve_connection(TokioIo::new(io), answers));
        let mut shutdown = self.shutdown;
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
            () = requested(&mut shutdown) => {
                serving.as_mut().graceful_shutdown();
                let without_request = async {
                    sleep(HEAD_AFTER_SHUTDOWN).await;
                    if progress.has_request() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    ended = serving.as_mut() => ended,
                    () = without_request => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            // A client may close its connection at any time.
            tracing::debug!(%error, "connection ended");
        }
    }

    fn progress(&self) -> Arc<Progress> {
        Arc::new(Progress::new(Arc::clone(&self.connection), self.limits))
    }
}

// === impl TunnelGuard ===

impl TunnelGuard {
    /// Ends the time limits of reading: the tunnel is open.
    pub fn open(&self) {
        self.0.open_tunnel();
    }
}

// === impl Answers ===

impl Service<Request<Incoming>> for Answers {
    type Response = Response<ResponseBody>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if !self.progress.begin() {
            // The connection is being closed for another one.
            return Box::pin(async { Err(io::ErrorKind::ConnectionAborted.into()) });
        }
        let progress = Arc::clone(&self.progress);
        let is_reserved = self.progress.is_reserved();
        let is_probe = self.probes.contains(&request.uri().path());
        let client = self.proxies.as_ref();
        let client = client.and_then(|proxies| forwarded::client(request.headers(), proxies));
        let is_within = client.is_none_or(|client| self.progress.forward(client));
        let client = client.unwrap_or(self.client);
        request.extensions_mut().insert(ConnectInfo(client));
        let body = |body| Body::new(RequestBody::new(body, Arc::clone(&self.progress)));
        let accepted = if is_reserved && !is_probe {
            Err(Refused::AllBusy)
        } else if is_within {
            unambiguous(request.map(body))
        } else {
            Err(Refused::AddressLimit)
        };
        let answer = match accepted {
            Ok(request) => self.router.call(request),
            Err(refused) => {
                let response = refused.response(self.render);
                progress.respond();
                let response = response.map(|body| ResponseBody::new(body, progress));
                return Box::pin(async { Ok(response) });
            }
        };
        Box::pin(async move {
            let mut response = answer.await.unwrap_or_else(|never| match never {});
            if is_reserved {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            progress.respond();
            Ok(response.map(|body| ResponseBody::new(body, progress)))
        })
    }
}

/// Returns when shutdown is requested, or when the sender of the signal is dropped.
async fn requested(shutdown: &mut watch::Receiver<bool>) {
    // The error says that the sender is dropped.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Logs a panic: the task of a connection never fails because of its client.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "failed to process a request: it panicked");
    }
}

#[cfg(test)]
mod tests {
    use underpass_net::connections::ConnectionLimits;

    use super::*;

    #[test]
    fn a_listener_behind_proxies_serves_them_and_loopback_alone() {
        let connections = Connections::new(ConnectionLimits::with_total(4));
        let server = Server::new(connections, |_| serde_json::Value::Null, Duration::ZERO);
        let accepts = |server: &Server, client: &str| server.accepts(client.parse().unwrap());
        assert!(accepts(&server, "192.0.2.1"));
        let server = server.with_proxies(vec!["10.0.0.8/32".parse().unwrap()]);
        assert!(accepts(&server, "10.0.0.8") && accepts(&server, "::ffff:10.0.0.8"));
        assert!(accepts(&server, "127.0.0.1") && accepts(&server, "::1"));
        assert!(!accepts(&server, "10.0.0.9") && !accepts(&server, "2001:db8::1"));
    }
}
