use serde_json::{Value, json};

use super::world::*;

fn refused_with(world: &mut World, changes: Value) -> (u16, String) {
    let body = with(entry("other"), changes);
    world.refused(&ours("forwardingRules"), body)
}

#[test]
fn an_entry_has_an_address_in_its_subnetwork_and_no_connection() {
    let mut world = World::new().with_entry();
    let shown = world.seen(&ours("forwardingRules/fr"));
    assert_eq!(shown["IPAddress"], "10.0.0.3");
    assert_eq!(shown["IPProtocol"], "TCP");
    assert_eq!(shown["loadBalancingScheme"], "INTERNAL");
    assert_eq!(shown["backendService"], link(&ours("backendServices/bs")));
    assert_eq!(shown["subnetwork"], link(&ours("subnetworks/nodes")));
    assert_eq!(shown.get("pscConnectionId"), None);
}

#[test]
fn an_entry_finds_the_subnetwork_of_its_network() {
    let mut world = World::new().with_entry();
    let mut body = entry("other");
    body["subnetwork"] = json!(null);
    let made = world.made(&ours("forwardingRules"), body.clone());
    assert_eq!(made["subnetwork"], link(&ours("subnetworks/nodes")));
    body["name"] = json!("third");
    body["network"] = json!(null);
    let refused = world.refused(&ours("forwardingRules"), body.clone());
    assert_eq!(refused, (400, "required".to_owned()));
    let network = json!({ "name": "bare", "autoCreateSubnetworks": false });
    world.made(&global("networks"), network);
    body["network"] = json!("global/networks/bare");
    assert_eq!(world.refused(&ours("forwardingRules"), body), invalid());
}

#[test]
fn ports_are_five_single_ones_or_all() {
    let mut world = World::new().with_entry();
    let six = json!(["1", "2", "3", "4", "5", "19095"]);
    let mut body = entry("other");
    body["allPorts"] = json!(false);
    body["ports"] = six;
    let reply = world.post(&ours("forwardingRules"), body.clone());
    assert_eq!(refusal(&reply), invalid());
    assert_eq!(
        message(&reply),
        "Invalid value for field 'resource.ports[5]': '19095'. Too many ports specified. Maximum \
         is 5."
    );
    for ports in [
        json!(["0"]),
        json!(["65536"]),
        json!(["1-2"]),
        json!(["x"]),
        json!([5432]),
    ] {
        let changes = json!({ "allPorts": false, "ports": ports });
        assert_eq!(refused_with(&mut world, changes), invalid(), "{ports}");
    }
    let both = refused_with(&mut world, json!({ "ports": ["1"] }));
    assert_eq!(both, invalid());
    let neither = refused_with(&mut world, json!({ "allPorts": false }));
    assert_eq!(neither, (400, "required".to_owned()));
    let range = refused_with(&mut world, json!({ "allPorts": false, "portRange": "1-9" }));
    assert_eq!(range, invalid());
    body["ports"] = json!(["1", "2", "3", "4", "65535"]);
    world.made(&ours("forwardingRules"), body);
}

#[test]
fn an_entry_is_internal_and_leads_to_a_backend_service_of_its_region() {
    let mut world = World::new().with_entry();
    for (changes, expected) in [
        (json!({ "backendService": null }), (400, "required")),
        (json!({ "backendService": "none" }), (404, "notFound")),
        (json!({ "loadBalancingScheme": null }), (400, "invalid")),
        (
            json!({ "loadBalancingScheme": "EXTERNAL" }),
            (400, "invalid"),
        ),
        (json!({ "IPProtocol": "ICMP" }), (400, "invalid")),
        (
            json!({ "subnetwork": ours("subnetworks/nat") }),
            (400, "invalid"),
        ),
    ] {
        let refused = refused_with(&mut world, changes.clone());
        assert_eq!((refused.0, &*refused.1), expected, "{changes}");
    }
    let far = format!("projects/{PROVIDER}/regions/us-east1/forwardingRules");
    assert_eq!(world.refused(&far, entry("far")), invalid());
}

#[test]
fn where_an_entry_leads_stays_and_its_reach_may_change() {
    let mut world = World::new().with_attachment();
    let path = ours("forwardingRules/fr");
    world.made(&ours("backendServices"), backend_service("bs2"));
    for change in [
        json!({ "backendService": ours("backendServices/bs2") }),
        json!({ "allPorts": false, "ports": ["5432"] }),
        json!({ "IPAddress": "10.0.0.9" }),
        json!({ "IPProtocol": "UDP" }),
        json!({ "target": ours(SA) }),
    ] {
        let reply = world.change(&path, change.clone());
        assert_eq!(reply.status, 400, "{change}");
    }
    let shown = world.patched(
        &path,
        json!({ "allowGlobalAccess": true, "labels": { "a": "b" } }),
    );
    assert_eq!(shown["allowGlobalAccess"], true);
    assert_eq!(shown["labels"], json!({ "a": "b" }));
}

#[test]
fn what_an_entry_uses_is_held_down_to_the_group() {
    let mut world = World::new().with_entry();
    let in_use = (400, "resourceInUseByAnotherResource".to_owned());
    let chain = [
        ours("forwardingRules/fr"),
        ours("backendServices/bs"),
        zonal("networkEndpointGroups/neg"),
    ];
    for path in &chain[1..] {
        assert_eq!(refusal(&world.delete(path)), in_use, "{path}");
    }
    assert_eq!(refusal(&world.delete(&ours("healthChecks/hc"))), in_use);
    for path in &chain {
        world.gone(path);
    }
    world.gone(&ours("healthChecks/hc"));
}
