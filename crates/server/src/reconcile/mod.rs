//! Converges wishes: leased rows of work become steps, safely, for ever.
//!
//! [`reconcile_pass()`] is one worker's turn over one wish; [`sweep()`] lists whole scopes; [`Workers`] and
//! [`Sweeper`] run them.

mod managed;
mod pass;
mod reconciliation;
mod sweep;
mod sweeper;
mod wakeup;
mod worker;

pub use self::pass::{Engine, LEASE, PassOutcome, reconcile_pass};
pub use self::sweep::{Swept, sweep, sweep_all};
pub use self::sweeper::{RefreshOutcome, SweepHandle, Sweeper};
pub use self::wakeup::Wakeup;
pub use self::worker::Workers;
