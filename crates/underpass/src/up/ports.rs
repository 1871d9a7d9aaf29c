//! Listeners whose free port, once picked, is kept.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::failure::Failure;

/// `desired`, with the port of the last time if none is named.
pub(crate) fn remembered(desired: SocketAddr, last: Option<u16>) -> SocketAddr {
    match (desired.port(), last) {
        (0, Some(port)) => SocketAddr::new(desired.ip(), port),
        _ => desired,
    }
}

/// The port to remember: only one that was picked, not one that was named.
pub(crate) fn to_remember(desired: SocketAddr, bound: SocketAddr) -> Option<u16> {
    (desired.port() == 0).then_some(bound.port())
}

/// Where a listener is.
pub(crate) fn address_of(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::caused("ask where a listener is", &error))
}

/// Opens a listener; `flag` is what names its address.
pub(crate) async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| busy(address, flag, &error))
}

/// Refuses an address that cannot be listened on, before anything is made. Nothing is held.
pub(crate) async fn check_free(address: SocketAddr, flag: &str) -> Result<(), Failure> {
    listen(address, flag).await.map(drop)
}

fn busy(address: SocketAddr, flag: &str, error: &std::io::Error) -> Failure {
    Failure::refused(format!("listen on {address}: {error}")).hint(format!(
        "stop what holds it, or choose another with {flag}; port 0 picks a free one"
    ))
}
