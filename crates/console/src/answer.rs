//! Answers of the API, as far as pages show them: one file for each object.
//!
//! Members that no page shows are left out. Texts may come from consumers and providers.

pub(crate) mod certificate;
pub(crate) mod cloud;
pub(crate) mod connection_info;
pub(crate) mod kafka_listeners;
pub(crate) mod service;
pub(crate) mod service_type;
pub(crate) mod static_ip;
pub(crate) mod vpc;
