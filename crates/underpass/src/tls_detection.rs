//! Detection of TLS on a listener, by its own protocol.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use underpass_model::protocol::Protocol;

/// Longest time for an answer: 2 s.
const PATIENCE: Duration = Duration::from_secs(2);

/// PostgreSQL's `SSLRequest`: its length and the code 80877103 (protocol, message formats).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// `CLIENT_SSL` among the lower capabilities of a MySQL server's greeting (protocol, handshake).
const CLIENT_SSL: u8 = 0x08;

/// Reports whether the listener uses TLS; nothing if its protocol gives no way to detect it.
pub(crate) async fn speaks_tls(protocol: Protocol, at: SocketAddr) -> Option<bool> {
    let answer = tokio::time::timeout(PATIENCE, detect(protocol, at));
    answer.await.ok().flatten()
}

async fn detect(protocol: Protocol, at: SocketAddr) -> Option<bool> {
    let question: &[u8] = match protocol {
        Protocol::Postgres => &SSL_REQUEST,
        Protocol::Redis => b"PING\r\n",
        Protocol::Http | Protocol::Influx | Protocol::OpenSearch | Protocol::ClickHouseHttp => {
            b"GET / HTTP/1.0\r\n\r\n"
        }
        // The server sends the first message.
        Protocol::MySql => b"",
        Protocol::MySqlX | Protocol::ClickHouse | Protocol::ArrowFlight | Protocol::Kafka => {
            return None;
        }
    };
    let mut flow = TcpStream::connect(at).await.ok()?;
    flow.write_all(question).await.ok()?;
    let mut answer = [0; 512];
    let length = flow.read(&mut answer).await.unwrap_or_default();
    Some(shows_tls(protocol, answer.get(..length)?))
}

/// Reports whether an answer shows TLS. A listener with TLS only answers plain text with an alert
/// or closes the connection.
fn shows_tls(protocol: Protocol, answer: &[u8]) -> bool {
    match protocol {
        Protocol::Postgres => answer.first() == Some(&b'S'),
        Protocol::Redis => !matches!(answer.first(), Some(b'+' | b'-')),
        Protocol::MySql => greeting_offers_tls(answer),
        Protocol::Http | Protocol::Influx | Protocol::OpenSearch | Protocol::ClickHouseHttp => {
            // Some servers answer in plain text that they require TLS.
            let text = String::from_utf8_lossy(answer);
            !text.starts_with("HTTP/") || text.contains("HTTPS server")
        }
        Protocol::MySqlX | Protocol::ClickHouse | Protocol::ArrowFlight | Protocol::Kafka => true,
    }
}

/// Packet header (4 bytes), protocol version, server version up to a zero, thread id (4), the
/// first part of the scramble (8), a zero, then the lower capabilities, little-endian.
fn greeting_offers_tls(greeting: &[u8]) -> bool {
    let version = greeting.get(5..).unwrap_or_default();
    let end = version.iter().position(|byte| *byte == 0);
    let high = end.and_then(|end| version.get(end + 1 + 4 + 8 + 1 + 1));
    high.is_some_and(|high| high & CLIENT_SSL != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_detected_by_protocol() {
        for (protocol, answer, tls) in [
            (Protocol::Postgres, &b"S"[..], true),
            (Protocol::Postgres, b"N", false),
            (Protocol::Redis, b"+PONG\r\n", false),
            (
                Protocol::Redis,
                b"-NOAUTH Authentication required.\r\n",
                false,
            ),
            (Protocol::Redis, b"", true),
            (Protocol::Redis, &[21, 3, 1, 0, 2], true),
            (Protocol::Http, b"HTTP/1.1 302 Found\r\n", false),
            (
                Protocol::Http,
                b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.",
                true,
            ),
            (Protocol::Http, b"", true),
        ] {
            assert_eq!(shows_tls(protocol, answer), tls, "{protocol:?} {answer:?}");
        }
    }

    #[test]
    fn a_mysql_server_offers_tls_in_its_greeting() {
        let greeting = |high: u8| {
            let mut bytes = vec![0x4a, 0, 0, 0, 10];
            bytes.extend(b"10.11.6-MariaDB\0");
            bytes.extend([1, 0, 0, 0]);
            bytes.extend(b"abcdefgh\0");
            bytes.extend([0xfe, high]);
            bytes
        };
        assert!(greeting_offers_tls(&greeting(0xff)));
        assert!(!greeting_offers_tls(&greeting(0xf7)));
        assert!(!greeting_offers_tls(b"\x4a\0\0\0\x0a10.11"));
    }
}
