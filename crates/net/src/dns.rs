//! Authoritative DNS for the private names, over UDP and TCP.
//!
//! Each query is answered from one state of the [`Zone`](crate::Zone). `answer` decides the answer, and
//! `message` decodes and encodes packets; both are pure. `udp` and `tcp` perform the I/O.
//!
//! The server answers for its own domain and refuses everything else: no recursion, no updates, and zone
//! transfers only for the secondaries that its options name. Answers over UDP are hardly longer than
//! their queries, so the server cannot be abused for amplification.
//!
//! A secondary copies the whole zone (`transfer`, from a `snapshot`) or what changed (from the
//! `journal`), and is told about changes (`notify`). `tsig` signs and verifies.
//!
//! A [`Resolver`] answers for another source of names, given as a [`Lookup`]: the zones of an emulated
//! network.

mod access;
mod answer;
mod bind;
mod clock;
mod copy;
mod counts;
mod delegation;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod journal;
mod lookup;
mod lookup_message;
mod message;
mod notify;
mod refusal_log;
mod resolver;
mod respond;
mod responder;
mod server;
mod snapshot;
mod tcp;
mod transfer;
mod transfer_message;
mod transfer_slots;
mod tsig;
mod udp;
mod wire;

pub use self::access::TransferRule;
pub use self::delegation::{Delegation, NameServer};
pub use self::error::Error;
pub use self::lookup::{Authority, Found, FoundRecord, Lookup, RecordData, RecordKind};
pub use self::notify::Secondary;
pub use self::resolver::Resolver;
pub use self::server::{Handle, Options, Service};
pub use self::tsig::{TsigAlgorithm, TsigKey};
