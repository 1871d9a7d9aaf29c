//! An emulated Google: the part of Compute Engine around Private Service Connect.
//!
//! [`model`] is the cloud as a pure value; the other modules are its shell: [`Options`] configure
//! it, [`Service`] runs it, [`Handle`] returns its addresses.
//!
//! # Listeners
//!
//! | Listener | Protocol |
//! |---|---|
//! | API (`http`, `token_endpoint`) | plain HTTP: `/compute/v1/…`, the same without the prefix, and the token endpoint `POST /token` |
//! | admin routes (`crate::admin`) | plain HTTP on loopback, for tests and for the node provisioner |
//! | proxy (`crate::connect_proxy`), optional | `CONNECT` to `compute.`, `www.` and `oauth2.googleapis.com:443`, with the API inside over TLS; unchanged clients need `HTTPS_PROXY` and the emulator's certificate authority (`REQUESTS_CA_BUNDLE`) |
//! | metadata server (`metadata`), optional | plain HTTP on loopback: the provider's token for local processes, as on a virtual machine (`GCE_METADATA_HOST`) |
//!
//! A bearer token must be the provider's. Callers without a token may use every project except the
//! provider's.
//!
//! # Admin routes
//! Every request needs `Authorization: Bearer SECRET` with the content of the admin secret file.
//! Requests of web pages (with an `Origin` header) are refused.
//!
//! | Route | Effect and reply |
//! |---|---|
//! | `PUT /hosts` `{"instance":URL,"host":IP}` | maps an instance (its path that begins with `projects/`, or any URL of it) to an address of this machine; ports are not translated; 204 |
//! | `GET /hosts` | `{"value":[{"instance","host"}]}` |
//! | `GET /endpoints` | `{"value":[{"endpoint","connection","rule","listen","backends","state","reason"?}]}`, one entry for each open port of each accepted endpoint; `connection` is the PSC connection id, `rule` the firewall rule that allows the port; `state` is `listening`, `refused` (`reason` has the rule and what to do), or `elsewhere` (the address exists in the API only) |
//! | `POST /faults` | injects a [`model::Fault`], given as JSON; 204 |
//! | `GET /resources` | `{"value":[PATH]}`: every resource of every project, to find leftovers |
//!
//! Refusals have the format `{"error":{"code","message"}}`.

mod http;
mod http_state;
mod metadata;
pub mod model;
mod options;
mod refusal;
mod service;
mod service_account;
#[cfg(test)]
mod signing;
mod token;
mod token_endpoint;

pub use crate::error::Error;
pub use options::Options;
pub use service::{Handle, Service};
