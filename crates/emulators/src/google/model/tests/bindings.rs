use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::HostMapping;

fn listens(fixture: &Fixture) -> Vec<String> {
    let bindings = fixture.google.bindings();
    bindings.iter().map(|it| it.listen.to_string()).collect()
}

fn backends(fixture: &Fixture) -> Vec<String> {
    let bindings = fixture.google.bindings();
    let of_all = bindings.iter().flat_map(|it| &it.backends);
    of_all.map(ToString::to_string).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

fn map(fixture: &mut Fixture, instance: &str, host: &str) {
    fixture.google.map_host(HostMapping {
        instance: zonal(&format!("instances/{instance}")),
        host: host.parse().unwrap(),
    });
}

#[test]
fn only_an_accepted_endpoint_listens() {
    let mut fixture = Fixture::new().with_endpoint();
    assert!(fixture.google.bindings().is_empty());
    fixture.accept(&[(CONSUMER, "e")]);
    let rule = fixture.shown(&consumer_regional(CONSUMER, "forwardingRules/e"));
    let bindings = fixture.google.bindings();
    let [binding] = bindings.as_slice() else {
        panic!("{bindings:?}")
    };
    assert_eq!(
        binding.endpoint,
        consumer_regional(CONSUMER, "forwardingRules/e")
    );
    assert_eq!(
        binding.connection,
        rule["pscConnectionId"].as_str().unwrap()
    );
    assert_eq!(binding.listen, "127.64.0.2:5432".parse().unwrap());
    assert_eq!(binding.rule, "allow");
    assert_eq!(binding.backends, ["127.0.0.1:5432".parse().unwrap()]);
    let number = fixture.numeric_path(CONSUMER, "e");
    fixture.updated(&regional(SA), json!({ "consumerRejectLists": [number] }));
    assert!(fixture.google.bindings().is_empty());
    fixture.updated(&regional(SA), json!({ "consumerRejectLists": [] }));
    assert_eq!(fixture.google.bindings(), bindings);
    fixture.accept(&[]);
    assert!(fixture.google.bindings().is_empty());
}

#[test]
fn an_endpoint_listens_from_the_end_of_its_insert_to_the_end_of_its_deletion() {
    let mut fixture = Fixture::slow().with_attachment();
    fixture.updated(
        &regional(SA),
        json!({ "connectionPreference": "ACCEPT_AUTOMATIC" }),
    );
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    ));
    assert_eq!(listens(&fixture), none());
    fixture.advance(DELAY);
    assert_eq!(listens(&fixture), ["127.64.0.2:5432"]);
    operation(&fixture.delete(&consumer_regional(CONSUMER, "forwardingRules/e")));
    fixture.advance(DELAY);
    assert_eq!(listens(&fixture), none());
}

#[test]
fn open_operations_keep_the_listeners() {
    let mut fixture = Fixture::slow().with_accepted();
    let before = fixture.google.bindings();
    let described = json!({ "description": "changed" });
    for (path, change) in [
        (regional(SA), &described),
        (
            regional("forwardingRules/fr"),
            &json!({ "allowGlobalAccess": true }),
        ),
        (regional("backendServices/bs"), &described),
    ] {
        operation(&fixture.change(&path, change.clone()));
        assert_eq!(fixture.google.bindings(), before, "{path}");
    }
    fixture.complete_operations();
    assert_eq!(fixture.google.bindings(), before);
    operation(&fixture.change(&regional("backendServices/bs"), json!({ "backends": [] })));
    assert_eq!(fixture.google.bindings(), before);
    fixture.complete_operations();
    assert_eq!(backends(&fixture), none());
}

