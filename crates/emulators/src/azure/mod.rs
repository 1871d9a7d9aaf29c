//! Azure Resource Manager's network slice around Private Link.
//!
//! [`model`] is the cloud as a pure value; everything else in this folder is its shell:
//! [`Options`] say what to run, [`Service`] runs it, [`Handle`] says where it answers.
//!
//! Two listeners: the cloud's own API over HTTPS (`http`, `token_endpoint`, `discovery`), and the
//! admin routes for tests and for the machine room.
//!
//! # Admin routes
//! Plain HTTP on loopback; every request carries `Authorization: Bearer SECRET` with the content
//! of the admin secret file. Requests from a web page (an `Origin` header) are refused.
//!
//! | Route | Does |
//! |---|---|
//! | `PUT /hosts` `{"nic":ID,"host":IP}` | says which address of this machine stands for a NIC; ports are those of the load-balancing rules; answers 204 |
//! | `GET /hosts` | `{"value":[{"nic","host"}]}` |
//! | `GET /endpoints` | `{"value":[{"endpoint","connection","rule","listen","backends","state","reason"?}]}`, one for each port of each approved endpoint; `state` is `listening`, `refused` (`reason` says by which rule and what to do), or `elsewhere` (the address exists in the API only) |
//! | `POST /faults` | plants a [`model::Fault`], given as JSON; answers 204 |
//! | `GET /resources` | `{"value":[ID]}`: every resource of every subscription, to look for leftovers |
//!
//! Refusals of these routes have the shape `{"error":{"code","message"}}`.

mod discovery;
mod http;
mod http_state;
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
pub use options::Options;
pub use service::{Handle, Service};
