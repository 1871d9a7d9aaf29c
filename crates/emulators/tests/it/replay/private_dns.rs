//! Private DNS zones, links to networks, and zone groups of endpoints.

use serde_json::json;

use super::endpoints::{ENDPOINT, body};
use super::player::{Player, id};
use super::services::{NETWORK, SERVICE, begin, end};
use super::shapes;

const ZONE: &str = "privateDnsZones/zone.local";
const ZONE_GROUP: &str = "privateEndpoints/pe/privateDnsZoneGroups/zones";

#[test]
fn zone_groups() {
    let mut player = Player::new("2025-05-01");
    let service = begin(&mut player);
    player.created(SERVICE, service, shapes::service);
    let endpoint = body(&mut player);
    player.created(ENDPOINT, endpoint, shapes::endpoint);

    let zone = json!({ "location": "global", "name": "zone.local", "properties": {} });
    player.created_in_dns(ZONE, zone, &shapes::zone());
    // The client spells the link in another case than private DNS.
    let link = format!("{ZONE}/virtualNetworkLinks/myLink");
    let linked = json!({ "location": "global", "name": "myLink", "properties": {
        "registrationEnabled": true, "virtualNetwork": { "id": id(NETWORK) } } });
    player.created_in_dns(&link, linked, &shapes::network_link("mylink"));

    let zones = json!({ "name": "zones", "properties": { "privateDnsZoneConfigs": [
        { "name": "one", "properties": { "privateDnsZoneId": id(ZONE) } } ] } });
    player.created(ZONE_GROUP, zones.clone(), shapes::zone_group);
    let complete = shapes::zone_group("Succeeded");
    player.read(ZONE_GROUP, &complete);
    let other = "privateEndpoints/pe/privateDnsZoneGroups/other";
    player.missing_zone_group(other, "other");
    player.repeated(ZONE_GROUP, zones, 200, &complete);
    player.deleted(ZONE_GROUP, 202);
    player.deleted_in_dns(&format!("{ZONE}/virtualNetworkLinks/mylink"));
    player.deleted_in_dns(ZONE);
    player.deleted(ENDPOINT, 202);
    end(&mut player);
    player.assert_exchanges(46);
}
