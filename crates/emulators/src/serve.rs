//! HTTP/1.1 servers: plain, with TLS, or behind a `CONNECT` proxy.
//!
//! The TLS handshake runs in the task of its connection, so a slow client does not delay others. On
//! shutdown, requests in progress finish within [`limits::DRAIN_TIMEOUT`]; then the remaining
//! connections are cut.

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time;
use tokio_rustls::TlsAcceptor;
use underpass_http_server::{HttpConnection, RenderRefusal, Server};
use underpass_net::connections::Connections;

use crate::connect_proxy::{self, TunnelHosts};
use crate::limits;

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

/// Routes served on one listener.
pub(crate) struct HttpServer {
    pub(crate) listener: TcpListener,
    pub(crate) tls: TlsMode,
    pub(crate) router: Router,
    /// Writes refusals of requests that no route receives.
    pub(crate) render: RenderRefusal,
}

impl HttpServer {
    /// Serves until `shutdown` turns true or its sender is dropped. The connections count among
    /// `connections`.
    pub(crate) async fn run(self, connections: Connections, shutdown: watch::Receiver<bool>) {
        let Self {
            listener,
            tls,
            router,
            render,
        } = self;
        let server = Server::new(connections, render, limits::DRAIN_TIMEOUT);
        let stop = shutdown.clone();
        let handle = move |stream, connection| {
            serve_connection(
                stream,
                connection,
                tls.clone(),
                router.clone(),
                stop.clone(),
            )
        };
        let cut = server.serve_with(listener, handle, shutdown).await;
        if cut > 0 {
            tracing::debug!(count = cut, "cut connections that did not finish");
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    connection: HttpConnection,
    tls: TlsMode,
    router: Router,
    shutdown: watch::Receiver<bool>,
) {
    match tls {
        TlsMode::Plain => connection.serve(stream, router).await,
        TlsMode::Tls(acceptor) => serve_tls(stream, connection, &acceptor, router).await,
        TlsMode::Proxy(hosts, acceptor) => {
            let (guarded, guard) = connection.guard_tunnel(stream);
            let tunnel = connect_proxy::accept_tunnel(guarded, &hosts, shutdown).await;
            if let Some(stream) = tunnel {
                guard.open();
                serve_tls(stream, connection, &acceptor, router).await;
            }
        }
    }
}

async fn serve_tls<Io>(io: Io, connection: HttpConnection, tls: &TlsAcceptor, router: Router)
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match time::timeout(limits::HANDSHAKE_TIMEOUT, tls.accept(io)).await {
        Ok(Ok(stream)) => connection.serve(stream, router).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake timed out"),
    }
}
