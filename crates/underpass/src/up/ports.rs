//! Listen addresses; a port that was chosen for port 0 is reused by later starts.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::failure::Failure;

/// `desired`, with the port of the last start in place of port 0.
pub(crate) fn remembered(desired: SocketAddr, last: Option<u16>) -> SocketAddr {
    match (desired.port(), last) {
        (0, Some(port)) => SocketAddr::new(desired.ip(), port),
        _ => desired,
    }
}

/// The port to save; `None` if a port other than 0 was requested.
pub(crate) fn to_remember(desired: SocketAddr, bound: SocketAddr) -> Option<u16> {
    (desired.port() == 0).then_some(bound.port())
}

/// Address of a listener.
///
/// # Errors
/// If the operating system does not report it.
pub(crate) fn address_of(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener
        .local_addr()
        .map_err(|error| Failure::caused("read the address of a listener", &error))
}

/// Binds a listener; `flag` is the option for its address.
///
/// # Errors
/// If the address is in use or not available.
pub(crate) async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| busy(address, flag, &error))
}

/// Checks that an address is free, and releases it again.
///
/// # Errors
/// If the address is in use or not available.
pub(crate) async fn check_free(address: SocketAddr, flag: &str) -> Result<(), Failure> {
    listen(address, flag).await.map(drop)
}

fn busy(address: SocketAddr, flag: &str, error: &std::io::Error) -> Failure {
    Failure::refused(format!("listen on {address}: {error}")).hint(format!(
        "stop the process that uses the address, or choose another one with {flag}; port 0 chooses \
         a free port"
    ))
}
