//! Hosts of this machine that stand for network interfaces.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The host that stands for a NIC, set by the admin route `PUT /hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMapping {
    /// Resource ID of the NIC.
    pub nic: String,
    /// Address on this machine at which the ports of the NIC answer.
    pub host: IpAddr,
}
