//! Addresses that only this machine reaches.

use std::net::SocketAddr;

/// Reads an address of loopback: who reaches a portal acts as any consumer, unasked.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("`{text}` is not an address and a port such as 127.0.0.1:8784"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(format!(
        "a portal asks nobody who they are, so it answers on loopback only: use 127.0.0.1:{}",
        address.port()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_cannot_reach_what_is_read() {
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:8784").is_ok());
        for text in [
            "0.0.0.0:8784",
            "10.0.0.1:1",
            "[::]:1",
            "localhost:1",
            "8784",
        ] {
            assert!(loopback(text).is_err(), "{text}");
        }
    }
}
