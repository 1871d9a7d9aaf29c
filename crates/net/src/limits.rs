//! Every limit of this crate, with its unit and its source.

use std::time::Duration;

/// Connections that the kernel queues for one listener until they are accepted: 1,024, as in the
/// examples of tokio's `TcpSocket::listen`. The kernel lowers it to `net.core.somaxconn`.
pub(crate) const LISTEN_BACKLOG: u32 = 1024;

/// Concurrent flows of one listener: 4,096. A flow takes two descriptors, and 20,000 is a common hard
/// limit of open files, so one busy listener leaves more than half of them to the others.
pub(crate) const MAX_FLOWS_PER_LISTENER: usize = 4_096;

/// Timeout of connecting to one backend: 4 s. Covers a lost SYN, its retransmission after 1 s
/// (RFC 6298 §2.1) and a second one after 2 s.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// Backends dialled for one flow: 4. With [`CONNECT_TIMEOUT`] a client waits at most 16 s, less than
/// the 20 s after which common clients time out.
pub(crate) const MAX_DIALS_PER_FLOW: usize = 4;

/// Copy buffer of one direction of a flow: 32 KiB, held only while bytes are in transit.
/// Measured on two cores over loopback, CPU time of the relay per GB: 0.63 s at 16 KiB, 0.42 s at
/// 32 KiB, 0.45 to 0.7 s from 64 KiB on. A stalled direction keeps as much in memory.
pub(crate) const COPY_BUFFER_BYTES: usize = 32 * 1024;

/// Idle time before the first keepalive: 2 min, below the 4 min after which cloud load balancers and
/// NAT gateways drop an idle flow by default (Azure Load Balancer, "TCP reset and idle timeout").
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_mins(2);

/// Interval between unanswered keepalives: 20 s, so that all of them take one minute.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Unanswered keepalives after which a peer is considered gone: 3, one minute in total.
pub(crate) const KEEPALIVE_RETRIES: u32 = 3;

/// Pause after an accept that failed because descriptors or memory are exhausted: 50 ms. Prevents a
/// busy loop and is too short for a client to notice once a descriptor is freed.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Largest UDP query in bytes: 4,096, far above any valid one. The kernel truncates a longer one,
/// which then fails to decode and is answered with FORMERR.
pub(crate) const MAX_UDP_QUERY_BYTES: usize = 4_096;

/// Largest UDP answer in bytes to a client that accepts as much, and the size advertised to clients:
/// 1,232, which no path fragments (DNS flag day 2020).
pub(crate) const MAX_UDP_ANSWER_BYTES: u16 = 1_232;

/// Largest UDP answer in bytes to any other client: 512 (RFC 1035 §4.2.1).
pub(crate) const PLAIN_UDP_ANSWER_BYTES: u16 = 512;

/// DNS connections served concurrently: 256, and an eighth of the descriptors at most. Resolvers use
/// UDP, which fits every answer of this server, so the limit only bounds the resources of unknown
/// clients.
pub(crate) const MAX_DNS_CONNECTIONS: usize = 256;

/// Timeout of a DNS connection for its next complete query and for accepting an answer: 10 s
/// (RFC 7766 §6.2.3: "of the order of a few seconds").
pub(crate) const DNS_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Ports tried when any port is acceptable: 16. The port that UDP gets may be in use for TCP, which is
/// rare, so 16 successive failures mean that ports are exhausted.
pub(crate) const PORT_PAIR_ATTEMPTS: usize = 16;

/// Time for which a transfer waits until its client accepts a message: 10 s, as for other answers. A client
/// that reads slower than 3 KiB/s is given up.
pub(crate) const TRANSFER_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time of one transfer in all: 5 min. BIND gives up after 2 h, and a zone of 30,000 names is 1.5 MiB.
pub(crate) const TRANSFER_TIMEOUT: Duration = Duration::from_mins(5);

/// Transfers at the same time: 10, as BIND's `transfers-out`.
pub(crate) const MAX_TRANSFERS: usize = 10;

/// Transfers at the same time to one address: 2, so that one secondary that retries leaves places to the
/// others.
pub(crate) const MAX_TRANSFERS_PER_ADDRESS: usize = 2;

/// Size from which a message of a transfer is sent: 32 KiB. Below the 64 KiB of the length (RFC 1035
/// §4.2.2), and few enough bytes to be signed within 0.1 ms.
pub(crate) const TRANSFER_MESSAGE_BYTES: usize = 32 * 1024;

/// Names that are copied under one hold of the zone's lock: 256, about 20 µs, for which an answer may
/// wait.
pub(crate) const NAMES_PER_COPY: usize = 256;

/// Copies of the zone that are begun again because the zone was replaced meanwhile: 3. A replacement happens
/// once at a start and after a failover.
pub(crate) const COPY_ATTEMPTS: usize = 3;

/// Steps of the zone that are kept for incremental transfers: 65,536. At ten changes per second they cover
/// more than the hour between the checks of a secondary that misses notifications.
pub(crate) const MAX_JOURNAL_STEPS: usize = 65_536;

/// Changed names in those steps: 65,536, about 10 MiB. A secondary that is further behind gets the whole
/// zone, which is not larger for fewer names than that.
pub(crate) const MAX_JOURNAL_CHANGES: usize = 65_536;

/// Time from one notification of a secondary to the next: 1 s. It fetches all changes since its last
/// transfer, so a burst of changes needs few of them.
pub(crate) const NOTIFY_INTERVAL: Duration = Duration::from_secs(1);

/// Time for the first answer to a notification: 2 s; doubled after each attempt without an answer.
pub(crate) const NOTIFY_TIMEOUT: Duration = Duration::from_secs(2);

/// Times after which the last serial is told again: 10 s and 60 s. BIND forgets a notification that arrives
/// while an earlier refresh fails, as at a restart of this server, and would ask again after 500 s at the
/// earliest (its `min-retry-time`).
pub(crate) const NOTIFY_REPEATS: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

/// Longest time between two attempts: 60 s (RFC 1996 §3.6). They go on until one is answered.
pub(crate) const NOTIFY_RETRY: Duration = Duration::from_mins(1);

/// Time in which at most one refused transfer is logged: 1 s, since requests cost their clients nothing.
pub(crate) const REFUSAL_LOG_INTERVAL_SECONDS: u64 = 1;
