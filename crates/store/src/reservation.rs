//! Rows that make a value unique: its key contains the reserved value.

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use underpass_model::name::{ProjectName, ServiceName};

/// The service for which a host label is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLabelReservation {
    /// The project of the service.
    pub project: ProjectName,
    /// The service.
    pub service: ServiceName,
}

/// The link for which a piece of a NAT range is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatRangeReservation {
    /// The project of the service.
    pub project: ProjectName,
    /// The service with the link on Google.
    pub service: ServiceName,
    /// The reserved piece.
    pub piece: Ipv4Net,
}

/// The presence of a service in a project VPC. The row's key contains both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcResident {
    /// The service.
    pub service: ServiceName,
}
