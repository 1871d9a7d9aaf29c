//! Ports stay where they were given, and no two are alike.

use proptest::prelude::*;

use super::*;
use crate::service::Usage;

fn names(numbers: &[u8]) -> Vec<NodeName> {
    let name = |number: &u8| format!("n{number}").parse().unwrap();
    numbers.iter().map(name).collect()
}

fn listeners(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn lines(ports: &BrokerPorts) -> Vec<String> {
    ports
        .iter()
        .map(|(listener, node, port)| format!("{listener} {node} {port}"))
        .collect()
}

fn reserve(ports: &BrokerPorts, listeners_of: &[&str], nodes: &[u8], taken: &[u16]) -> BrokerPorts {
    let taken = taken.iter().copied().collect();
    ports
        .reserve(&listeners(listeners_of), &names(nodes), &taken)
        .unwrap()
}

#[test]
fn each_broker_has_a_port_for_each_way_to_log_in() {
    let both = ["kafka-certificate", "kafka-sasl"];
    let ports = reserve(&BrokerPorts::default(), &both, &[2, 1], &[10_001]);
    assert_eq!(
        lines(&ports),
        [
            "kafka-certificate n1 10000",
            "kafka-certificate n2 10003",
            "kafka-sasl n1 10002",
            "kafka-sasl n2 10004",
        ]
    );
}

#[test]
fn a_node_that_leaves_keeps_its_port_and_a_new_one_gets_another() {
    let first = reserve(&BrokerPorts::default(), &["kafka"], &[1, 2, 3], &[]);
    let without = reserve(&first, &["kafka"], &[1, 3], &[]);
    assert_eq!(without, first, "leaving gives nothing back");
    let other = reserve(&without, &["kafka"], &[1, 3, 4], &[]);
    assert_eq!(other.of("kafka", &names(&[4])[0]), Some(10_003));
    let back = reserve(&other, &["kafka"], &[1, 2, 3, 4], &[]);
    assert_eq!(back, other, "who comes back finds the old port");
}

#[test]
fn a_listener_added_later_moves_nothing() {
    let first = reserve(&BrokerPorts::default(), &["kafka-sasl"], &[1, 2], &[]);
    let both = reserve(&first, &["kafka-certificate", "kafka-sasl"], &[1, 2], &[]);
    assert_eq!(
        lines(&both),
        [
            "kafka-certificate n1 10002",
            "kafka-certificate n2 10003",
            "kafka-sasl n1 10000",
            "kafka-sasl n2 10001",
        ]
    );
}

#[test]
fn when_no_port_is_left_it_says_whose_they_are() {
    let taken = RANGE.skip(1).collect();
    let first = BrokerPorts::default()
        .reserve(&listeners(&["kafka"]), &names(&[1]), &taken)
        .unwrap();
    let refusal = first
        .reserve(&listeners(&["kafka"]), &names(&[2]), &taken)
        .unwrap_err();
    assert_eq!(refusal.code, "broker_ports_exhausted");
    insta::assert_snapshot!(refusal, @"No broker port from 10000 to 31000 is left for node `n2`: 1 are reserved as long as the link exists, also for removed nodes. The others are ports of components or of other services on the same machines. Register the node under the name of a removed one, whose ports it then uses, or delete the link and create it again");
}

#[test]
fn a_component_does_not_take_a_brokers_port() {
    let ports = reserve(&BrokerPorts::default(), &["kafka"], &[1], &[]);
    let component = |port, link_port| Component {
        component: "schema_registry".to_owned(),
        port,
        link_port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        tls: crate::service::Tls::On,
    };
    ports.check(&[component(8081, 8081)]).unwrap();
    for clashing in [component(10_000, 8081), component(8081, 10_000)] {
        let refusal = ports.check(&[clashing]).unwrap_err();
        assert_eq!(refusal.code, "broker_port_reserved");
    }
}

#[test]
fn a_link_of_an_older_store_has_none() {
    let ports: BrokerPorts = serde_json::from_str("{}").unwrap();
    assert!(ports.is_empty());
    let some = reserve(&ports, &["kafka"], &[1], &[]);
    let text = serde_json::to_string(&some).unwrap();
    assert_eq!(text, r#"{"kafka":{"n1":10000}}"#);
    assert_eq!(serde_json::from_str::<BrokerPorts>(&text).unwrap(), some);
}

proptest! {
    /// Whatever nodes come and go: what was given stays, nothing is given twice, everything is in
    /// the range and nothing is what it must not be.
    #[test]
    fn ports_are_stable_unique_and_in_range(
        rounds in prop::collection::vec(
            (prop::collection::vec(0_u8..40, 0..12), 1_usize..4),
            1..12,
        ),
        taken in prop::collection::btree_set(9_990_u16..10_200, 0..60),
    ) {
        let methods = ["kafka", "kafka-certificate", "kafka-sasl"];
        let mut ports = BrokerPorts::default();
        for (nodes, count) in rounds {
            let now = ports
                .reserve(&listeners(&methods[..count]), &names(&nodes), &taken)
                .unwrap();
            for (listener, node, port) in ports.iter() {
                prop_assert_eq!(now.of(listener, node), Some(port));
            }
            for (node, listener) in names(&nodes).iter().flat_map(|node| {
                methods[..count].iter().map(move |listener| (node, listener))
            }) {
                prop_assert!(now.of(listener, node).is_some());
            }
            let all: Vec<u16> = now.iter().map(|(_, _, port)| port).collect();
            let distinct: BTreeSet<u16> = all.iter().copied().collect();
            prop_assert_eq!(distinct.len(), all.len());
            prop_assert!(all.iter().all(|port| RANGE.contains(port) && !taken.contains(port)));
            ports = now;
        }
    }
}
