//! Every bound this crate keeps, with its unit and its reason.

use std::time::Duration;

/// Connections the kernel holds for one listener until we accept them.
/// 1024 is what common servers ask for; the kernel lowers it to `net.core.somaxconn`.
pub(crate) const LISTEN_BACKLOG: u32 = 1024;

/// Flows carried at once by one listener.
/// A flow takes two descriptors; 20,000 is a usual hard limit of open files, so that one busy
/// listener leaves more than half of them to the others.
pub(crate) const MAX_FLOWS_PER_LISTENER: usize = 4_096;

/// How long one backend may take to accept a flow: room for one lost SYN and its
/// retransmission after 1 s (RFC 6298 §2.1), and one more after 2 s.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// Backends tried for one flow, so that a client waits for an answer no longer than
/// this times [`CONNECT_TIMEOUT`], below the 20 s after which common clients give up.
pub(crate) const MAX_DIALS_PER_FLOW: usize = 4;

/// Bytes read at once in one direction of a flow, held only while bytes move or wait.
/// Measured on two cores over loopback, CPU of the relay per GB: 0.63 s at 16 KiB, 0.42 s here,
/// 0.45 to 0.7 s from 64 KiB on. It is also what one stalled direction keeps in memory.
pub(crate) const COPY_BUFFER_BYTES: usize = 32 * 1024;

/// Silence before the first keepalive: below the 4 minutes after which load balancers and
/// address translators of the clouds forget an idle flow by default.
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_mins(2);

/// Between keepalives that stay unanswered.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Unanswered keepalives after which a peer counts as gone: a minute in all.
pub(crate) const KEEPALIVE_RETRIES: u32 = 3;

/// Pause after an accept that failed for want of descriptors or memory, so that the loop
/// does not spin; short enough that a freed descriptor is used at once.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of the largest UDP query read; ours are far smaller, and a longer one is cut by the
/// kernel, fails to parse and is answered so.
pub(crate) const MAX_UDP_QUERY_BYTES: usize = 4_096;

/// Bytes of the largest UDP answer to a client that says it takes as much, and what we tell
/// clients that we take: it crosses any path unfragmented (DNS flag day 2020).
pub(crate) const MAX_UDP_ANSWER_BYTES: u16 = 1_232;

/// Bytes of the largest UDP answer to any other client (RFC 1035 §4.2.1).
pub(crate) const PLAIN_UDP_ANSWER_BYTES: u16 = 512;

/// DNS connections served at once; one more is closed at once. Resolvers keep to UDP, which
/// fits every answer we give, so that this only bounds what strangers can hold open.
pub(crate) const MAX_DNS_CONNECTIONS: usize = 256;

/// How long a DNS connection may take for its next whole query, or to take an answer
/// (RFC 7766 §6.2.3: "of the order of a few seconds").
pub(crate) const DNS_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Port numbers tried when any will do, since the one that UDP was given may be taken for TCP.
pub(crate) const PORT_PAIR_ATTEMPTS: usize = 16;
