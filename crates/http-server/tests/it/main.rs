//! Servers with limits, over real sockets.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod connections;
mod heads;
mod proxies;
mod requests;
mod tls;
mod world;
