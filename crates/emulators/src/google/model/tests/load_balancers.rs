use serde_json::{Value, json};

use super::fixture::*;

fn refused_with(fixture: &mut Fixture, changes: Value) -> (u16, String) {
    let body = with_members(load_balancer("other"), changes);
    fixture.refused(&regional("forwardingRules"), body)
}

#[test]
fn a_load_balancer_has_an_address_in_its_subnetwork_and_no_connection() {
    let mut fixture = Fixture::new().with_load_balancer();
    let shown = fixture.shown(&regional("forwardingRules/fr"));
    assert_eq!(shown["IPAddress"], "10.0.0.3");
    assert_eq!(shown["IPProtocol"], "TCP");
    assert_eq!(shown["loadBalancingScheme"], "INTERNAL");
    assert_eq!(
        shown["backendService"],
        link(&regional("backendServices/bs"))
    );
    assert_eq!(shown["subnetwork"], link(&regional("subnetworks/nodes")));
    assert_eq!(shown.get("pscConnectionId"), None);
}

#[test]
fn a_load_balancer_finds_the_subnetwork_of_its_network() {
    let mut fixture = Fixture::new().with_load_balancer();
    let mut body = load_balancer("other");
    body["subnetwork"] = json!(null);
    let created = fixture.created(&regional("forwardingRules"), body.clone());
    assert_eq!(created["subnetwork"], link(&regional("subnetworks/nodes")));
    body["name"] = json!("third");
    body["network"] = json!(null);
    let refused = fixture.refused(&regional("forwardingRules"), body.clone());
    assert_eq!(refused, (400, "required".to_owned()));
    let network = json!({ "name": "bare", "autoCreateSubnetworks": false });
    fixture.created(&global("networks"), network);
    body["network"] = json!("global/networks/bare");
    assert_eq!(
        fixture.refused(&regional("forwardingRules"), body),
        invalid()
    );
}

#[test]
fn ports_are_five_single_ones_or_all() {
    let mut fixture = Fixture::new().with_load_balancer();
    let six = json!(["1", "2", "3", "4", "5", "19095"]);
    let mut body = load_balancer("other");
    body["allPorts"] = json!(false);
    body["ports"] = six;
    let reply = fixture.post(&regional("forwardingRules"), body.clone());
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
        assert_eq!(refused_with(&mut fixture, changes), invalid(), "{ports}");
    }
    let both = refused_with(&mut fixture, json!({ "ports": ["1"] }));
    assert_eq!(both, invalid());
    let neither = refused_with(&mut fixture, json!({ "allPorts": false }));
    assert_eq!(neither, (400, "required".to_owned()));
    let range = refused_with(
        &mut fixture,
        json!({ "allPorts": false, "portRange": "1-9" }),
    );
    assert_eq!(range, invalid());
    body["ports"] = json!(["1", "2", "3", "4", "65535"]);
    fixture.created(&regional("forwardingRules"), body);
}

#[test]
fn a_load_balancer_is_internal_with_a_backend_service_of_its_region() {
    let mut fixture = Fixture::new().with_load_balancer();
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
            json!({ "subnetwork": regional("subnetworks/nat") }),
            (400, "invalid"),
        ),
    ] {
        let refused = refused_with(&mut fixture, changes.clone());
        assert_eq!((refused.0, &*refused.1), expected, "{changes}");
    }
    let far = format!("projects/{PROVIDER}/regions/us-east1/forwardingRules");
    assert_eq!(fixture.refused(&far, load_balancer("far")), invalid());
}

#[test]
fn the_backend_service_is_immutable_and_global_access_may_change() {
    let mut fixture = Fixture::new().with_attachment();
    let path = regional("forwardingRules/fr");
    fixture.created(&regional("backendServices"), backend_service("bs2"));
    for change in [
        json!({ "backendService": regional("backendServices/bs2") }),
        json!({ "allPorts": false, "ports": ["5432"] }),
        json!({ "IPAddress": "10.0.0.9" }),
        json!({ "IPProtocol": "UDP" }),
        json!({ "target": regional(SA) }),
    ] {
        let reply = fixture.change(&path, change.clone());
        assert_eq!(reply.status, 400, "{change}");
    }
    let shown = fixture.updated(&path, json!({ "allowGlobalAccess": true }));
    assert_eq!(shown["allowGlobalAccess"], true);
}

#[test]
fn resources_behind_a_load_balancer_cannot_be_deleted() {
    let mut fixture = Fixture::new().with_load_balancer();
    let in_use = (400, "resourceInUseByAnotherResource".to_owned());
    let chain = [
        regional("forwardingRules/fr"),
        regional("backendServices/bs"),
        zonal("networkEndpointGroups/neg"),
    ];
    for path in &chain[1..] {
        assert_eq!(refusal(&fixture.delete(path)), in_use, "{path}");
    }
    assert_eq!(
        refusal(&fixture.delete(&regional("healthChecks/hc"))),
        in_use
    );
    for path in &chain {
        fixture.deleted(path);
    }
    fixture.deleted(&regional("healthChecks/hc"));
}
