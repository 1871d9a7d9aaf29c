//! Project VPCs.

use serde::Deserialize;

use crate::document::Document;

/// Answer of `GET …/vpcs`.
#[derive(Debug, Deserialize)]
pub(crate) struct ProjectVpcList {
    /// Project VPCs of the project.
    pub(crate) vpcs: Vec<Document<ProjectVpc>>,
}

/// A project VPC.
#[derive(Debug, Deserialize)]
pub(crate) struct ProjectVpc {
    /// ID of the project VPC.
    #[serde(rename = "project_vpc_id")]
    pub(crate) id: String,
    /// Cloud and region.
    #[serde(rename = "cloud_name")]
    pub(crate) cloud: String,
    /// Range of the network.
    #[serde(rename = "network_cidr", default)]
    pub(crate) cidr: String,
    /// State of the project VPC.
    pub(crate) state: String,
}
