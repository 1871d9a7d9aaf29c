//! Rows that make a value unique: its key contains the reserved value.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use underpass_model::cloud_resource::CloudResource;
use underpass_model::id::{ProjectVpcId, StaticIpId};
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::service::Service;

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

/// The project that a cloud resource belongs to, with its uses there.
///
/// The row exists as long as it has holders. Under the key of the resource it is unique in the
/// installation. Under a key of the project as well, the resource belongs to the project in whose
/// network the cloud shows it, and every project may have such a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudResourceReservation {
    /// The resource.
    pub resource: CloudResource,
    /// The project.
    pub project: ProjectName,
    /// The objects of the project that use the resource.
    pub holders: BTreeSet<ResourceHolder>,
}

/// An object that uses cloud resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceHolder {
    /// A service, by its nodes.
    Service(ServiceName),
    /// A static IP.
    StaticIp(StaticIpId),
    /// A project VPC that adopted a network.
    Vpc(ProjectVpcId),
}

impl CloudResourceReservation {
    /// A reservation for its first holder.
    pub fn new(resource: CloudResource, project: ProjectName, holder: ResourceHolder) -> Self {
        Self {
            resource,
            project,
            holders: BTreeSet::from([holder]),
        }
    }
}

/// The presence of a service in a project VPC. The row's key contains both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcResident {
    /// The service.
    pub service: ServiceName,
    /// The addresses of its nodes. `None` in a row of an earlier version, until the nodes change.
    #[serde(default)]
    pub addresses: Option<BTreeSet<IpAddr>>,
}

// === impl VpcResident ===

impl VpcResident {
    /// Returns the row of a service.
    pub fn of(service: &Service) -> Self {
        let addresses = service.nodes.iter().map(|node| node.address);
        Self {
            service: service.name.clone(),
            addresses: Some(addresses.collect()),
        }
    }

    /// Returns whether a node of the service may have one of these addresses.
    pub fn may_have(&self, addresses: &BTreeSet<IpAddr>) -> bool {
        let own = self.addresses.as_ref();
        own.is_none_or(|own| !own.is_disjoint(addresses))
    }
}
