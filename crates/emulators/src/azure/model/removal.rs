//! Removal of resources, with its effects on other resources.

use super::endpoint_connection;
use super::id::ResourceId;
use super::kind::Kind;
use super::network_interface;
use super::private_dns_zone;
use super::private_endpoint;
use super::private_link_service;
use super::state::State;
use super::virtual_network;

/// Removes a resource and updates the resources that show it.
pub(super) fn remove(state: &mut State, id: &ResourceId, version: &str) {
    let Some(resource) = state.remove(id) else {
        return;
    };
    match id.kind() {
        Kind::PrivateEndpoint => private_endpoint::after_removal(state, &resource, version),
        Kind::EndpointConnection => endpoint_connection::after_removal(state, &resource, version),
        Kind::PrivateLinkService => private_link_service::after_removal(state, &resource, version),
        Kind::NetworkInterface => network_interface::after_removal(state, &resource, version),
        Kind::Subnet => {
            if let Some(network) = id.parent() {
                state.touch(&network, version);
            }
        }
        Kind::VirtualNetwork => virtual_network::after_removal(state, id),
        Kind::ResourceGroup => remove_contents(state, id, version),
        Kind::PrivateDnsZone => private_dns_zone::after_removal(state, id),
        Kind::PrivateDnsZoneGroup
        | Kind::LoadBalancer
        | Kind::PublicIp
        | Kind::SecurityGroup
        | Kind::VirtualNetworkLink
        | Kind::RecordSet(_) => {}
    }
}

/// Removes the resources of a deleted group, users before the resources they use.
fn remove_contents(state: &mut State, group: &ResourceId, version: &str) {
    let group = group.key();
    let mut contents: Vec<ResourceId> = state
        .resources()
        .map(|it| it.id.clone())
        .filter(|id| id.group_id().key() == group)
        .collect();
    contents.sort_by_key(|id| (id.kind(), id.key()));
    for id in &contents {
        remove(state, id, version);
    }
}
