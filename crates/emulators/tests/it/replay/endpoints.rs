//! Private endpoints.

use serde_json::{Value, json};

use super::player::{Player, id};
use super::services::{SERVICE, SUBNET, begin, end};
use super::shapes;

const VERSION: &str = "2025-05-01";
pub(super) const ENDPOINT: &str = "privateEndpoints/pe";

/// An endpoint that its client's right approves; the client sends the whole subnet.
pub(super) fn body(player: &mut Player) -> Value {
    let subnet = player.document(SUBNET);
    json!({ "location": "eastus", "properties": {
        "subnet": subnet,
        "privateLinkServiceConnections": [
            { "name": "link", "properties": { "privateLinkServiceId": id(SERVICE) } },
        ],
    } })
}

#[test]
fn endpoints() {
    let mut player = Player::new(VERSION);
    let service = begin(&mut player);
    player.created(SERVICE, service, shapes::service);
    let body = body(&mut player);
    player.created(ENDPOINT, body.clone(), shapes::endpoint);
    let complete = shapes::endpoint("Succeeded");
    player.read(ENDPOINT, &complete);
    player.missing("privateEndpoints/other");
    player.repeated(ENDPOINT, body, 200, &complete);
    player.deleted(ENDPOINT, 202);
    end(&mut player);
    player.assert_exchanges(31);
}
