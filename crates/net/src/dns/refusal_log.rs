//! Log lines about refused transfers, which requests of unknown clients must not multiply.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{debug, warn};

use super::counts::Refusal;
use crate::limits::REFUSAL_LOG_INTERVAL_SECONDS;

/// The time of the last line.
#[derive(Debug, Default)]
pub(super) struct RefusalLog(AtomicU64);

impl RefusalLog {
    /// Logs a refused transfer or signature: at WARN unless another one was, shortly before.
    pub(super) fn note(&self, peer: SocketAddr, key: Option<&str>, refusal: Refusal, now: u64) {
        let reason = refusal.reason();
        let key = key.unwrap_or("none");
        let last = self.0.load(Ordering::Relaxed);
        if now.abs_diff(last) >= REFUSAL_LOG_INTERVAL_SECONDS {
            self.0.store(now, Ordering::Relaxed);
            warn!(peer.addr = %peer, tsig.key = key, reason, "zone transfer failed: it was refused");
        } else {
            debug!(peer.addr = %peer, tsig.key = key, reason, "zone transfer failed: it was refused");
        }
    }
}
