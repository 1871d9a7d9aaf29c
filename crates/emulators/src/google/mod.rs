//! An emulated Google: the part of Compute Engine around Private Service Connect.
//!
//! [`model`] is the cloud as a pure value; the other modules are its shell: [`Options`] configure
//! it, [`Service`] runs it, [`Handle`] returns its addresses.
//!
//! # Listeners
//!
//! | Listener | Protocol |
//! |---|---|
//! | API (`http`, `token_endpoint`, `security_token_service`, `iam_credentials`) | plain HTTP: `/compute/v1/…`, the same without the prefix, the token endpoint `POST /token`, the Security Token Service `POST /v1/token`, and `generateAccessToken` of the IAM Service Account Credentials API |
//! | admin routes (`crate::admin`) | plain HTTP on loopback, for tests and for the node provisioner |
//! | proxy (`crate::connect_proxy`), optional | `CONNECT` to `compute.`, `www.`, `oauth2.`, `sts.` and `iamcredentials.googleapis.com:443`, with the API inside over TLS; unchanged clients need `HTTPS_PROXY` and the emulator's certificate authority (`REQUESTS_CA_BUNDLE`) |
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
//! | `PUT /credentials` `{"service_account_keys":[KEYFILE],"workload_identity_providers":[{"audience","issuer","allowed_audiences"?:[TEXT],"keys":[JWK],"direct_access"?:BOOL}],"token_creators":[{"service_account":EMAIL,"members":[EMAIL or principal://…]}],"revoke_tokens":BOOL}` | replaces the identities of the provider's project until the next start, each member empty unless given; `revoke_tokens` makes issued tokens invalid; 204 |
//! | `GET /resources` | `{"value":[PATH]}`: every resource of every project, to find leftovers |
//!
//! Refusals have the format `{"error":{"code","message"}}`.

mod admin_credentials;
mod admin_policy;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod http;
mod http_state;
mod iam_credentials;
mod identity;
mod metadata;
pub mod model;
mod options;
mod refusal;
mod security_token_service;
mod service;
mod service_account;
#[cfg(test)]
mod signing;
mod token;
mod token_endpoint;
mod workload_identity;

pub use crate::error::Error;
pub use options::{Options, Principal};
pub use service::{Handle, Service};
