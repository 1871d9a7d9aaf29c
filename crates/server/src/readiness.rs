//! Readiness of the process for new requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Readiness of the process, which ends with the request to stop; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    /// Ends the readiness: clients should use another process.
    pub fn end(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Reports whether the process stops.
    pub fn has_ended(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
