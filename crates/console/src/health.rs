//! Whether something can be changed just now, without asking the store for every page.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::control_plane::ControlPlane;

/// How long one look at the store is good for: 5 s. To know, it has to write, which waits for the
/// disk; a form that is sent meanwhile is refused by the store itself.
const GOOD_FOR_MICROSECONDS: i64 = 5_000_000;

/// What was last seen of the store.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// Until when writes are taken to be possible, in microseconds since the epoch.
    good_until: AtomicI64,
}

impl Health {
    /// Whether the store takes writes; looked at anew where `recheck`.
    ///
    /// That it takes none is not remembered: the first page after the store is well says so.
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
