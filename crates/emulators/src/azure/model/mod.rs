//! The network control plane as a pure value: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! Every resource is one [`resource::Resource`]: the client's own document with defaults filled
//! in, plus its entity tag, its provisioning state and the operation that is open on it.
//! What other resources make visible in it (the members of a pool, the connections of a private
//! link service) is never stored; it is derived when the resource is shown, so it cannot be stale.
//!
//! A write is checked as a whole, then applied at once, and the resource says `Updating` until
//! its operation is due; a delete removes things only when it is due.
//! Completion draws nothing at random (an operation carries the entity tag its end will write),
//! so [`crate::CloudModel::advance`] needs only the time.
//!
//! The rules come from recordings and documentation of the real service.
//! Where those are silent the assumption made is listed in `docs/reference/emulators.md`.

mod address;
mod admission;
mod answer;
mod azure;
mod balancing_rule;
mod binding;
mod call;
mod dispatch;
mod document;
mod element;
mod endpoint_connection;
mod fault;
mod guid;
mod id;
mod load_balancer;
mod network_interface;
mod operation;
mod private_endpoint;
mod private_link_service;
mod public_ip;
mod reading;
mod reference;
mod refusal;
mod resource;
mod resource_group;
mod route;
mod service_access;
mod state;
mod subnet;
mod subscription;
mod virtual_network;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub use azure::Azure;
pub use call::{Caller, Configuration, HostMapping, Reply, Request};
pub use fault::Fault;
/// Where the model's GUIDs, entity tags and link identifiers come from.
pub use rand::Rng as Generator;
