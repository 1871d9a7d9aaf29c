//! The real binary, as people and scripts run it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

mod browser;
mod connection_info;
mod demo;
mod google_story;
mod greeter;
mod lifecycle;
mod overview;
mod person;
mod pictures;
mod portal;
mod running;
mod story;
mod try_out;
mod usage;
