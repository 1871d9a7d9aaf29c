//! Loopback addresses.

use std::net::SocketAddr;

/// Parses a loopback address. A portal has no authentication and acts as any consumer.
///
/// # Errors
/// A text that is not an address with a port, or an address outside loopback.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    parse(text, "a portal has no authentication and")
}

/// Parses the address of the resolver of emulated consumers, whose names lead to loopback addresses.
///
/// # Errors
/// A text that is not an address with a port, or an address outside loopback.
pub(super) fn consumer_dns(text: &str) -> Result<SocketAddr, String> {
    parse(text, "the consumers' resolver")
}

fn parse(text: &str, subject: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is not an address with a port, such as 127.0.0.1:8784"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(format!(
        "{subject} must listen on loopback. Use 127.0.0.1:{}",
        address.port()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_others_can_reach_are_refused() {
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:8784").is_ok());
        for text in [
            "0.0.0.0:8784",
            "10.0.0.1:1",
            "[::]:1",
            "localhost:1",
            "8784",
        ] {
            assert!(
                loopback(text).is_err() && consumer_dns(text).is_err(),
                "{text}"
            );
        }
    }
}
