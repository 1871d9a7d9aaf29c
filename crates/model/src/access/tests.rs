use serde_json::json;

use super::*;
use crate::service::Node;

pub(crate) fn service() -> Service {
    let component = |name: &str, port, link_port| Component {
        component: name.to_owned(),
        port,
        link_port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        tls: crate::service::Tls::On,
    };
    let config = json!({"privatelink_access": {"pg": true, "pgbouncer": false}});
    Service {
        project: "demo".parse().unwrap(),
        name: "pg-1".parse().unwrap(),
        host_label: crate::name::HostLabel::new(&"pg-1".parse().unwrap(), &"demo".parse().unwrap())
            .unwrap(),
        service_type: "pg".to_owned(),
        plan: "startup-4".to_owned(),
        cloud: "azure-westeurope".parse().unwrap(),
        project_vpc_id: None,
        user_config: config.as_object().cloned().unwrap(),
        nodes: vec![Node {
            name: "n1".parse().unwrap(),
            address: "127.0.0.1".parse().unwrap(),
            cloud: None,
            public_address: None,
            private_address: None,
        }],
        components: vec![
            component("pgbouncer", 6432, 16432),
            component("pg", 5432, 15432),
        ],
        ca_pem: None,
        tags: std::collections::BTreeMap::new(),
        termination_protection: false,
        powered: true,
        maintenance: crate::service::Maintenance::default(),
        certificate: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn entrance(ordinal: u32) -> Entrance {
    Entrance {
        connection: ConnectionId::from_bits(u64::from(ordinal)),
        ordinal,
    }
}

fn lines(service: &Service, entrances: &[Entrance]) -> Vec<String> {
    ways(service, entrances, "underpass.test")
        .iter()
        .map(|way| {
            format!(
                "{} {} {}:{}",
                way.route.as_str(),
                way.component,
                way.host,
                way.port
            )
        })
        .collect()
}

#[test]
fn the_main_component_comes_first_on_every_route() {
    insta::assert_debug_snapshot!(lines(&service(), &[entrance(1), entrance(3)]), @r#"
    [
        "dynamic pg 127.0.0.1:5432",
        "dynamic pgbouncer 127.0.0.1:6432",
        "privatelink pg privatelink-1-pg-1-demo.underpass.test:15432",
        "privatelink pg privatelink-3-pg-1-demo.underpass.test:15432",
    ]
    "#);
}

#[test]
fn a_closed_component_has_no_private_way() {
    let mut closed = service();
    closed.user_config.clear();
    assert!(
        lines(&closed, &[entrance(1)])
            .iter()
            .all(|line| line.starts_with("dynamic"))
    );
}

#[test]
fn a_service_without_nodes_has_no_dynamic_way() {
    let mut bare = service();
    bare.nodes.clear();
    assert!(lines(&bare, &[]).is_empty());
}

#[test]
fn the_four_routes_of_the_wire_are_read() {
    for word in ["dynamic", "public", "private", "privatelink"] {
        assert_eq!(word.parse::<Route>().unwrap().as_str(), word);
    }
    assert!("peering".parse::<Route>().is_err());
}

/// On every route: two addresses for its node, and switches for both components.
fn everywhere() -> Service {
    let mut service = service();
    for node in &mut service.nodes {
        node.public_address = Some("db.example.net".parse().unwrap());
        node.private_address = Some("10.9.8.7".parse().unwrap());
    }
    let both = json!({"pg": true, "pgbouncer": true});
    let config = json!({
        "privatelink_access": both, "public_access": both, "private_access": {"pg": true},
    });
    service.user_config = config.as_object().cloned().unwrap();
    service
}

#[test]
fn a_component_is_at_the_first_nodes_address_on_the_routes_it_is_switched_on_for() {
    insta::assert_debug_snapshot!(lines(&everywhere(), &[entrance(1)]), @r#"
    [
        "dynamic pg 127.0.0.1:5432",
        "dynamic pgbouncer 127.0.0.1:6432",
        "public pg db.example.net:5432",
        "public pgbouncer db.example.net:6432",
        "private pg 10.9.8.7:5432",
        "privatelink pg privatelink-1-pg-1-demo.underpass.test:15432",
        "privatelink pgbouncer privatelink-1-pg-1-demo.underpass.test:16432",
    ]
    "#);
}

#[test]
fn neither_an_address_nor_a_switch_alone_makes_a_way() {
    let mut silent = everywhere();
    silent.user_config.remove("public_access");
    silent.user_config.remove("private_access");
    let mut nowhere = everywhere();
    for node in &mut nowhere.nodes {
        node.public_address = None;
        node.private_address = None;
    }
    // It is the first node that clients are sent to.
    let mut second = everywhere();
    let node = nowhere.nodes[0].clone();
    second.nodes.insert(0, node);
    for service in [silent, nowhere, second] {
        let lines = lines(&service, &[]);
        assert!(
            lines.iter().all(|line| line.starts_with("dynamic")),
            "{lines:?}"
        );
    }
}

#[test]
fn the_first_listener_of_a_kafka_component_is_the_one_with_the_services_own_ca() {
    let mut service = service();
    service.service_type = "kafka".to_owned();
    let sasl = |port, kafka_ssl_ca| Component {
        component: "kafka".to_owned(),
        port,
        link_port: port,
        usage: Usage::Primary,
        kafka_authentication_method: Some(KafkaAuthentication::Sasl),
        kafka_ssl_ca,
        tls: Tls::On,
    };
    service.components = vec![
        sasl(9095, KafkaSslCa::Letsencrypt),
        sasl(9094, KafkaSslCa::ProjectCa),
    ];
    let mut ports = |config: serde_json::Value| {
        service.user_config = config.as_object().cloned().unwrap();
        let ways = ways(&service, &[entrance(1)], "underpass.test");
        let each = ways.iter().map(|way| (way.route.as_str(), way.port));
        each.collect::<Vec<_>>()
    };
    let closed = json!({"privatelink_access": {"kafka": true}});
    assert_eq!(ports(closed), [("dynamic", 9094), ("privatelink", 9094)]);
    let open = json!({"privatelink_access": {"kafka": true}, "letsencrypt_sasl_privatelink": true});
    assert_eq!(
        ports(open),
        [
            ("dynamic", 9094),
            ("privatelink", 9094),
            ("privatelink", 9095)
        ]
    );
    let shown = json!({"letsencrypt_sasl": true});
    assert_eq!(ports(shown), [("dynamic", 9094), ("dynamic", 9095)]);
}

#[test]
fn a_document_without_the_fields_of_other_routes_is_read() {
    let before = json!({"name": "n1", "address": "127.0.0.1"});
    let node: Node = serde_json::from_value(before.clone()).unwrap();
    assert_eq!(node.public_address, None);
    assert_eq!(serde_json::to_value(node).unwrap(), before);
    let before = json!({"component": "pg", "port": 1, "link_port": 2, "usage": "primary"});
    let component: Component = serde_json::from_value(before.clone()).unwrap();
    assert_eq!(component.kafka_ssl_ca, KafkaSslCa::ProjectCa);
    assert_eq!(serde_json::to_value(component).unwrap(), before);
}
