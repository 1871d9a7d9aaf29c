//! An HTTP proxy whose tunnels (`CONNECT`, RFC 9110) end at the emulator.
//!
//! A client with this proxy in `HTTPS_PROXY` sends `CONNECT host:443`. For the hosts that the emulator
//! stands for, the tunnel ends here; the caller then accepts TLS on it, with a certificate for that
//! host. Other hosts are refused: the proxy connects to no other server.

use std::convert::Infallible;
use std::future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use underpass_http_server::{GuardedIo, HEAD_BYTES};

use crate::shutdown::shutdown_requested;

/// The port of HTTPS (RFC 9110): the only port that tunnels may name.
const HTTPS: u16 = 443;

/// The hosts that tunnels may name.
#[derive(Debug, Clone)]
pub(crate) struct TunnelHosts(Arc<[String]>);

// === impl TunnelHosts ===

impl TunnelHosts {
    /// Allows tunnels to `hosts` only.
    pub(crate) fn new(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(hosts.into_iter().map(Into::into).collect())
    }

    fn allows(&self, host: &str, port: Option<u16>) -> bool {
        port == Some(HTTPS) && self.0.iter().any(|it| it.eq_ignore_ascii_case(host))
    }

    /// Answers one request to the proxy, and reports whether it opens a tunnel.
    fn answer(&self, request: &Request<Incoming>) -> (Response, bool) {
        if *request.method() != Method::CONNECT {
            let text = "This proxy supports HTTPS only. Set HTTPS_PROXY and unset HTTP_PROXY. The \
                        address of the emulator itself needs no proxy.\n";
            return (refused(StatusCode::NOT_IMPLEMENTED, text.to_owned()), false);
        }
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        if !self.allows(host, uri.port_u16()) {
            let known = self.0.join(":443, ");
            let text = format!(
                "This proxy belongs to an emulated cloud and allows tunnels to {known}:443 only. \
                 List other hosts in NO_PROXY.\n"
            );
            return (refused(StatusCode::FORBIDDEN, text), false);
        }
        (Response::new(Body::empty()), true)
    }
}

/// Serves a client of the proxy until it opens a tunnel to an allowed host.
///
/// Returns `None` if it never does.
pub(crate) async fn accept_tunnel(
    stream: GuardedIo<TcpStream>,
    hosts: &TunnelHosts,
    mut shutdown: watch::Receiver<bool>,
) -> Option<TokioIo<Upgraded>> {
    let tunnel: Mutex<Option<OnUpgrade>> = Mutex::new(None);
    let service = service_fn(|mut request: Request<Incoming>| {
        let (reply, opens) = hosts.answer(&request);
        if opens {
            let upgrade = hyper::upgrade::on(&mut request);
            *tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
        }
        future::ready(Ok::<_, Infallible>(reply))
    });
    let mut protocol = http1::Builder::new();
    // The guard limits the time of a head.
    protocol
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .max_header_size(HEAD_BYTES);
    let ended = {
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection.with_upgrades());
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown_requested(&mut shutdown) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = ended {
        // A client may close its connection at any time.
        tracing::debug!(%error, "connection to the proxy ended");
        return None;
    }
    let upgrade = tunnel
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)?;
    upgrade.await.ok().map(TokioIo::new)
}

fn refused(status: StatusCode, text: String) -> Response {
    let mut reply = Response::new(Body::from(text));
    *reply.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, plain);
    reply
}
