//! Real sockets on loopback addresses.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that meets the unexpected should stop there"
)]

mod dns;
mod peers;
mod probe;
mod relay;
mod resolver;
mod transfer;
