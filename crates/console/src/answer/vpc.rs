//! Project VPCs, by the compatible API and by our own.

use serde::Deserialize;

/// A project VPC, by the compatible API.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) project_vpc_id: String,
    pub(crate) cloud_name: String,
    pub(crate) network_cidr: String,
    pub(crate) state: String,
}

/// Every project VPC of a project.
#[derive(Deserialize)]
pub(crate) struct Vpcs {
    pub(crate) vpcs: Vec<Vpc>,
}

/// A project VPC with the services in it, by our own API.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct VpcWithServices {
    pub(crate) project_vpc_id: String,
    pub(crate) cloud_name: String,
    pub(crate) network_cidr: String,
    pub(crate) state: String,
    pub(crate) services: Vec<String>,
    pub(crate) failures: Vec<VpcFailure>,
}

/// Problem of a network; the message may be the provider's.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct VpcFailure {
    pub(crate) message: String,
    pub(crate) next_action: Option<String>,
}

/// Every project VPC of a project, with its services.
#[derive(Deserialize)]
pub(crate) struct VpcsWithServices {
    pub(crate) vpcs: Vec<VpcWithServices>,
}
