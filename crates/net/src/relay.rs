//! TCP relays: listeners that lead to the backends of a forwarding table.
//!
//! One task per listener accepts and owns the tasks of its flows, so closing a listener is
//! ending one task. Nothing outlives its owner: dropping the last [`RelaySet`] closes all.
//!
//! Races, and what settles them:
//! - Two `apply` calls at once: a lock makes them take turns, and a table whose generation is
//!   older than the one applied is ignored, so that the newest table wins in any order.
//! - A connection that the kernel accepted while its listener is closing: it is reset by the
//!   kernel when the listening socket closes, which happens before `apply` returns.
//! - A flow still dialling while its listener closes or changes owner: its task is ended like any
//!   other. While only backends change, it goes on with the backends it read when it was accepted.

mod apply;
mod counts;
mod dial;
mod flow;
mod listener;
mod pump;

pub use apply::{ListenFailure, RelaySet};
pub use counts::{FlowCounts, Refusal};
