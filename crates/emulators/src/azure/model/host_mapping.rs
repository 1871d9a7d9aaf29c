//! Hosts of this machine that stand for network interfaces.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The host a NIC stands for, as told by the emulator's admin route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMapping {
    /// Resource id of the NIC.
    pub nic: String,
    /// The address on this machine where the NIC's ports answer.
    pub host: IpAddr,
}
