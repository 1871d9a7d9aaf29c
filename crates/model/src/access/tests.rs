use serde_json::json;

use super::*;
use crate::service::{Component, Node};

pub(crate) fn service() -> Service {
    let component = |name: &str, port, link_port| Component {
        component: name.to_owned(),
        port,
        link_port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
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
