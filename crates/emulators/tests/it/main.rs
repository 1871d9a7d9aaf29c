//! Tests of the emulated clouds from outside: over HTTP, across restarts, with bytes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it should be"
)]

mod bytes;
mod echo_server;
mod emulator;
mod google_bytes;
mod google_emulator;
mod google_http;
mod google_metadata;
mod google_private_service_connect;
mod google_proxy;
mod google_tokens;
mod https;
mod listeners;
mod own_roles;
mod private_link;
mod replay;
mod restart;
#[path = "../../src/google/signing.rs"]
mod signing;
mod token_endpoint;
mod weather;
