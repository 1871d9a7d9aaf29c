//! The data plane: TCP relays, a TCP probe and authoritative DNS.
//!
//! The control plane decides, and this crate applies its decisions. Its inputs are two versioned
//! values, each replaced as a whole: a [`ForwardingTable`] and a [`Zone`]. A relay dials only
//! backends of the table, and DNS answers only names of the zone. Both keep serving their latest
//! value while the control plane is unavailable.

mod addr;
pub mod connections;
mod descriptors;
pub mod dns;
mod forwarding;
mod limits;
pub mod probe;
pub mod relay;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

pub use self::addr::{BackendAddr, ClientAddr, ListenAddr};
pub use self::forwarding::{ForwardingTable, Route};
pub use self::relay::{FlowCounts, FlowLimit, ListenFailure, Refusal, RelaySet};
pub use underpass_model::zone::Zone;
