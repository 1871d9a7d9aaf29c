//! The model of Compute Engine as a pure value: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! A `resource::Resource` is the client's document, with defaults filled in and links completed,
//! plus its numeric id and its fingerprint.
//! Members that follow from other resources (the users of an address, the size of a group) are not
//! stored; they are computed when the resource is read.
//!
//! A write is checked as a whole, then its operation is started; the write takes effect when the
//! operation completes.
//! Until then:
//!
//! * an inserted resource holds its name and its addresses, but GET answers 404 and links to it are
//!   refused (`resourceNotReady`);
//! * the new content of an updated resource is stored beside the current one;
//! * a resource that is deleted can still be read.
//!
//! A resource has at most one open operation.
//! Completion needs no random values (an operation carries the fingerprint that it writes), so
//! [`Google::advance`](crate::cloud_model::CloudModel::advance) needs the time only.
//!
//! A consumer's endpoint is a forwarding rule with a `connection::Connection`, a consumer's backend a
//! regional network endpoint group with one.
//! All connections of an attachment are evaluated when the attachment or one of its endpoints
//! changes (`evaluate_connections`).
//! The `connectedEndpoints` of the attachment may show the result later; the bindings follow
//! immediately.
//!
//! The rules come from Google's documentation, client libraries and public reports.
//! Assumptions about undocumented behaviour are listed in `docs/reference/emulators.md`.

mod accept_list;
mod address;
mod admission;
mod authorization;
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
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod get_health;
mod google;
mod health_check;
mod host_mapping;
mod iam_policy;
mod id;
mod instance;
mod instance_group;
mod ip_allocation;
mod kind;
mod labels;
mod location;
mod members;
mod membership;
mod nat_pool;
mod network;
mod number;
mod operation;
mod operation_error;
mod operation_requests;
mod page;
mod probe;
mod project;
mod quota;
mod read;
mod refusal;
mod region;
mod regional_endpoint_group;
mod request;
mod required_probes;
mod resource;
mod route;
mod run_operation;
mod schema;
mod service;
mod service_attachment;
mod set_labels;
mod state;
mod subnetwork;
mod targeted_attachment;
mod timestamp;
mod weather;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub use configuration::Configuration;
pub use fault::Fault;
pub use google::Google;
pub use host_mapping::HostMapping;
pub use iam_policy::{IamBinding, IamPolicy, Role};
pub use request::{Caller, Reply, Request};
