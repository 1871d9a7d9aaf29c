//! TCP relays: listeners that forward flows to the backends of a forwarding table.
//!
//! Each listener is one task that accepts flows and owns their tasks, so ending that task closes the
//! listener and cuts its flows. No task outlives its owner: dropping the last [`RelaySet`] closes
//! every listener.
//!
//! # Races
//! - Concurrent calls of [`RelaySet::apply`] are serialised by a lock. A table with an older
//!   generation than the applied one is ignored, so the newest table wins in any order.
//! - A connection that the kernel has accepted while its listener closes is reset by the kernel when
//!   the listening socket closes, which happens before `apply` returns.
//! - A flow that is still dialling while its listener closes or changes owner is ended like any
//!   other. If only the backends change, it continues with those read when it was accepted.

mod copy;
mod counts;
mod dial;
mod flow;
mod flow_limit;
mod listen_failure;
mod listener;
mod relay_set;

pub use self::counts::{FlowCounts, Refusal};
pub use self::flow_limit::FlowLimit;
pub use self::listen_failure::ListenFailure;
pub use self::relay_set::RelaySet;
