//! Resources as clients see them.

use serde_json::Value;

use super::endpoint_connection;
use super::kind::Kind;
use super::load_balancer;
use super::network_interface;
use super::private_dns_zone;
use super::private_dns_zone_group;
use super::private_endpoint;
use super::private_link_service;
use super::public_ip;
use super::record_set;
use super::resource::Resource;
use super::security_group;
use super::state::State;
use super::subnet;
use super::virtual_network;
use super::virtual_network_link;

/// A resource as clients see it.
pub(super) fn show(state: &State, resource: &Resource) -> Value {
    let mut shown = resource.shown();
    match resource.id.kind() {
        Kind::VirtualNetwork => virtual_network::add_read_only(state, resource, &mut shown),
        Kind::SecurityGroup => security_group::add_read_only(state, resource, &mut shown),
        Kind::Subnet => subnet::add_read_only(state, resource, &mut shown),
        Kind::PublicIp => public_ip::add_read_only(state, resource, &mut shown),
        Kind::NetworkInterface => network_interface::add_read_only(state, resource, &mut shown),
        Kind::LoadBalancer => load_balancer::add_read_only(state, resource, &mut shown),
        Kind::PrivateLinkService => {
            private_link_service::add_read_only(state, resource, &mut shown);
        }
        Kind::EndpointConnection => endpoint_connection::add_read_only(state, resource, &mut shown),
        Kind::PrivateEndpoint => private_endpoint::add_read_only(state, resource, &mut shown),
        Kind::PrivateDnsZoneGroup => private_dns_zone_group::add_read_only(resource, &mut shown),
        Kind::PrivateDnsZone => private_dns_zone::add_read_only(state, resource, &mut shown),
        Kind::VirtualNetworkLink => virtual_network_link::add_read_only(resource, &mut shown),
        Kind::RecordSet(_) => record_set::add_read_only(resource, &mut shown),
        Kind::ResourceGroup => {}
    }
    shown
}
