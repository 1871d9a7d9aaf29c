//! Public addresses, balancers and their pools.

use serde_json::{Value, json};

use super::player::{PUT, Player};
use super::shapes;

const VERSION: &str = "2025-05-01";
pub(super) const ADDRESS: &str = "publicIPAddresses/ip";
pub(super) const BALANCER: &str = "loadBalancers/lb";

#[test]
fn addresses() {
    let mut player = Player::new(VERSION);
    let body = || json!({ "location": "eastus" });
    player.group();
    player.created(ADDRESS, body(), shapes::basic_address);
    let complete = shapes::basic_address("Succeeded");
    player.read(ADDRESS, &complete);
    player.missing("publicIPAddresses/other");
    player.repeated(ADDRESS, body(), 200, &complete);
    player.mismatched(ADDRESS, body());
    player.list("publicIPAddresses", complete);
    player.list_in_missing_group("publicIPAddresses");
    player.deleted(ADDRESS, 202);
    player.group_deleted();
    player.assert_exchanges(15);
}

/// A Standard address, and a balancer with it; the client sends the whole address.
pub(super) fn balancer(player: &mut Player) -> Value {
    let body = json!({ "location": "eastus", "sku": { "name": "Standard", "tier": "Regional" },
        "properties": { "publicIPAllocationMethod": "Static" } });
    player.created(ADDRESS, body, shapes::standard_address);
    let address = player.document(ADDRESS);
    json!({ "location": "eastus", "sku": { "name": "Standard" }, "properties": {
        "frontendIPConfigurations": [
            { "name": "front", "properties": { "publicIPAddress": address } },
        ],
    } })
}

#[test]
fn balancers() {
    let mut player = Player::new(VERSION);
    player.group();
    let body = balancer(&mut player);
    let complete = shapes::balancer(json!([]));
    player.put(BALANCER, body.clone(), 201, PUT, &complete);
    player.read(BALANCER, &complete);
    player.read(BALANCER, &complete);
    player.missing("loadBalancers/other");
    player.repeated(BALANCER, body.clone(), 200, &complete);
    player.mismatched(BALANCER, body);
    player.list("loadBalancers", complete);
    player.list_in_missing_group("loadBalancers");
    player.deleted(BALANCER, 202);
    player.deleted(ADDRESS, 202);
    player.group_deleted();
    player.assert_exchanges(19);
}

/// A pool that is written by itself.
#[test]
fn pools() {
    let mut player = Player::new(VERSION);
    player.group();
    let body = balancer(&mut player);
    let complete = shapes::balancer(json!([]));
    player.put(BALANCER, body, 201, PUT, &complete);
    player.read(BALANCER, &complete);
    let path = "loadBalancers/lb/backendAddressPools/pool";
    let pool = || json!({ "name": "pool", "properties": {} });
    player.created(path, pool(), shapes::pool);
    let complete = shapes::pool("Succeeded");
    player.read(path, &complete);
    player.missing_part("loadBalancers/lb/backendAddressPools/other");
    player.repeated(path, pool(), 200, &complete);
    player.list("loadBalancers/lb/backendAddressPools", complete);
    player.list_in_missing_group("loadBalancers/lb/backendAddressPools");
    player.deleted(path, 202);
    player.deleted(BALANCER, 202);
    player.deleted(ADDRESS, 202);
    player.group_deleted();
    player.assert_exchanges(23);
}
