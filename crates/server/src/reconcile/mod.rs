//! Converges wishes: leased rows of work become steps, safely, for ever.
//!
//! [`turn()`] is one worker's turn over one wish; [`sweep()`] lists whole scopes; [`Workers`] and
//! [`Sweeper`] run them.

mod noun;
mod sweep;
mod sweeper;
mod turn;
mod wakeup;
mod wish;
mod worker;

pub use self::sweep::{Swept, sweep, sweep_all};
pub use self::sweeper::{Look, SweepHandle, Sweeper};
pub use self::turn::{Engine, LEASE, Turn, turn};
pub use self::wakeup::Wakeup;
pub use self::worker::Workers;
