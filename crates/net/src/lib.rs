//! The only packet carrying: TCP relays, a TCP probe and authoritative DNS.
//!
//! Nothing here decides anything.
//! The inputs are two versioned values, replaced whole: a [`ForwardingTable`] and a [`Zone`].
//! A relay dials only addresses of the table, and a name is answered only while the zone has it;
//! so whoever computes those two values has said all there is to say.
//! Both go on working on the last value they were given while the control plane is away.

pub mod dns;
mod limits;
pub mod probe;
pub mod relay;

pub use relay::{FlowCounts, ListenFailure, Refusal, RelaySet};
pub use underpass_model::forwarding::{ForwardingTable, Route};
pub use underpass_model::zone::Zone;
