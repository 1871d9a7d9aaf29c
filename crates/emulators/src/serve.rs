//! HTTP/1.1 servers: plain, with TLS, or behind a `CONNECT` proxy.
//!
//! Each connection is a task. The TLS handshake runs inside the task, so a slow client does not delay
//! others. On shutdown, requests in progress finish within [`limits::DRAIN_TIMEOUT`]; then the
//! remaining connections are cut.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time;
use tokio_rustls::TlsAcceptor;

use crate::connect_proxy::{self, TunnelHosts};
use crate::limits;
use crate::shutdown::shutdown_requested;

/// How a listener treats TLS.
#[derive(Clone)]
pub(crate) enum TlsMode {
    /// Plain HTTP.
    Plain,
    /// HTTP after a TLS handshake.
    Tls(TlsAcceptor),
    /// An HTTP proxy: `CONNECT` to one of the hosts, then a TLS handshake.
    Proxy(TunnelHosts, TlsAcceptor),
}

/// Serves `router` until `shutdown` turns true or its sender is dropped.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: TlsMode,
    router: Router,
    mut shutdown: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while let Some(ended) = connections.try_join_next() {
            report(ended);
        }
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = shutdown_requested(&mut shutdown) => break,
            next = next => next,
        };
        // The semaphore belongs to this function and is never closed.
        let Ok(slot) = slot else { break };
        match accepted {
            Ok((stream, _)) => {
                let (tls, router) = (tls.clone(), router.clone());
                connections.spawn(connection(stream, slot, tls, router, shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection; retrying");
                time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = time::timeout(limits::DRAIN_TIMEOUT, async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    });
    if drained.await.is_err() {
        tracing::debug!(
            count = connections.len(),
            "cutting connections that did not finish"
        );
    }
    connections.shutdown().await;
}

/// Logs a panic: the task of a connection never fails because of its client.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "failed to process a request: it panicked");
    }
}

async fn connection(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    tls: TlsMode,
    router: Router,
    shutdown: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    match tls {
        TlsMode::Plain => serve_http(stream, router, shutdown).await,
        TlsMode::Tls(acceptor) => serve_tls(stream, &acceptor, router, shutdown).await,
        TlsMode::Proxy(hosts, acceptor) => {
            if let Some(stream) =
                connect_proxy::accept_tunnel(stream, &hosts, shutdown.clone()).await
            {
                serve_tls(stream, &acceptor, router, shutdown).await;
            }
        }
    }
    drop(slot);
}

async fn serve_tls<Io>(io: Io, tls: &TlsAcceptor, router: Router, shutdown: watch::Receiver<bool>)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match time::timeout(limits::HANDSHAKE_TIMEOUT, tls.accept(io)).await {
        Ok(Ok(stream)) => serve_http(stream, router, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake timed out"),
    }
}

async fn serve_http<Io>(io: Io, router: Router, mut shutdown: watch::Receiver<bool>)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIMEOUT)
        .max_buf_size(limits::HEAD_BYTES);
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown_requested(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A client may close its connection at any time.
        tracing::debug!(%error, "connection ended");
    }
}
