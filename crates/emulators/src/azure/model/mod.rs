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
mod azure;
mod backend_pool;
mod balancing_rule;
mod binding;
mod call;
mod configuration;
mod connection_state;
mod dispatch;
mod document;
mod draft;
mod element;
mod endpoint_connection;
mod fault;
mod guid;
mod host_mapping;
mod id;
mod kind;
mod load_balancer;
mod network_interface;
mod operation;
mod operation_error;
mod operation_requests;
mod private_endpoint;
mod private_link_service;
mod public_ip;
mod read;
mod reference;
mod refusal;
mod removal;
mod reply;
mod request;
mod request_body;
mod resource;
mod resource_group;
mod route;
mod run_operation;
mod service_access;
mod service_frontend;
mod show;
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
pub use configuration::Configuration;
pub use fault::Fault;
pub use host_mapping::HostMapping;
/// Where the model's GUIDs, entity tags and link identifiers come from.
pub use rand::Rng as Generator;
pub use reply::Reply;
pub use request::{Caller, Request};
