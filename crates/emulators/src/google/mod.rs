//! Google Compute Engine's network slice around Private Service Connect.
//!
//! [`model`] is the cloud as a pure value; everything else in this folder is its shell:
//! [`Options`] say what to run, [`Service`] runs it, [`Handle`] says where it answers.
//!
//! Up to four listeners:
//!
//! | Listener | Speaks |
//! |---|---|
//! | the API (`http`, `grant`) | plain HTTP: `/compute/v1/…` and the same without the prefix, and `POST /token`, where a service account's holder gets an access token |
//! | the admin routes (`crate::admin`) | plain HTTP on loopback, for tests and for the machine room |
//! | the proxy (`crate::connect_proxy`), if asked for | `CONNECT` to `compute.`, `www.` and `oauth2.googleapis.com:443`, and the API inside over TLS: clients need `HTTPS_PROXY` and the emulator's authority (`REQUESTS_CA_BUNDLE`), and nothing changed in their code |
//! | the metadata server (`metadata`), if asked for | plain HTTP on loopback: the provider's token for whoever asks, as on a virtual machine (`GCE_METADATA_HOST`) |
//!
//! A bearer token is the provider's, or it is refused; who sends none may use any project but the
//! provider's.
//!
//! # Admin routes
//! Every request carries `Authorization: Bearer SECRET` with the content of the admin secret file.
//! Requests from a web page (an `Origin` header) are refused.
//!
//! | Route | Does |
//! |---|---|
//! | `PUT /hosts` `{"instance":URL,"host":IP}` | says which address of this machine stands for an instance (its path from `projects/` on, or any URL of it); ports are those that consumers dial; answers 204 |
//! | `GET /hosts` | `{"value":[{"instance","host"}]}` |
//! | `GET /endpoints` | `{"value":[{"endpoint","connection","rule","listen","backends","state","reason"?}]}`, one for each open port of each accepted endpoint; `connection` is its PSC connection id, `rule` the firewall rule that opens the port; `state` is `listening`, `refused` (`reason` says by which rule and what to do), or `elsewhere` (the address exists in the API only) |
//! | `POST /faults` | plants a [`model::Fault`], given as JSON; answers 204 |
//! | `GET /resources` | `{"value":[PATH]}`: every resource of every project, to look for leftovers |
//!
//! Refusals of these routes have the shape `{"error":{"code","message"}}`.

mod grant;
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

pub use crate::error::Error;
pub use options::Options;
pub use service::{Handle, Service};
