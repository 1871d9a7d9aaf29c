//! The control plane as a pure value: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! Every resource is one [`resource::Resource`]: the client's own document with defaults filled
//! in and links made whole, plus its number and its fingerprint.
//! What other resources make visible in it (the users of an address, the size of a group) is never
//! stored; it is derived when the resource is shown.
//!
//! A write is checked as a whole, then an operation is opened for it, and it takes effect when that
//! is done: an insert under way has taken its name and its addresses but is not seen yet (404) nor
//! to be referred to (`resourceNotReady`), what a change will make of a resource waits beside it,
//! and what is being deleted is seen until it is gone.
//! One operation is open on a resource at a time.
//! Completion draws nothing at random (an operation carries the fingerprint its end will write), so
//! [`Google::advance`] needs only the time.
//!
//! A consumer's endpoint is a forwarding rule with a [`resource::Connection`].
//! Whether it is accepted is decided anew whenever its attachment, or one of the endpoints there,
//! has changed (`admission`). What the attachment *shows* of that may lag behind (`view`); what
//! carries bytes (`binding`) does not.
//!
//! The rules come from Google's documents, client libraries and public reports.
//! Where those are silent the assumption made is listed in `docs/reference/emulators.md`.

mod accept_list;
mod address;
mod admission;
mod backend_service;
mod binding;
mod call;
mod configuration;
mod connected_endpoints;
mod connection;
mod dispatch;
mod document;
mod draft;
mod endpoint_group;
mod evaluate_connections;
mod fault;
mod filter;
mod firewall;
mod firewall_evaluation;
mod forwarding_address;
mod forwarding_rule;
mod google;
mod health_check;
mod host_mapping;
mod id;
mod instance;
mod instance_group;
mod ip_allocation;
mod kind;
mod location;
mod membership;
mod nat_pool;
mod network;
mod number;
mod operation;
mod operation_error;
mod operation_requests;
mod page;
mod project;
mod read;
mod refusal;
mod region;
mod request;
mod resource;
mod route;
mod run_operation;
mod schema;
mod service_attachment;
mod state;
mod subnetwork;
mod timestamp;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub use configuration::Configuration;
pub use fault::Fault;
pub use google::Google;
pub use host_mapping::HostMapping;
/// Where the model's numbers, fingerprints and names of operations come from.
pub use rand::Rng as Generator;
pub use request::{Caller, Reply, Request};
