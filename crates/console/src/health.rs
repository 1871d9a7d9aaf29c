//! State of the store, so that pages can offer forms only when changes are possible.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::control_plane::ControlPlane;

/// Validity of a check: 5 s. A check writes, which waits for the disk; in between, the store itself
/// refuses forms.
const GOOD_FOR_MICROSECONDS: i64 = 5_000_000;

/// Result of the last check.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Time until which writes are considered possible, in microseconds since the epoch.
    good_until: AtomicI64,
}

impl Health {
    /// Reports whether the store takes writes; with `recheck`, checks it now.
    ///
    /// A failure is not kept: the first page after the recovery of the store shows it.
    pub(crate) async fn takes_writes(
        &self,
        control_plane: &dyn ControlPlane,
        recheck: bool,
    ) -> bool {
        let now = control_plane.now().as_microsecond();
        if !recheck && now < self.good_until.load(Ordering::Relaxed) {
            return true;
        }
        let is_good = control_plane.takes_writes().await;
        let until = if is_good {
            now.saturating_add(GOOD_FOR_MICROSECONDS)
        } else {
            0
        };
        self.good_until.store(until, Ordering::Relaxed);
        is_good
    }
}
