//! Limits of this crate, each with its unit and the reason for its value.

use std::time::Duration;

/// Maximum size of a request body, in bytes: the limit of Azure's resource manager for one request
/// (docs: "Azure subscription and service limits", request size 4 MB). The largest list of a
/// service attachment at Google, 5,000 endpoints, needs a quarter of it.
pub(crate) const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Maximum size of a token request, in bytes: a form of a few short fields, a client assertion included.
pub(crate) const FORM_BYTES: usize = 64 * 1024;

/// Timeout of a TLS handshake.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Timeout for requests in progress at shutdown.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Lifetime of an access token: the value of Entra for client credentials, and of Google for a
/// service account.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_secs(3599);

/// Maximum lifetime of an assertion that a service account signs, in seconds: one hour, as Google
/// requires.
pub(crate) const ASSERTION_LIFETIME_SECONDS: i64 = 3600;

/// Maximum clock skew of a client that signs an assertion, in seconds: five minutes, as is usual
/// for tokens (RFC 7519, "some small leeway").
pub(crate) const CLOCK_SKEW_SECONDS: i64 = 300;

/// Maximum time for which a request waits for an operation: the documented limit of Google's `wait`.
pub(crate) const OPERATION_WAIT: Duration = Duration::from_mins(2);

/// Minimum pause between two ticks of a model, so that work that is always due causes no busy loop.
pub(crate) const TICK: Duration = Duration::from_millis(5);

/// Minimum length at which the journal is replaced by a snapshot, in bytes; it must also be
/// [`JOURNAL_GROWTH`] times as long as its last snapshot.
pub(crate) const JOURNAL_BYTES: u64 = 4 * 1024 * 1024;

/// Factor by which the journal may outgrow its last snapshot: a new snapshot then costs at most a
/// third of the bytes written since.
pub(crate) const JOURNAL_GROWTH: u64 = 4;

/// Timeout of the probe of an address before listening there.
/// Loopback accepts or refuses within microseconds; only a packet filter causes a timeout.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_millis(250);

/// Maximum number of concurrent probes, to limit the number of open sockets.
pub(crate) const CONCURRENT_PROBES: usize = 64;

/// Pause before a refused listener is retried without a change.
pub(crate) const LISTEN_RETRY: Duration = Duration::from_secs(5);

/// Validity of the server certificate, in days: the maximum that Apple's clients accept (825 days,
/// support article HT210176), because it is issued at each start only.
pub(crate) const SERVER_CERTIFICATE_DAYS: i64 = 825;

/// Validity of the certificate authority, in days: ten years.
pub(crate) const AUTHORITY_DAYS: i64 = 3650;

/// Maximum number of concurrent health probes of a cloud, to limit the number of open sockets.
pub(crate) const CONCURRENT_HEALTH_PROBES: usize = 64;

/// Pause between a change of a cloud and the renewal of its health probes, so that many changes in
/// quick succession cost one renewal.
pub(crate) const PROBES_PAUSE: Duration = Duration::from_millis(20);

/// Pause between two renewals of the health probes without a change: probes end when no request for
/// their health came lately.
pub(crate) const PROBES_RENEWAL: Duration = Duration::from_secs(30);

/// Maximum time for which a request for health waits for the first probes: the usual interval.
pub(crate) const FIRST_PROBES: Duration = Duration::from_secs(5);

/// Maximum length of a file of recorded exchanges, in bytes: about 100,000 exchanges, and little beside
/// the disk of any machine.
pub(crate) const RECORD_BYTES: u64 = 256 * 1024 * 1024;

/// Maximum number of URLs whose last answer a record remembers: ten links of 1,000 endpoints each.
pub(crate) const RECORDED_READS: usize = 10_000;
