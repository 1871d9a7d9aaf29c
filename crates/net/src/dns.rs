//! Authoritative DNS for the private names, over UDP and TCP.
//!
//! Each query is answered from one immutable [`Zone`](crate::Zone), loaded atomically. So no answer
//! mixes two zones, and publishing never waits for a query. `answer` decides the answer, and
//! `message` decodes and encodes packets; both are pure. `udp` and `tcp` perform the I/O.
//!
//! The server answers for its own domain and refuses everything else: no recursion, no zone
//! transfers, no updates. Answers are hardly longer than their queries, so the server cannot be
//! abused for amplification.

mod answer;
mod bind;
mod error;
mod message;
mod responder;
mod server;
mod tcp;
mod udp;

pub use self::error::Error;
pub use self::server::{Handle, Options, Service};
