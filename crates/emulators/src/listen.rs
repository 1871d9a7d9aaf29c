//! Listeners that keep their port across restarts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use ipnet::Ipv4Net;
use tokio::net::TcpListener;
use underpass_private_file as private_file;

use crate::error::Error;

/// Range of the addresses on which endpoints may listen (RFC 1122, loopback).
const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);

/// Checks the addresses that all clouds have.
///
/// # Errors
/// When the consumer range or the admin address is not on the loopback interface.
pub(crate) fn check(consumers: Option<Ipv4Net>, admin: SocketAddr) -> Result<(), Error> {
    if let Some(range) = consumers
        && !LOOPBACK.contains(&range)
    {
        return Err(Error::ConsumerRange(range));
    }
    if !admin.ip().is_loopback() {
        return Err(Error::AdminAddress(admin));
    }
    Ok(())
}

/// Checks that a metadata server gives tokens to this machine only.
pub(crate) fn check_metadata(address: Option<SocketAddr>) -> Result<(), Error> {
    match address.filter(|it| !it.ip().is_loopback()) {
        Some(address) => Err(Error::MetadataAddress(address)),
        None => Ok(()),
    }
}

/// Checks that a resolver of consumers' networks answers this machine only.
pub(crate) fn check_consumer_dns(address: Option<SocketAddr>) -> Result<(), Error> {
    match address.filter(|it| !it.ip().is_loopback()) {
        Some(address) => Err(Error::ConsumerDnsAddress(address)),
        None => Ok(()),
    }
}

/// Opens a listener on `address`; returns it with the bound address.
///
/// # Errors
/// When the address cannot be bound.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })?;
    let bound = listener
        .local_addr()
        .map_err(|source| Error::Listen { address, source })?;
    Ok((listener, bound))
}

/// Opens a listener; port 0 means the port stored in `port_file`, or at first a free port.
///
/// # Errors
/// When the address cannot be bound, or the file cannot be used.
pub(crate) async fn bind_persistent(
    mut address: SocketAddr,
    port_file: &Path,
) -> Result<(TcpListener, SocketAddr), Error> {
    if address.port() != 0 {
        return bind(address).await;
    }
    if let Some(content) = private_file::read_and_restrict(port_file)? {
        let port = std::str::from_utf8(&content)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        address.set_port(port.ok_or_else(|| Error::Port {
            path: port_file.to_owned(),
        })?);
        return bind(address).await;
    }
    let (listener, bound) = bind(address).await?;
    private_file::write(port_file, bound.port().to_string().as_bytes())?;
    Ok((listener, bound))
}

/// The address at which clients of this machine reach a listener: loopback for an unspecified one.
pub(crate) fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
