use serde_json::json;

use super::fixture::*;
use crate::azure::model::HostMapping;
use crate::cloud_model::CloudModel as _;

fn approved() -> Fixture {
    let mut fixture = Fixture::new().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    fixture
}

#[test]
fn only_an_approved_endpoint_listens() {
    let mut fixture = Fixture::new().with_endpoint();
    assert!(fixture.azure.bindings().is_empty());
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    let bindings = fixture.azure.bindings();
    let [binding] = bindings.as_slice() else {
        panic!("{bindings:?}")
    };
    assert_eq!(binding.endpoint, theirs("privateEndpoints/e"));
    assert_eq!(binding.connection, connection);
    assert_eq!(binding.listen, "127.64.0.4:5432".parse().unwrap());
    assert_eq!(binding.rule, "r-5432");
    assert_eq!(binding.backends, ["127.0.0.1:5432".parse().unwrap()]);
    fixture.made(&connection, decision("Rejected"));
    assert!(fixture.azure.bindings().is_empty());
}

#[test]
fn listeners_follow_the_rules_of_the_services_frontend() {
    let mut fixture = approved();
    let mut body = balancer(&[5432, 6432]);
    body["properties"]["loadBalancingRules"][1]["properties"]["backendPort"] = json!(16432);
    body["properties"]["frontendIPConfigurations"]
        .as_array_mut()
        .unwrap()
        .push(json!({
            "name": "fe2",
            "properties": { "subnet": { "id": ours("virtualNetworks/v/subnets/nodes") } },
        }));
    let mut others = vec![
        rule("lb", "elsewhere", "fe2", "be", 7432),
        rule("lb", "udp", "fe", "be", 8432),
    ];
    others[1]["properties"]["protocol"] = json!("Udp");
    body["properties"]["loadBalancingRules"]
        .as_array_mut()
        .unwrap()
        .extend(others);
    fixture.made(&ours("loadBalancers/lb"), body);
    let bindings = fixture.azure.bindings();
    let listens: Vec<String> = bindings.iter().map(|it| it.listen.to_string()).collect();
    assert_eq!(listens, ["127.64.0.4:5432", "127.64.0.4:6432"]);
    assert_eq!(bindings[1].backends, ["127.0.0.1:16432".parse().unwrap()]);
    fixture.made(&ours("loadBalancers/lb"), balancer(&[]));
    assert!(fixture.azure.bindings().is_empty());
}

#[test]
fn a_write_in_progress_does_not_cut_flows() {
    let mut fixture = Fixture::slow().with_endpoint();
    let connection = fixture.connection();
    fixture.made(&connection, decision("Approved"));
    let before = fixture.azure.bindings();
    fixture.put(&ours("loadBalancers/lb"), balancer(&[5432]));
    assert_eq!(fixture.azure.bindings(), before);
    fixture.settle();
    fixture.put(&ours("privateLinkServices/s"), service(&[CONSUMER]));
    let endpoint = fixture.seen_by_consumer(&theirs("privateEndpoints/e"));
    fixture
        .consumer()
        .put(&theirs("privateEndpoints/e"), endpoint);
    assert_eq!(fixture.azure.bindings(), before);
}

#[test]
fn an_endpoint_listens_once_it_is_made() {
    let mut fixture = Fixture::slow().with_service();
    let mut body = service(&[CONSUMER]);
    body["properties"]["autoApproval"] = json!({ "subscriptions": [CONSUMER] });
    fixture.made(&ours("privateLinkServices/s"), body);
    let alias = fixture.alias();
    fixture
        .consumer()
        .put(&theirs("privateEndpoints/e"), manual(&alias));
    assert!(fixture.azure.bindings().is_empty());
    fixture.pass(DELAY);
    assert_eq!(fixture.azure.bindings().len(), 1);
}

#[test]
fn backends_are_the_mapped_members_of_the_pool() {
    let mut fixture = approved();
    fixture.made(&ours("networkInterfaces/n2"), interface(&["lb"]));
    assert_eq!(fixture.azure.bindings()[0].backends.len(), 1);
    fixture.azure.map_host(HostMapping {
        nic: ours("networkinterfaces/N2"),
        host: "127.0.0.2".parse().unwrap(),
    });
    let backends = fixture.azure.bindings()[0].backends.clone();
    assert_eq!(
        backends,
        [
            "127.0.0.1:5432".parse().unwrap(),
            "127.0.0.2:5432".parse().unwrap()
        ]
    );
    fixture.made(&ours("networkInterfaces/n1"), interface(&[]));
    assert_eq!(
        fixture.azure.bindings()[0].backends,
        ["127.0.0.2:5432".parse().unwrap()]
    );
    // The mapping of a deleted interface is deleted; a listener without backends remains.
    fixture.delete(&ours("networkInterfaces/n2"));
    assert_eq!(fixture.azure.bindings()[0].backends, []);
    assert_eq!(fixture.azure.host_mappings().len(), 1);
}

#[test]
fn a_pool_of_one_interface_leads_to_its_host_alone() {
    let mut fixture = approved();
    fixture.azure.map_host(HostMapping {
        nic: ours("networkInterfaces/n2"),
        host: "127.0.0.2".parse().unwrap(),
    });
    let mut body = balancer(&[5432]);
    body["properties"]["backendAddressPools"] =
        json!([{ "name": "be" }, { "name": "node-n1" }, { "name": "node-n2" }]);
    let own = [("node-n1", 10_000), ("node-n2", 10_001)]
        .map(|(pool, port)| rule("lb", pool, "fe", pool, port));
    body["properties"]["loadBalancingRules"]
        .as_array_mut()
        .unwrap()
        .extend(own);
    fixture.made(&ours("loadBalancers/lb"), body);
    for node in ["n1", "n2"] {
        let mut both = interface(&["lb", "lb"]);
        let pools = &mut both["properties"]["ipConfigurations"][0]["properties"]["loadBalancerBackendAddressPools"];
        pools[1]["id"] = json!(ours(&format!(
            "loadBalancers/lb/backendAddressPools/node-{node}"
        )));
        fixture.made(&ours(&format!("networkInterfaces/{node}")), both);
    }
    let found: Vec<String> = fixture
        .azure
        .bindings()
        .iter()
        .map(|it| format!("{} -> {:?}", it.listen, it.backends))
        .collect();
    assert_eq!(
        found,
        [
            "127.64.0.4:5432 -> [127.0.0.1:5432, 127.0.0.2:5432]",
            "127.64.0.4:10000 -> [127.0.0.1:10000]",
            "127.64.0.4:10001 -> [127.0.0.2:10001]",
        ]
    );
}

#[test]
fn two_consumers_have_listeners_of_their_own() {
    let mut fixture = approved();
    let alias = fixture.alias();
    fixture
        .consumer()
        .put(&theirs("privateEndpoints/f"), manual(&alias));
    let list = fixture.seen(&ours("privateLinkServices/s/privateEndpointConnections"));
    for connection in list["value"].as_array().unwrap().clone() {
        fixture.made(connection["id"].as_str().unwrap(), decision("Approved"));
    }
    let listens: Vec<String> = fixture
        .azure
        .bindings()
        .iter()
        .map(|it| it.listen.to_string())
        .collect();
    assert_eq!(listens, ["127.64.0.4:5432", "127.64.0.5:5432"]);
}
