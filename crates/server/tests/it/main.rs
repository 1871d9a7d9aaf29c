//! Tests of the server as its callers see it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

mod catalogue;
mod certificate;
mod connection_info;
mod error_pages;
mod front_door;
mod kafka;
mod nat_range;
mod options;
mod privatelink_azure;
mod privatelink_google;
mod project;
mod published;
mod published_google;
mod refresh;
mod service;
mod static_ip;
mod sweep;
mod token;
mod underpass;
mod vpc;
mod world;
