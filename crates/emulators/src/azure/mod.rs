//! Emulated Azure: the part of Azure Resource Manager that Private Link needs.
//!
//! [`model`] is the cloud as a pure model. The other files of this folder serve it: [`Options`]
//! configure it, [`Service`] runs it, [`Handle`] contains its addresses.
//!
//! There are two listeners: the API of the cloud over HTTPS (`http`, `token_endpoint`, `discovery`),
//! and the admin routes for tests and for the node provisioner. A third one is optional: the instance
//! metadata service (`metadata`), plain HTTP on loopback.
//!
//! # Admin routes
//! Plain HTTP on loopback; every request carries `Authorization: Bearer SECRET` with the content
//! of the admin secret file. Requests from a web page (an `Origin` header) are refused.
//!
//! | Route | Does |
//! |---|---|
//! | `PUT /hosts` `{"nic":ID,"host":IP}` | sets the address of this machine that stands for a NIC; ports are those of the load balancing rules; answers 204 |
//! | `GET /hosts` | `{"value":[{"nic","host"}]}` |
//! | `GET /endpoints` | `{"value":[{"endpoint","connection","rule","listen","backends","state","reason"?}]}`, one for each port of each approved endpoint; `state` is `listening`, `refused` (`reason` contains the rule and the remedy), or `elsewhere` (the address exists in the API only) |
//! | `POST /faults` | injects a [`model::Fault`], given as JSON; answers 204 |
//! | `PUT /credentials` `{"secrets":[TEXT],"certificates":PEM,"federated":[{"issuer","subject","audiences":[TEXT],"keys":[JWK]}],"identities":[CLIENT],"revoke_tokens":BOOL}` | replaces the credentials of the provider's client until the next start, each member empty unless given (`identities`: the provider's client); `revoke_tokens` makes its tokens invalid; answers 204 |
//! | `GET /resources` | `{"value":[ID]}`: all resources of all subscriptions, for tests that look for leftovers |
//!
//! Refusals of these routes have the format `{"error":{"code","message"}}`.

mod admin_credentials;
mod admin_roles;
mod certificate;
mod client_credentials;
mod consumer_dns;
mod discovery;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod http;
mod http_state;
mod metadata;
pub mod model;
mod options;
mod refusal;
mod service;
mod tenant;
mod token;
mod token_endpoint;
mod token_error;
mod token_request;

pub use crate::error::Error;
pub use options::{Application, Options};
pub use service::{Handle, Service};
