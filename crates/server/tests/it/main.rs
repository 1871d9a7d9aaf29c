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
mod console;
mod console_certificate;
mod console_degraded;
mod console_lists;
mod console_network_configuration;
mod console_networks;
mod console_nodes;
mod console_register;
mod console_service;
mod error_pages;
mod front_door;
mod history;
mod kafka;
mod nat_range;
mod options;
mod overview;
mod privatelink_azure;
mod privatelink_google;
mod project;
mod published;
mod published_google;
mod queue;
mod refresh;
mod service;
mod services;
#[path = "../../../store/tests/it/small_disk.rs"]
mod small_disk;
mod static_ip;
mod sweep;
mod token;
mod underpass;
mod visitor;
mod vpc;
mod world;
