//! Private link services.

use serde_json::{Value, json};

use super::networks::service_network;
use super::player::{PUT, Player};
use super::public::{ADDRESS, BALANCER, balancer};
use super::shapes;

const VERSION: &str = "2025-05-01";
pub(super) const SERVICE: &str = "privateLinkServices/service";
pub(super) const NETWORK: &str = "virtualNetworks/net";
pub(super) const SUBNET: &str = "virtualNetworks/net/subnets/part";

/// A group, an address, a balancer and a network, as every recording of a service begins; returns
/// the body of the service, with the whole frontend and the whole subnet that were read.
pub(super) fn begin(player: &mut Player) -> Value {
    player.group();
    let body = balancer(player);
    let complete = shapes::balancer(json!([]));
    player.put(BALANCER, body, 201, PUT, &complete);
    player.read(BALANCER, &complete);
    service_network(player);
    let frontend = player.document(BALANCER)["properties"]["frontendIPConfigurations"][0].clone();
    let subnet = player.document(SUBNET);
    json!({ "location": "eastus", "properties": {
        "ipConfigurations": [{ "name": "nat", "properties": {
            "primary": true, "privateIPAddressVersion": "IPv4", "subnet": subnet } }],
        "loadBalancerFrontendIpConfigurations": [frontend],
    } })
}

/// The end of every such recording.
pub(super) fn end(player: &mut Player) {
    for path in [SERVICE, BALANCER, ADDRESS, NETWORK] {
        player.deleted(path, 202);
    }
    player.group_deleted();
}

#[test]
fn services() {
    let mut player = Player::new(VERSION);
    let body = begin(&mut player);
    player.created(SERVICE, body.clone(), shapes::service);
    let complete = shapes::service("Succeeded");
    player.read(SERVICE, &complete);
    player.missing("privateLinkServices/other");
    player.repeated(SERVICE, body, 200, &complete);
    player.list("privateLinkServices", complete);
    player.list_in_missing_group("privateLinkServices");
    end(&mut player);
    player.assert_exchanges(28);
    let alias = player_alias();
    assert!(
        alias.ends_with(".eastus.azure.privatelinkservice"),
        "{alias}"
    );
    assert!(alias.starts_with("service."), "{alias}");
}

/// The alias of a service: name, GUID, region.
fn player_alias() -> String {
    let mut player = Player::new(VERSION);
    let body = begin(&mut player);
    player.prepare(SERVICE, body);
    let alias = player.document(SERVICE)["properties"]["alias"].clone();
    alias.as_str().unwrap().to_owned()
}
