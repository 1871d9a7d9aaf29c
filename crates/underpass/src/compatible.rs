//! Documents of the compatible API, with the members that commands read.

pub(crate) mod connection;
pub(crate) mod link;
pub(crate) mod service;
pub(crate) mod static_ip;
pub(crate) mod vpc;
