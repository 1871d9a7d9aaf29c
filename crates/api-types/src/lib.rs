//! Documents of our own API (`/v1/underpass/…`), and those of the compatible API that the console
//! reads, each defined once.
//!
//! The server serialises them, the console and the command line deserialise them. The crate
//! performs no I/O and contains no rule.
//!
//! Shapes that all documents share:
//! - A time is RFC 3339 in UTC, in whole seconds: `2026-01-01T00:00:00Z`.
//! - An ID is a text that callers do not interpret.
//! - A member whose type is an `Option` is present and `null` when there is no value, unless its
//!   documentation says that it is omitted.
//! - The order of the members is the order on the wire.

pub mod certificate;
pub mod cloud;
pub mod compatible_service;
pub mod condition;
pub mod connection;
pub mod connection_info;
pub mod doctor;
pub mod event;
pub mod grant;
pub mod kafka_listener;
pub mod link;
pub mod orphan;
pub mod overview;
pub mod part;
pub mod preflight;
pub mod project_limit;
pub mod queue;
pub mod recovery;
pub mod remedy;
pub mod service;
pub mod service_type;
pub mod static_ip;
pub mod unreadable;
pub mod vpc;

#[cfg(test)]
mod round_trip;
