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
    pub(crate) project_vpc_id: String,
    /// Cloud and region.
    pub(crate) cloud_name: String,
    /// State of the project VPC.
    pub(crate) state: String,
}
