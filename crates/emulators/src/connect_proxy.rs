//! A client's proxy that leads nowhere but to the emulator.
//!
//! A client told to use it (`HTTPS_PROXY`) sends `CONNECT host:443`. For the hosts the emulator
//! plays, the tunnel ends right here; the caller then speaks TLS on it with a certificate for
//! that host. Any other host is refused: this is no way out.

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
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::limits;
use crate::shutdown::shutdown_requested;

/// The port of HTTPS: the only one that leads to a played host.
const HTTPS: u16 = 443;

/// The hosts that a proxy's tunnels may name.
#[derive(Debug, Clone)]
pub(crate) struct TunnelHosts(Arc<[String]>);

// === impl TunnelHosts ===

impl TunnelHosts {
    /// Plays `hosts`, and no other.
    pub(crate) fn new(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(hosts.into_iter().map(Into::into).collect())
    }

    fn allows(&self, host: &str, port: Option<u16>) -> bool {
        port == Some(HTTPS) && self.0.iter().any(|it| it.eq_ignore_ascii_case(host))
    }

    /// Answers one request to the proxy, and says whether it opened a tunnel.
    fn answer(&self, request: &Request<Incoming>) -> (Response, bool) {
        if *request.method() != Method::CONNECT {
            let text = "This proxy carries HTTPS alone: set HTTPS_PROXY and leave HTTP_PROXY \
                        unset; the emulator's own address needs no proxy.\n";
            return (refused(StatusCode::NOT_IMPLEMENTED, text.to_owned()), false);
        }
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        if !self.allows(host, uri.port_u16()) {
            let known = self.0.join(":443, ");
            let text = format!(
                "This proxy is an emulated cloud and leads to nothing else: it plays {known}:443. \
                 Name other hosts in NO_PROXY.\n"
            );
            return (refused(StatusCode::FORBIDDEN, text), false);
        }
        (Response::new(Body::empty()), true)
    }
}

/// Talks to a client of the proxy until it has opened a tunnel to a played host.
///
/// `None` when it never does.
pub(crate) async fn accept_tunnel(
    stream: TcpStream,
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
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIMEOUT)
        .max_buf_size(limits::HEAD_BYTES);
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
        // Clients hang up whenever they like.
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
