//! Zone groups of private endpoints.

use serde_json::{Value, json};

use super::fixture::*;
use super::private_dns::{ZONE, zone};
use crate::cloud_model::CloudModel as _;

const GROUP: &str = "privateEndpoints/e/privateDnsZoneGroups/default";

/// A group of these zones.
fn of(zones: &[&str]) -> Value {
    let configs: Vec<Value> = zones
        .iter()
        .enumerate()
        .map(|(index, zone)| {
            json!({ "name": format!("z{index}"), "properties": { "privateDnsZoneId": theirs(zone) } })
        })
        .collect();
    json!({ "properties": { "privateDnsZoneConfigs": configs } })
}

#[test]
fn a_zone_group_writes_no_records_for_a_private_link_service() {
    let mut fixture = Fixture::slow().with_endpoint().with_zone();
    let created = fixture.consumer().put(&theirs(GROUP), of(&[ZONE]));
    assert_eq!(created.status, 201);
    assert!(header(&created, "azure-asyncnotification").is_some());
    let shown = created.body.unwrap();
    let properties = &shown["properties"];
    assert_eq!(properties["provisioningState"], "Updating");
    let config = &properties["privateDnsZoneConfigs"][0];
    assert_eq!(config["properties"]["provisioningState"], "Updating");
    assert_eq!(config["properties"]["recordSets"], json!([]));
    assert_eq!(
        config["type"],
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/privateDnsZoneConfigs"
    );
    fixture.settle();
    let shown = fixture.seen_by_consumer(&theirs(GROUP));
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
    let zone = fixture.seen_by_consumer(&theirs(ZONE));
    assert_eq!(zone["properties"]["numberOfRecordSets"], 1);
    let repeated = fixture.consumer().put(&theirs(GROUP), of(&[ZONE]));
    assert_eq!(repeated.status, 200);
    assert_eq!(
        repeated.body.unwrap()["properties"]["provisioningState"],
        "Succeeded"
    );
    let list = theirs("privateEndpoints/e/privateDnsZoneGroups");
    let listed = fixture.seen_by_consumer(&list);
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    assert_eq!(fixture.consumer().delete(&theirs(GROUP)).status, 202);
    fixture.settle();
    let gone = fixture.consumer().get(&theirs(GROUP));
    assert_eq!(refusal(&gone), (404, "NotFound".to_owned()));
}

#[test]
fn zone_groups_are_limited_and_name_existing_zones() {
    let mut fixture = Fixture::new().with_endpoint().with_zone();
    let names: Vec<String> = (1..=6)
        .map(|it| format!("privateDnsZones/z{it}.internal"))
        .collect();
    for name in &names {
        fixture.made_by_consumer(name, zone());
    }
    let zones: Vec<&str> = names.iter().map(String::as_str).collect();
    let path = theirs(GROUP);
    let mut refused = |body: Value| refusal(&fixture.consumer().put(&path, body)).1;
    assert_eq!(refused(of(&zones)), "PrivateDnsZoneConfigLimitReached");
    let missing = of(&["privateDnsZones/no.internal"]);
    assert_eq!(refused(missing), "InvalidPrivateDnsZoneIds");
    assert_eq!(
        refused(of(&["virtualNetworks/v"])),
        "InvalidPrivateDnsZoneIds"
    );
    let foreign = json!({ "properties": { "privateDnsZoneConfigs": [
        { "name": "z", "properties": { "privateDnsZoneId": ours(ZONE) } } ] } });
    assert_eq!(refused(foreign), "LinkedAuthorizationFailed");
    fixture.made_by_consumer(GROUP, of(&zones[..5]));
    let second = theirs("privateEndpoints/e/privateDnsZoneGroups/second");
    let reply = fixture.consumer().put(&second, of(&[ZONE]));
    let expected = (400, "PrivateDnsZoneGroupLimitReached".to_owned());
    assert_eq!(refusal(&reply), expected);
}

#[test]
fn a_zone_group_goes_with_its_endpoint() {
    let mut fixture = Fixture::new().with_endpoint().with_zone();
    fixture.made_by_consumer(GROUP, of(&[ZONE]));
    fixture.consumer().delete(&theirs("privateEndpoints/e"));
    fixture.settle();
    let ids = fixture.azure.resource_ids();
    assert!(ids.iter().all(|id| !id.contains("privateDnsZoneGroups")));
    assert!(ids.iter().any(|id| id.contains("privateDnsZones")));
}