#[test]
fn two_consumers_have_listeners_of_their_own() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(
        &consumer_regional(OTHER_CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    assert_eq!(listens(&fixture), ["127.64.0.2:5432"]);
    fixture.accept(&[(CONSUMER, "e"), (OTHER_CONSUMER, "e")]);
    assert_eq!(listens(&fixture), ["127.64.0.2:5432", "127.65.0.2:5432"]);
}

#[test]
fn a_forwarding_rule_on_single_ports_is_open_on_those_only() {
    let mut fixture = Fixture::new().with_load_balancer();
    fixture.deleted(&regional("forwardingRules/fr"));
    let mut body = load_balancer("fr");
    body["allPorts"] = json!(false);
    body["ports"] = json!(["6432", "5432", "7432"]);
    fixture.created(&regional("forwardingRules"), body);
    fixture.created(
        &global("firewalls"),
        allow("allow", &["5432", "6000-6999", "8432"]),
    );
    fixture.created(&regional("serviceAttachments"), attachment("sa"));
    fixture.created(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    );
    fixture.accept(&[(CONSUMER, "e")]);
    assert_eq!(listens(&fixture), ["127.64.0.2:5432", "127.64.0.2:6432"]);
}

#[test]
fn a_forwarding_rule_of_another_protocol_has_no_listeners() {
    for (protocol, count) in [("UDP", 0), ("L3_DEFAULT", 1), ("TCP", 1)] {
        let mut fixture = Fixture::new().with_load_balancer();
        fixture.deleted(&regional("forwardingRules/fr"));
        let mut body = load_balancer("fr");
        body["IPProtocol"] = json!(protocol);
        fixture.created(&regional("forwardingRules"), body);
        fixture.created(&global("firewalls"), allow("allow", &["5432"]));
        fixture.created(&regional("serviceAttachments"), attachment("sa"));
        fixture.created(
            &consumer_regional(CONSUMER, "forwardingRules"),
            endpoint("e"),
        );
        fixture.accept(&[(CONSUMER, "e")]);
        assert_eq!(listens(&fixture).len(), count, "{protocol}");
    }
}

#[test]
fn backends_are_the_mapped_instances_of_the_groups() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(&zonal("instances"), instance("n2"));
    map(&mut fixture, "n2", "127.0.0.2");
    assert_eq!(backends(&fixture), ["127.0.0.1:5432"]);
    let join = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    fixture.performed(&join, json!({ "networkEndpoints": [{ "instance": "n2" }] }));
    assert_eq!(backends(&fixture), ["127.0.0.1:5432", "127.0.0.2:5432"]);
    map(&mut fixture, "n1", "127.0.0.3");
    assert_eq!(backends(&fixture), ["127.0.0.3:5432", "127.0.0.2:5432"]);
    // Deleting an instance removes its host mapping; the listener stays.
    fixture.deleted(&zonal("instances/n1"));
    fixture.deleted(&zonal("instances/n2"));
    assert_eq!(backends(&fixture), none());
    assert_eq!(listens(&fixture), ["127.64.0.2:5432"]);
    assert_eq!(fixture.google.host_mappings(), []);
    fixture.created(&zonal("instances"), instance("n1"));
    fixture.performed(&join, json!({ "networkEndpoints": [{ "instance": "n1" }] }));
    assert_eq!(backends(&fixture), none());
}

#[test]
fn an_instance_in_several_groups_is_one_backend() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(&zonal("instances"), instance("n2"));
    map(&mut fixture, "n2", "127.0.0.2");
    fixture.created(&zonal("instanceGroups"), json!({ "name": "ig" }));
    let both = json!({ "instances": [{ "instance": "n1" }, { "instance": "n2" }] });
    fixture.performed(&zonal("instanceGroups/ig/addInstances"), both);
    let groups = [
        zonal("networkEndpointGroups/neg"),
        zonal("instanceGroups/ig"),
    ];
    let groups = groups.map(|path| json!({ "group": link(&path) }));
    fixture.updated(
        &regional("backendServices/bs"),
        json!({ "backends": groups }),
    );
    assert_eq!(backends(&fixture), ["127.0.0.1:5432", "127.0.0.2:5432"]);
    fixture.updated(
        &regional("backendServices/bs"),
        json!({ "backends": [groups[1]] }),
    );
    fixture.performed(
        &zonal("instanceGroups/ig/removeInstances"),
        json!({ "instances": [{ "instance": "n1" }] }),
    );
    assert_eq!(backends(&fixture), ["127.0.0.2:5432"]);
}

#[test]
fn an_instance_without_a_host_is_no_backend() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.created(&zonal("instances"), instance("n2"));
    let join = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    fixture.performed(&join, json!({ "networkEndpoints": [{ "instance": "n2" }] }));
    assert_eq!(backends(&fixture), ["127.0.0.1:5432"]);
    let leave = zonal("networkEndpointGroups/neg/detachNetworkEndpoints");
    fixture.performed(
        &leave,
        json!({ "networkEndpoints": [{ "instance": "n1" }] }),
    );
    assert_eq!(backends(&fixture), none());
    assert_eq!(listens(&fixture), ["127.64.0.2:5432"]);
}

#[test]
fn a_host_is_mapped_by_any_link_of_the_instance() {
    let mut fixture = Fixture::new().with_accepted();
    fixture.google.map_host(HostMapping {
        instance: link(&zonal("instances/n1")),
        host: "127.0.0.7".parse().unwrap(),
    });
    assert_eq!(backends(&fixture), ["127.0.0.7:5432"]);
    assert_eq!(fixture.google.host_mappings().len(), 1);
}
