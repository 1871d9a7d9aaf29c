//! Tests of the server as its callers see it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

mod catalogue;
mod certificate;
mod error_pages;
mod front_door;
mod privatelink_azure;
mod project;
mod published;
mod service;
mod static_ip;
mod token;
mod underpass;
mod vpc;
mod world;
