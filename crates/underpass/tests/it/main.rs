//! The binary, as users and scripts run it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

mod browser;
mod connection_info;
mod demo;
mod greeter;
mod lifecycle;
mod listeners;
mod next_steps;
mod overview;
mod person;
mod pictures;
mod portal;
mod published_azure;
mod published_google;
mod replaced_store;
mod running;
mod try_out;
mod usage;
