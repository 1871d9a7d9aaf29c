//! Pure model of Azure's network control plane: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! Every resource is one [`resource::Resource`]: the client's document with defaults set, its entity
//! tag, its provisioning state and its open operation.
//! Members that depend on other resources (the members of a pool, the connections of a private link
//! service) are never stored. They are derived when the resource is shown, so they cannot be stale.
//!
//! A write is checked as a whole and applied immediately; the resource shows `Updating` until its
//! operation is due. A delete removes resources only when its operation is due.
//! Completion needs no randomness, because an operation carries the entity tag that its completion
//! writes. Therefore [`crate::CloudModel::advance`] needs only the time.
//!
//! `dispatch` calls `read`, `write` and `operation_requests`; `write` calls the file of each kind
//! and starts operations (`run_operation`), which call `removal`. Files of kinds import none of
//! these.
//!
//! The rules come from recordings and documentation of the real service.
//! Assumptions are listed in `docs/reference/emulators.md`.

mod address;
mod admission;
mod api_version;
mod authorization;
mod azure;
mod backend_pool;
mod balancing_rule;
mod binding;
mod body_members;
mod body_schema;
mod body_shape;
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
mod health_operation;
mod host_mapping;
mod id;
mod kind;
mod load_balancer;
mod location;
mod name_lookup;
mod network_interface;
mod operation;
mod operation_error;
mod operation_requests;
mod private_dns_members;
mod private_dns_zone;
mod private_dns_zone_group;
mod private_endpoint;
mod private_link_service;
mod probe;
mod public_ip;
mod read;
mod record_set;
mod record_type;
mod reference;
mod refusal;
mod removal;
mod reply;
mod request;
mod request_body;
mod required_probes;
mod resource;
mod resource_group;
mod role_assignment;
mod route;
mod rule_health;
mod run_operation;
mod security_group;
mod security_group_members;
mod separate_pool;
mod service_access;
mod service_frontend;
mod show;
mod state;
mod subnet;
mod subscription;
mod tags;
mod usage;
mod virtual_network;
mod virtual_network_link;
mod weather;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub(crate) use api_version::is_private_dns_path;
pub use azure::Azure;
pub use configuration::Configuration;
pub use fault::Fault;
pub use host_mapping::HostMapping;
/// The source of GUIDs, entity tags and link identifiers.
pub use rand::Rng as Generator;
pub use reply::Reply;
pub use request::{Caller, Request};
pub use role_assignment::{RoleAssignment, RoleAssignments, RoleDefinition};
