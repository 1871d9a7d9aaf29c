//! Open rules of a link of a service with brokers, and the refusals.

use serde_json::json;

use super::*;
use crate::access::tests::service as pg;
use crate::id::{Generation, LinkId};
use crate::link::{Topology, check_change};
use crate::service::{Component, KafkaAuthentication, Node, NodeHandle, Usage};

/// A Kafka service with these nodes, its clients' listeners and a schema registry.
pub(crate) fn kafka(nodes: usize) -> Service {
    let listener = |port, method| Component {
        component: "kafka".to_owned(),
        port,
        link_port: port,
        usage: Usage::Primary,
        kafka_authentication_method: Some(method),
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        tls: crate::service::Tls::On,
    };
    let registry = Component {
        component: "schema_registry".to_owned(),
        kafka_authentication_method: None,
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        ..listener(8081, KafkaAuthentication::Sasl)
    };
    let node = |number: usize| Node {
        name: format!("n{number}").parse().unwrap(),
        address: format!("10.0.{}.{}", number / 256, number % 256)
            .parse()
            .unwrap(),
        cloud: Some(NodeHandle::Azure {
            nic_id: format!("/nic/n{number}"),
            ip_configuration: None,
        }),
        public_address: None,
        private_address: None,
    };
    let access = json!({"privatelink_access": {"kafka": true, "schema_registry": true}});
    let name = "kafka-1".parse().unwrap();
    let service = pg();
    Service {
        host_label: crate::name::HostLabel::new(&name, &service.project).unwrap(),
        name,
        service_type: "kafka".to_owned(),
        user_config: access.as_object().cloned().unwrap(),
        nodes: (1..=nodes).map(node).collect(),
        components: vec![
            listener(9094, KafkaAuthentication::Certificate),
            listener(9095, KafkaAuthentication::Sasl),
            registry,
        ],
        ..service
    }
}

/// A link of it.
pub(crate) fn link(service: &Service, provider: Provider) -> Link {
    let mut link = Link {
        id: LinkId::from_bits(1),
        project: service.project.clone(),
        service: service.name.clone(),
        provider,
        vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        topology: Topology::Direct,
        subscriptions: BTreeSet::new(),
        nat_ranges: Vec::new(),
        refused_ranges: Vec::new(),
        ports: std::collections::BTreeMap::new(),
        broker_ports: BrokerPorts::default(),
        generation: Generation(1),
        deleting: false,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    };
    link.reserve(service, &Neighbours::default()).unwrap();
    link
}

fn lines(link: &Link, service: &Service) -> Vec<String> {
    let text = |rule: Rule| {
        let node = rule.node.map_or("all".to_owned(), |node| node.to_string());
        let (from, to) = (rule.link_port, rule.backend_port);
        format!("{} {from} -> {node}:{to}", rule.name)
    };
    link.open_rules(service).into_iter().map(text).collect()
}

fn close(service: &mut Service, component: &str) {
    let access = service.user_config.get_mut("privatelink_access").unwrap();
    access[component] = json!(false);
}

#[test]
fn any_broker_answers_the_first_question_and_each_its_own_port() {
    let service = kafka(2);
    assert_eq!(
        lines(&link(&service, Provider::Azure), &service),
        [
            "kafka-certificate 9094 -> all:9094",
            "kafka-certificate-10000 10000 -> n1:10000",
            "kafka-certificate-10002 10002 -> n2:10002",
            "kafka-sasl 9095 -> all:9095",
            "kafka-sasl-10001 10001 -> n1:10001",
            "kafka-sasl-10003 10003 -> n2:10003",
            "schema_registry 8081 -> all:8081",
        ]
    );
}

#[test]
fn closing_the_component_closes_every_broker_and_nothing_else() {
    let mut service = kafka(2);
    let link = link(&service, Provider::Azure);
    close(&mut service, "kafka");
    assert_eq!(lines(&link, &service), ["schema_registry 8081 -> all:8081"]);
}

#[test]
fn other_types_have_no_brokers() {
    let service = pg();
    let link = link(&service, Provider::Azure);
    assert!(link.broker_ports.is_empty());
    assert_eq!(lines(&link, &service), ["pg 15432 -> all:5432"]);
}

#[test]
fn a_node_that_comes_back_has_the_port_it_had() {
    let whole = kafka(3);
    let mut link = link(&whole, Provider::Azure);
    let reserved = link.broker_ports.clone();
    let mut without = whole.clone();
    without.nodes.remove(1);
    link.reserve(&without, &Neighbours::default()).unwrap();
    assert!(!lines(&link, &without).iter().any(|it| it.contains("n2")));
    let mut back = whole.clone();
    back.nodes[1].address = "10.0.0.99".parse().unwrap();
    link.reserve(&back, &Neighbours::default()).unwrap();
    assert_eq!(link.broker_ports, reserved);
    assert_eq!(lines(&link, &back), lines(&link, &whole));
}

