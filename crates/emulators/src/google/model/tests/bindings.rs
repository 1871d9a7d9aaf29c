use serde_json::json;

use super::world::*;
use crate::cloud_model::CloudModel as _;
use crate::google::model::HostMapping;

fn listens(world: &World) -> Vec<String> {
    let bindings = world.google.bindings();
    bindings.iter().map(|it| it.listen.to_string()).collect()
}

fn backends(world: &World) -> Vec<String> {
    let bindings = world.google.bindings();
    let of_all = bindings.iter().flat_map(|it| &it.backends);
    of_all.map(ToString::to_string).collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

fn map(world: &mut World, instance: &str, host: &str) {
    world.google.map_host(HostMapping {
        instance: zonal(&format!("instances/{instance}")),
        host: host.parse().unwrap(),
    });
}

#[test]
fn only_an_accepted_endpoint_listens() {
    let mut world = World::new().with_endpoint();
    assert!(world.google.bindings().is_empty());
    world.admit(&[(CONSUMER, "e")]);
    let rule = world.seen(&theirs(CONSUMER, "forwardingRules/e"));
    let bindings = world.google.bindings();
    let [binding] = bindings.as_slice() else {
        panic!("{bindings:?}")
    };
    assert_eq!(binding.endpoint, theirs(CONSUMER, "forwardingRules/e"));
    assert_eq!(
        binding.connection,
        rule["pscConnectionId"].as_str().unwrap()
    );
    assert_eq!(binding.listen, "127.64.0.2:5432".parse().unwrap());
    assert_eq!(binding.rule, "allow");
    assert_eq!(binding.backends, ["127.0.0.1:5432".parse().unwrap()]);
    let number = world.numbered(CONSUMER, "e");
    world.patched(&ours(SA), json!({ "consumerRejectLists": [number] }));
    assert!(world.google.bindings().is_empty());
    world.patched(&ours(SA), json!({ "consumerRejectLists": [] }));
    assert_eq!(world.google.bindings(), bindings);
    world.admit(&[]);
    assert!(world.google.bindings().is_empty());
}

#[test]
fn an_endpoint_listens_once_it_is_made_and_until_it_is_gone() {
    let mut world = World::slow().with_attachment();
    world.patched(
        &ours(SA),
        json!({ "connectionPreference": "ACCEPT_AUTOMATIC" }),
    );
    operation(&world.post(&theirs(CONSUMER, "forwardingRules"), endpoint("e")));
    assert_eq!(listens(&world), nothing());
    world.pass(DELAY);
    assert_eq!(listens(&world), ["127.64.0.2:5432"]);
    operation(&world.delete(&theirs(CONSUMER, "forwardingRules/e")));
    world.pass(DELAY);
    assert_eq!(listens(&world), nothing());
}

#[test]
fn writes_under_way_do_not_cut_what_works() {
    let mut world = World::slow().with_accepted();
    let before = world.google.bindings();
    for path in [
        ours(SA),
        ours("forwardingRules/fr"),
        ours("backendServices/bs"),
    ] {
        operation(&world.change(&path, json!({ "description": "changed" })));
        assert_eq!(world.google.bindings(), before, "{path}");
    }
    world.settle();
    assert_eq!(world.google.bindings(), before);
    operation(&world.change(&ours("backendServices/bs"), json!({ "backends": [] })));
    assert_eq!(world.google.bindings(), before);
    world.settle();
    assert_eq!(backends(&world), nothing());
}

#[test]
fn two_consumers_have_listeners_of_their_own() {
    let mut world = World::new().with_accepted();
    world.made(&theirs(STRANGER, "forwardingRules"), endpoint("e"));
    assert_eq!(listens(&world), ["127.64.0.2:5432"]);
    world.admit(&[(CONSUMER, "e"), (STRANGER, "e")]);
    assert_eq!(listens(&world), ["127.64.0.2:5432", "127.65.0.2:5432"]);
}

#[test]
fn an_entry_on_single_ports_is_open_on_those_alone() {
    let mut world = World::new().with_entry();
    world.gone(&ours("forwardingRules/fr"));
    let mut body = entry("fr");
    body["allPorts"] = json!(false);
    body["ports"] = json!(["6432", "5432", "7432"]);
    world.made(&ours("forwardingRules"), body);
    world.made(
        &global("firewalls"),
        allow("allow", &["5432", "6000-6999", "8432"]),
    );
    world.made(&ours("serviceAttachments"), attachment("sa"));
    world.made(&theirs(CONSUMER, "forwardingRules"), endpoint("e"));
    world.admit(&[(CONSUMER, "e")]);
    assert_eq!(listens(&world), ["127.64.0.2:5432", "127.64.0.2:6432"]);
}

#[test]
fn an_entry_of_another_protocol_carries_nothing() {
    for (protocol, count) in [("UDP", 0), ("L3_DEFAULT", 1), ("TCP", 1)] {
        let mut world = World::new().with_entry();
        world.gone(&ours("forwardingRules/fr"));
        let mut body = entry("fr");
        body["IPProtocol"] = json!(protocol);
        world.made(&ours("forwardingRules"), body);
        world.made(&global("firewalls"), allow("allow", &["5432"]));
        world.made(&ours("serviceAttachments"), attachment("sa"));
        world.made(&theirs(CONSUMER, "forwardingRules"), endpoint("e"));
        world.admit(&[(CONSUMER, "e")]);
        assert_eq!(listens(&world).len(), count, "{protocol}");
    }
}

#[test]
fn backends_are_the_mapped_machines_of_the_groups() {
    let mut world = World::new().with_accepted();
    world.made(&zonal("instances"), instance("n2"));
    map(&mut world, "n2", "127.0.0.2");
    assert_eq!(backends(&world), ["127.0.0.1:5432"]);
    let join = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    world.acted(&join, json!({ "networkEndpoints": [{ "instance": "n2" }] }));
    assert_eq!(backends(&world), ["127.0.0.1:5432", "127.0.0.2:5432"]);
    map(&mut world, "n1", "127.0.0.3");
    assert_eq!(backends(&world), ["127.0.0.3:5432", "127.0.0.2:5432"]);
    // A machine that is deleted is forgotten; the listener stays.
    world.gone(&zonal("instances/n1"));
    world.gone(&zonal("instances/n2"));
    assert_eq!(backends(&world), nothing());
    assert_eq!(listens(&world), ["127.64.0.2:5432"]);
    assert_eq!(world.google.host_mappings(), []);
    world.made(&zonal("instances"), instance("n1"));
    world.acted(&join, json!({ "networkEndpoints": [{ "instance": "n1" }] }));
    assert_eq!(backends(&world), nothing());
}

#[test]
fn a_machine_may_be_behind_several_groups_and_answers_once() {
    let mut world = World::new().with_accepted();
    world.made(&zonal("instances"), instance("n2"));
    map(&mut world, "n2", "127.0.0.2");
    world.made(&zonal("instanceGroups"), json!({ "name": "ig" }));
    let both = json!({ "instances": [{ "instance": "n1" }, { "instance": "n2" }] });
    world.acted(&zonal("instanceGroups/ig/addInstances"), both);
    let groups = [
        zonal("networkEndpointGroups/neg"),
        zonal("instanceGroups/ig"),
    ];
    let groups = groups.map(|path| json!({ "group": link(&path) }));
    world.patched(&ours("backendServices/bs"), json!({ "backends": groups }));
    assert_eq!(backends(&world), ["127.0.0.1:5432", "127.0.0.2:5432"]);
    world.patched(
        &ours("backendServices/bs"),
        json!({ "backends": [groups[1]] }),
    );
    world.acted(
        &zonal("instanceGroups/ig/removeInstances"),
        json!({ "instances": [{ "instance": "n1" }] }),
    );
    assert_eq!(backends(&world), ["127.0.0.2:5432"]);
}

#[test]
fn a_machine_nobody_stands_for_is_no_backend() {
    let mut world = World::new().with_accepted();
    world.made(&zonal("instances"), instance("n2"));
    let join = zonal("networkEndpointGroups/neg/attachNetworkEndpoints");
    world.acted(&join, json!({ "networkEndpoints": [{ "instance": "n2" }] }));
    assert_eq!(backends(&world), ["127.0.0.1:5432"]);
    let leave = zonal("networkEndpointGroups/neg/detachNetworkEndpoints");
    world.acted(
        &leave,
        json!({ "networkEndpoints": [{ "instance": "n1" }] }),
    );
    assert_eq!(backends(&world), nothing());
    assert_eq!(listens(&world), ["127.64.0.2:5432"]);
}

#[test]
fn a_host_may_be_said_by_any_link_of_the_machine() {
    let mut world = World::new().with_accepted();
    world.google.map_host(HostMapping {
        instance: link(&zonal("instances/n1")),
        host: "127.0.0.7".parse().unwrap(),
    });
    assert_eq!(backends(&world), ["127.0.0.7:5432"]);
    assert_eq!(world.google.host_mappings().len(), 1);
}
