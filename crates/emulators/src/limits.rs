//! Every bound of this crate, with its unit and the reason for its value.

use std::time::Duration;

/// Largest request body, in bytes: the limit of Azure's resource manager for one request
/// (docs: "Azure subscription and service limits", request size 4 MB). The largest list of a
/// service attachment at Google, 5,000 endpoints, needs a quarter of it.
pub(crate) const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Largest token request, in bytes: a form of a few short fields, a client assertion included.
pub(crate) const FORM_BYTES: usize = 64 * 1024;

/// Largest request head, in bytes: room for a resource id, a filter and a token, no more.
pub(crate) const HEAD_BYTES: usize = 32 * 1024;

/// Connections served at once on one listener: a test suite's worth of clients with a wide
/// margin, and far below the usual limit of 1024 open files together with the relayed flows.
pub(crate) const CONNECTIONS: usize = 256;

/// How long a client may take for its TLS handshake.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to send a request's head; also ends idle kept-alive connections.
/// Longer than clients keep theirs (reqwest: 90 s), so that no request meets a closing one.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_mins(2);

/// How long a client may take to send a request's body.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests in progress may take to finish once shutdown is asked for.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Pause after a failed `accept`, so that a full file table does not turn into a busy loop.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Longest time an access token is good for: what Entra answers to client credentials, and
/// Google to a service account.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_secs(3599);

/// Longest life of a claim that a service account signs, in seconds: an hour, as Google demands.
pub(crate) const ASSERTION_LIFETIME_SECONDS: i64 = 3600;

/// How far ahead the clock of somebody who signs a claim may be, in seconds.
pub(crate) const CLOCK_SKEW_SECONDS: i64 = 300;

/// How long a request may wait for an operation to be done: what Google's `wait` promises.
pub(crate) const OPERATION_WAIT: Duration = Duration::from_mins(2);

/// Shortest pause between two ticks of a model, so that work that is always due cannot spin.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// The journal is rewritten as a snapshot once it is this many bytes long
/// and [`JOURNAL_GROWTH`] times its last snapshot.
pub(crate) const JOURNAL_BYTES: u64 = 4 * 1024 * 1024;

/// How many times larger than its last snapshot the journal may grow: rewriting then costs
/// at most a third of what was written since.
pub(crate) const JOURNAL_GROWTH: u64 = 4;

/// How long to wait for somebody to answer on an address before listening there.
/// Loopback answers or refuses in microseconds; only a packet filter makes this wait.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_millis(250);

/// Addresses asked at once whether somebody already answers there, to bound open sockets.
pub(crate) const CONCURRENT_PROBES: usize = 64;

/// Pause before a listener that could not be opened is tried again without a change.
pub(crate) const LISTEN_RETRY: Duration = Duration::from_secs(5);

/// How long the server certificate is good for, in days: the most Apple's clients accept
/// (825 days, support article HT210176), as it is reissued at each start only.
pub(crate) const SERVER_CERTIFICATE_DAYS: i64 = 825;

/// How long the emulator's certificate authority is good for, in days: ten years.
pub(crate) const AUTHORITY_DAYS: i64 = 3650;
