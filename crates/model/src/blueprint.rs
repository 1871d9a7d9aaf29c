//! What a wish is made of in its cloud.

mod azure;
mod google;

use std::collections::BTreeMap;

use crate::cloud::Provider;
use crate::connection::Connection;
use crate::link::Link;
use crate::part::{Desired, Observed, Part, Spec};
use crate::service::Service;
use crate::static_ip::StaticIp;
use crate::vpc::ProjectVpc;

/// The parts of a link; when it is to go, none that is to be there.
pub fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
) -> BTreeMap<Part, Desired> {
    match link.provider {
        Provider::Azure if link.deleting => BTreeMap::new(),
        Provider::Azure => azure::of_link(link, service, connections, observed),
        Provider::Google if link.deleting => google::of_leaving_link(connections),
        Provider::Google => google::of_link(link, service, connections, observed),
        // Refused at creation until its driver exists.
        Provider::Aws => BTreeMap::new(),
    }
}

/// The parts of a project VPC; none when it is to go.
pub fn of_vpc(vpc: &ProjectVpc) -> BTreeMap<Part, Desired> {
    if vpc.deleting || vpc.account.is_none() {
        return BTreeMap::new();
    }
    vpc.parts()
        .into_iter()
        .map(|part| {
            let spec = match part {
                Part::Network if vpc.cloud.provider() == Provider::Azure => {
                    Spec::Network { cidr: vpc.cidr }
                }
                Part::Subnet => Spec::Subnet { cidr: vpc.cidr },
                _ => Spec::Present,
            };
            (part, Desired::Be(spec))
        })
        .collect()
}

/// The parts of a static IP; none when it is to go.
pub fn of_static_ip(address: &StaticIp) -> BTreeMap<Part, Desired> {
    if address.deleting || address.account.is_none() {
        return BTreeMap::new();
    }
    BTreeMap::from([(Part::Address, Desired::Be(Spec::Present))])
}
