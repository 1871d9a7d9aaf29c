//! The parts that a managed object consists of in its cloud, and their desired state.

mod azure;
mod google;

use std::collections::BTreeMap;

use crate::cloud::Provider;
use crate::connection::Connection;
use crate::google::RejectList;
use crate::link::Link;
use crate::part::{Desired, Observed, Part};
use crate::service::Service;
use crate::static_ip::StaticIp;
use crate::vpc::ProjectVpc;

/// The parts of a link. A link that is being deleted has none that must exist.
///
/// `reject_list`: the use of Google's reject list.
pub fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
    reject_list: RejectList,
) -> BTreeMap<Part, Desired> {
    match link.provider {
        Provider::Azure if link.deleting => BTreeMap::new(),
        Provider::Azure => azure::of_link(link, service, connections, observed),
        Provider::Google if link.deleting => google::of_leaving_link(connections),
        Provider::Google => google::of_link(link, service, connections, observed, reject_list),
        // Refused at creation until its driver exists.
        Provider::Aws => BTreeMap::new(),
    }
}

/// The parts of a project VPC; none while it is being deleted.
pub fn of_vpc(vpc: &ProjectVpc) -> BTreeMap<Part, Desired> {
    if vpc.deleting || vpc.account.is_none() {
        return BTreeMap::new();
    }
    vpc.parts()
        .into_iter()
        .map(|(part, spec)| (part, Desired::Be(spec)))
        .collect()
}

/// The parts of a static IP; none while it is being deleted.
pub fn of_static_ip(address: &StaticIp) -> BTreeMap<Part, Desired> {
    if address.deleting || address.account.is_none() {
        return BTreeMap::new();
    }
    match address.cloud.provider() {
        Provider::Azure => azure::of_static_ip(),
        // Refused at creation: only links on Azure need static IPs.
        Provider::Google | Provider::Aws => BTreeMap::new(),
    }
}
