//! The parts that a managed object consists of in its cloud, and their desired state.

mod azure;
mod google;

use std::collections::BTreeMap;

use crate::cloud::Provider;
use crate::connection::Connection;
use crate::google::RejectList;
use crate::link::Link;
use crate::part::{Desired, Observed, Part, Spec};
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
///
/// `is_inhabited`: a service is in it. A network that was deleted outside Underpass is then not made
/// again: another network of the same name has no nodes, peerings or routes of the deleted one. For the
/// same reason nothing is written while another network is in its place.
pub fn of_vpc(
    vpc: &ProjectVpc,
    is_inhabited: bool,
    observed: &Observed,
) -> BTreeMap<Part, Desired> {
    if vpc.deleting || vpc.account.is_none() {
        return BTreeMap::new();
    }
    let desired = |(part, spec): (Part, Spec)| {
        let is_lost = part.is_network() && observed.is_lost(&part);
        let is_kept = is_inhabited && (is_lost || observed.is_replaced(&Part::Network));
        let desired = if is_kept {
            Desired::Leave
        } else {
            Desired::Be(spec)
        };
        (part, desired)
    };
    vpc.parts().into_iter().map(desired).collect()
}

/// The parts of a static IP; none while it is being deleted.
///
/// An address that was deleted outside Underpass is not made again: the cloud would assign another
/// one, which the lists of allowed addresses at consumers do not contain.
pub fn of_static_ip(address: &StaticIp, observed: &Observed) -> BTreeMap<Part, Desired> {
    if address.deleting || address.account.is_none() {
        return BTreeMap::new();
    }
    match address.cloud.provider() {
        Provider::Azure => azure::of_static_ip(observed),
        // Refused at creation: only links on Azure need static IPs.
        Provider::Google | Provider::Aws => BTreeMap::new(),
    }
}
