//! Limits of one connection, each with its unit and its source.

use std::time::Duration;

/// Largest head of a request in bytes, from the request line to the empty line: 32 KiB, as in nginx
/// (`large_client_header_buffers`, 4 × 8 KiB).
pub const HEAD_BYTES: usize = 32 * 1024;

/// Time for the head of a request, from its first byte: 20 s (Apache, `RequestReadTimeout`
/// `header=20`). A new connection has as long for its first byte.
const HEAD: Duration = Duration::from_secs(20);

/// Time for the body of a request: 20 s (Apache, `RequestReadTimeout` `body=20`).
const BODY: Duration = Duration::from_secs(20);

/// Bytes of a body that add a second to its time: 500 (Apache, `RequestReadTimeout` `MinRate=500`).
pub(crate) const BODY_BYTES_PER_SECOND: u64 = 500;

/// Longest time for the body of a request, however fast it arrives: 2 min. 1 MiB takes as long at
/// 70 kbit/s.
const BODY_LONGEST: Duration = Duration::from_mins(2);

/// Time for the next request of a connection: 2 min, longer than clients keep an idle connection
/// (reqwest: 90 s), so that no request meets a closing connection.
const IDLE: Duration = Duration::from_mins(2);

/// Time in which a client accepts the next bytes of an answer: 60 s (nginx, `send_timeout`).
const WRITE: Duration = Duration::from_mins(1);

/// Time for a TLS handshake: 10 s, some round trips of a slow network.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Time in which the rest of a refused request is read and discarded: 2 s, so that the answer is not
/// lost by a reset (RFC 9112 §9.6). Then the connection is cut.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// Bytes of a refused request that are read and discarded: 8 MiB, twice the largest body of a listener.
pub(crate) const LINGER_BYTES: usize = 8 * 1024 * 1024;

/// Time for the head of a request after shutdown began: 1 s, the time of a retransmission (RFC 6298
/// §2.1), so that half-sent requests do not delay a shutdown.
pub(crate) const HEAD_AFTER_SHUTDOWN: Duration = Duration::from_secs(1);

/// Pause after an accept that failed because descriptors or memory are exhausted: 50 ms. Prevents a
/// busy loop.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Time limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for the head of a request.
    pub head: Duration,
    /// Time for the body of a request. Every 500 bytes that arrive add a second.
    pub body: Duration,
    /// Longest time for the body of a request in all.
    pub body_longest: Duration,
    /// Time without a request.
    pub idle: Duration,
    /// Time in which a client accepts no byte of an answer.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: HEAD,
            body: BODY,
            body_longest: BODY_LONGEST,
            idle: IDLE,
            write: WRITE,
        }
    }
}
