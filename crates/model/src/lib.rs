//! The domain types of Underpass and every rule about them.
//!
//! The crate does no I/O, reads no clock and draws no random number: time and IDs are arguments.
//! [`reconcile::next`] decides the next step towards a desired state; [`link::shown_link`] and
//! [`link::shown_connection`] derive the shown states.

#![warn(clippy::missing_errors_doc)]

pub mod access;
pub mod adopted_network;
pub mod adoption_grant;
pub mod auth;
pub mod backend_health;
pub mod blueprint;
pub mod bounded_text;
pub mod broker_port;
pub mod certificate_names;
pub mod closest;
pub mod cloud;
pub mod cloud_resource;
pub mod cloud_target;
pub mod condition;
pub mod connection;
pub mod connection_info;
pub mod credentials;
pub mod decision_proof;
pub mod discovery;
pub mod doctor;
pub mod ended_connection;
pub mod ended_link;
pub mod event;
pub mod excerpt;
pub mod feature;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod google;
pub mod handle_claim;
pub mod id;
pub mod kafka_listener;
pub mod limited;
pub mod link;
pub mod misplaced_member;
pub mod name;
pub mod nat_range;
pub mod observed_connection;
pub mod ordinals;
pub mod orphan;
pub mod part;
pub mod plan;
pub mod planned_write;
pub mod project;
pub mod project_limits;
pub mod protocol;
pub mod published_network;
pub mod reconcile;
pub mod recovery;
pub mod refusal;
pub mod region;
pub mod remedy;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
pub mod route;
pub mod serial;
pub mod service;
pub mod service_certificate;
pub mod service_type;
pub mod shared_interface;
pub mod static_ip;
pub mod tag;
pub mod unknown_resident;
pub mod user_config;
pub mod vpc;
pub mod work;
pub mod zone;
