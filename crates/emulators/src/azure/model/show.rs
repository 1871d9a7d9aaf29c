//! Resources as clients see them.

use serde_json::Value;

use super::endpoint_connection;
use super::kind::Kind;
use super::load_balancer;
use super::network_interface;
use super::private_endpoint;
use super::private_link_service;
use super::public_ip;
use super::resource::Resource;
use super::state::State;
use super::subnet;
use super::virtual_network;

/// A resource as clients see it.
pub(super) fn show(state: &State, resource: &Resource) -> Value {
    let state = state;
    let mut shown = resource.shown();
    match resource.id.kind() {
        Kind::VirtualNetwork => virtual_network::dress(state, resource, &mut shown),
        Kind::Subnet => subnet::dress(state, resource, &mut shown),
        Kind::PublicIp => public_ip::dress(state, resource, &mut shown),
        Kind::NetworkInterface => network_interface::dress(resource, &mut shown),
        Kind::LoadBalancer => load_balancer::dress(state, resource, &mut shown),
        Kind::PrivateLinkService => private_link_service::dress(state, resource, &mut shown),
        Kind::EndpointConnection => endpoint_connection::dress(resource, &mut shown),
        Kind::PrivateEndpoint => private_endpoint::dress(state, resource, &mut shown),
        Kind::ResourceGroup => {}
    }
    shown
}
