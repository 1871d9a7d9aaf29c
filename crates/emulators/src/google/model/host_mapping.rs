//! The host on this machine that stands for an instance.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The host that stands for an instance, set by the admin route `PUT /hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMapping {
    /// The instance: `projects/P/zones/Z/instances/N`, or any URL of it.
    pub instance: String,
    /// The address on this machine where the instance's ports answer.
    pub host: IpAddr,
}
