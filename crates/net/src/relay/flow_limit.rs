//! Limit of the flows that the relays of a process have together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

use crate::descriptors;

/// Largest limit: 8,192, twice that of one listener.
const MAX_TOTAL: usize = 8_192;

/// Smallest limit: 8, so that a process with few descriptors still relays.
const MIN_TOTAL: usize = 8;

/// Limit of the flows of all relays that share it; cheap to clone.
#[derive(Debug, Clone)]
pub struct FlowLimit {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    total: usize,
    free: Arc<Semaphore>,
    refused: AtomicU64,
    /// Set while the limit is reached, so that it is logged once.
    is_reached: AtomicBool,
}

impl FlowLimit {
    /// The limit of this process: a sixth of the descriptors that it may open, and 8,192 at most. A
    /// flow takes two descriptors; the rest is for HTTP, DNS, listeners, the requests to clouds and
    /// the store.
    pub fn of_process() -> Self {
        Self::with_total((descriptors::limit() / 6).clamp(MIN_TOTAL, MAX_TOTAL))
    }

    /// A limit of `total` flows.
    pub fn with_total(total: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                total,
                free: Arc::new(Semaphore::new(total)),
                refused: AtomicU64::new(0),
                is_reached: AtomicBool::new(false),
            }),
        }
    }

    /// Admits a flow until the permit is dropped; `None` if the limit is reached.
    pub(super) fn admit(&self) -> Option<OwnedSemaphorePermit> {
        let Shared {
            total,
            free,
            refused,
            is_reached,
        } = &*self.shared;
        if let Ok(permit) = Arc::clone(free).try_acquire_owned() {
            // Another episode begins only after an eighth was free.
            if free.available_permits() >= total / 8 {
                is_reached.store(false, Ordering::Relaxed);
            }
            return Some(permit);
        }
        refused.fetch_add(1, Ordering::Relaxed);
        if !is_reached.swap(true, Ordering::Relaxed) {
            warn!(
                flows.limit = total,
                "refusing flows: all relays together have reached the limit. If these are legitimate, raise \
                 the limit of open files"
            );
        }
        None
    }

    /// The flows, their limit and the refused ones in Prometheus's text format.
    pub fn render(&self) -> String {
        const OPEN: &str = "underpass_relay_flows";
        const LIMIT: &str = "underpass_relay_flows_limit";
        const REFUSED: &str = "underpass_relay_flows_refused_total";
        let total = self.shared.total;
        let open = total - self.shared.free.available_permits();
        let refused = self.shared.refused.load(Ordering::Relaxed);
        format!(
            "# HELP {OPEN} Open flows through the endpoints of emulated clouds.\n# TYPE {OPEN} gauge\n{OPEN} {open}\n\
             # HELP {LIMIT} Most flows that are open together.\n# TYPE {LIMIT} gauge\n{LIMIT} {total}\n\
             # HELP {REFUSED} Flows refused at that limit.\n# TYPE {REFUSED} counter\n{REFUSED} {refused}\n"
        )
    }
}

impl Default for FlowLimit {
    fn default() -> Self {
        Self::of_process()
    }
}
