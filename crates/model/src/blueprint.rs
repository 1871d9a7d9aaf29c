//! What a wish is made of in its cloud.

mod azure;

use std::collections::BTreeMap;

use crate::cloud::Provider;
use crate::connection::Connection;
use crate::link::Link;
use crate::part::{Observed, Part, Spec, Want};
use crate::service::Service;
use crate::static_ip::StaticIp;
use crate::vpc::{ProjectVpc, VpcPlace};

/// The parts of a link; none when it is to go.
pub fn of_link(
    link: &Link,
    service: &Service,
    connections: &[Connection],
    observed: &Observed,
) -> BTreeMap<Part, Want> {
    if link.deleting {
        return BTreeMap::new();
    }
    match link.provider {
        Provider::Azure => azure::of_link(link, service, connections, observed),
        // Refused at creation until their drivers exist.
        Provider::Google | Provider::Aws => BTreeMap::new(),
    }
}

/// The parts of a project VPC; none when it is to go.
pub fn of_vpc(vpc: &ProjectVpc) -> BTreeMap<Part, Want> {
    if vpc.deleting || vpc.account.is_none() {
        return BTreeMap::new();
    }
    match &vpc.place {
        VpcPlace::Made => BTreeMap::from([
            (Part::Group, Want::Be(Spec::Present)),
            (Part::Network, Want::Be(Spec::Network { cidr: vpc.cidr })),
        ]),
        VpcPlace::Adopted(_) => BTreeMap::from([(Part::NatPolicy, Want::Be(Spec::Present))]),
    }
}

/// The parts of a static IP; none when it is to go.
pub fn of_static_ip(address: &StaticIp) -> BTreeMap<Part, Want> {
    if address.deleting || address.account.is_none() {
        return BTreeMap::new();
    }
    BTreeMap::from([(Part::Address, Want::Be(Spec::Present))])
}
