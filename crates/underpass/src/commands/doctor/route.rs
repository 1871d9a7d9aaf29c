//! The local route to an address, as the kernel chooses it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

/// The kernel's table of routes (Linux); other systems have none, and then no interface is named.
const TABLE: &str = "/proc/net/route";

/// A local route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalRoute {
    /// Source address.
    pub(super) source: IpAddr,
    /// Name of the interface, if known.
    pub(super) interface: Option<String>,
}

/// Returns the route to an address. Nothing is sent.
///
/// # Errors
/// The kernel has none.
pub(super) async fn route_to(address: Ipv4Addr) -> std::io::Result<LocalRoute> {
    /// Any port: a datagram socket sends nothing when it connects.
    const PORT: u16 = 9;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    socket.connect(SocketAddr::from((address, PORT))).await?;
    let source = socket.local_addr()?.ip();
    let interface = if address.is_loopback() || source == IpAddr::V4(address) {
        Some("lo".to_owned())
    } else {
        let table = tokio::fs::read_to_string(TABLE).await.unwrap_or_default();
        interface(&table, address)
    };
    Ok(LocalRoute { source, interface })
}

/// The interface of the most specific route in a table: interface, destination, gateway, flags,
/// reference count, use, metric, mask; numbers in hexadecimal, addresses in the machine's byte order.
fn interface(table: &str, address: Ipv4Addr) -> Option<String> {
    let address = u32::from_ne_bytes(address.octets());
    let routes = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let name = fields.next()?;
        let destination = u32::from_str_radix(fields.next()?, 16).ok()?;
        let metric: u32 = fields.nth(4)?.parse().ok()?;
        let mask = u32::from_str_radix(fields.next()?, 16).ok()?;
        (address & mask == destination).then_some((mask.count_ones(), metric, name))
    });
    let best = routes.max_by_key(|(length, metric, _)| (*length, std::cmp::Reverse(*metric)));
    best.map(|(_, _, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_most_specific_route_names_the_interface() {
        let table = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t100\t000000FF\t0\t0\t0
wg0\t0000140A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
wlan0\t00000000\t0100000A\t0003\t0\t0\t600\t00000000\t0\t0\t0
";
        let of = |text: &str| interface(table, text.parse().unwrap());
        assert_eq!(of("10.20.0.7").as_deref(), Some("wg0"));
        assert_eq!(of("10.21.0.7").as_deref(), Some("eth0"));
        assert_eq!(of("192.0.2.1").as_deref(), Some("eth0"));
        assert_eq!(interface("", Ipv4Addr::LOCALHOST), None);
        assert_eq!(interface("head\nx\n", Ipv4Addr::LOCALHOST), None);
    }
}