#[test]
fn brokers_keep_clear_of_components_and_of_neighbours() {
    let mut service = kafka(1);
    service.components[2].link_port = 10_000;
    let mut other = kafka(1);
    other.name = "kafka-2".parse().unwrap();
    other.components[0].port = 10_001;
    let others = link(&other, Provider::Azure);
    let neighbours = Neighbours::of(&service, [(&other, vec![&others]), (&service, vec![])]);
    assert_eq!(
        neighbours.ports,
        BTreeSet::from([8081, 9095, 10_000, 10_001, 10_002])
    );
    let ports = first_brokers(&service, &neighbours).unwrap();
    let ports: BTreeSet<u16> = ports.iter().map(|(_, _, port)| port).collect();
    assert_eq!(ports, BTreeSet::from([10_003, 10_004]));
    other.nodes[0].address = "10.0.0.200".parse().unwrap();
    other.nodes[0].cloud = None;
    let apart = Neighbours::of(&service, [(&other, vec![&others])]);
    assert_eq!(apart, Neighbours::default());
}

#[test]
fn a_component_that_appears_on_a_brokers_port_is_refused() {
    let mut service = kafka(1);
    let mut link = link(&service, Provider::Azure);
    service.components[2].port = 10_001;
    let refusal = link.reserve(&service, &Neighbours::default()).unwrap_err();
    assert_eq!(refusal.code, "broker_port_reserved");
    insta::assert_snapshot!(refusal, @"Port 10001 is reserved for broker `n1` (listener `kafka-sasl`) as long as the link exists, on the link and on the node. Give component `schema_registry` a port outside 10000–31000");
}

#[test]
fn rules_are_counted_before_azure_would_refuse_them() {
    let service = kafka(740);
    azure_rules::check(&service).unwrap();
    let refusal = azure_rules::check(&kafka(750)).unwrap_err();
    assert_eq!(refusal.code, "too_many_rules");
    insta::assert_snapshot!(refusal, @"Service `kafka-1` would need 1503 rules on its load balancer once every component is open (3 for components, 1500 for brokers). Azure accepts 1500. Register fewer nodes or fewer authentication methods");
}

#[test]
fn an_interface_serves_one_link_on_azure() {
    let service = kafka(1);
    let mut other = service.clone();
    other.name = "kafka-2".parse().unwrap();
    let published = link(&other, Provider::Azure);
    let neighbours = Neighbours::of(&service, [(&other, vec![&published])]);
    let refusal = azure_rules::check_interfaces(&service, None, &neighbours).unwrap_err();
    assert_eq!(refusal.code, "interface_in_use");
    insta::assert_snapshot!(refusal, @"The network interface of node `n1` is used by the privatelink of service `kafka-2`. Azure accepts one internal load balancer for each interface, so it serves one privatelink");
    // Links that share an interface already stay, and services without a link share freely.
    let own = link(&service, Provider::Azure);
    own.check_room(&service, &service, &neighbours).unwrap();
    let without = kafka(0);
    own.check_room(&service, &without, &neighbours).unwrap_err();
    let unpublished = Neighbours::of(&service, [(&other, vec![])]);
    azure_rules::check_interfaces(&service, None, &unpublished).unwrap();
    // Google's endpoint groups may share a machine.
    let google = link(&other, Provider::Google);
    let neighbours = Neighbours::of(&service, [(&other, vec![&google])]);
    azure_rules::check_interfaces(&service, None, &neighbours).unwrap();
}

#[test]
fn google_cannot_tell_brokers_apart() {
    let one = kafka(1);
    let two = kafka(2);
    check_brokers(Provider::Google, &one).unwrap();
    check_brokers(Provider::Azure, &two).unwrap();
    let refusal = check_brokers(Provider::Google, &two).unwrap_err();
    assert_eq!(refusal.code, "brokers_not_told_apart");
    insta::assert_snapshot!(refusal, @"Service `kafka-1` has 2 Kafka brokers, and a Kafka client must reach each of them individually. Google Private Service Connect forwards every port to any node, so no port reaches a single broker. A service with a single node can be published");
    let mut closed = two.clone();
    close(&mut closed, "kafka");
    check_brokers(Provider::Google, &closed).unwrap();

    let link = link(&one, Provider::Google);
    for (before, after) in [(&one, &two), (&closed, &two)] {
        let refusal = check_change(before, after, &[&link]).unwrap_err();
        assert_eq!(refusal.code, "brokers_not_told_apart");
    }
    check_change(&two, &kafka(3), &[&link]).unwrap();
    check_change(&two, &closed, &[&link]).unwrap();
}
