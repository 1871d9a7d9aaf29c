use serde_json::json;

use super::component::tests::listener;
use super::*;
use crate::access::tests::service;

fn component(name: &str, port: u16, link_port: u16) -> Component {
    Component {
        component: name.to_owned(),
        port,
        link_port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        tls: crate::service::Tls::On,
    }
}

fn node(name: &str, address: &str) -> Node {
    Node {
        name: name.parse().unwrap(),
        address: address.parse().unwrap(),
        cloud: None,
        public_address: None,
        private_address: None,
    }
}

fn check(nodes: &[Node], components: &[Component], policy: &NodePolicy) -> Result<(), Refusal> {
    let pg = service_type::find("pg").unwrap();
    let vpc = Some("10.1.0.0/24".parse().unwrap());
    Service::check_registration(
        pg,
        &"azure-westeurope".parse().unwrap(),
        nodes,
        components,
        policy,
        vpc,
    )
}

fn loopback() -> NodePolicy {
    NodePolicy::Loopback {
        consumers: "127.64.0.0/16".parse().unwrap(),
    }
}

#[test]
fn a_plain_registration_is_fine() {
    let components = [
        component("pg", 5432, 5432),
        component("pgbouncer", 6432, 6432),
    ];
    check(&[node("n1", "127.0.0.1")], &components, &loopback()).unwrap();
    check(
        &[node("n1", "10.1.0.7")],
        &components,
        &NodePolicy::InsideVpc,
    )
    .unwrap();
}

#[test]
fn nodes_must_be_where_the_policy_says() {
    for address in [
        "10.1.0.7",
        "127.64.0.4",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "224.0.0.1",
    ] {
        assert!(
            check(&[node("n1", address)], &[], &loopback()).is_err(),
            "{address}"
        );
    }
    for address in ["127.0.0.1", "10.2.0.1", "169.254.169.254"] {
        let refused = check(&[node("n1", address)], &[], &NodePolicy::InsideVpc);
        assert!(refused.is_err(), "{address}");
    }
}

#[test]
fn a_port_on_the_link_belongs_to_one_component() {
    let components = [
        component("pg", 5432, 5432),
        component("pgbouncer", 6432, 5432),
    ];
    let refusal = check(&[], &components, &loopback()).unwrap_err();
    assert_eq!(refusal.code, "link_port_twice");
}

#[test]
fn a_component_must_be_one_of_its_type() {
    let refusal = check(&[], &[component("kafka", 9092, 9092)], &loopback()).unwrap_err();
    assert!(
        refusal.message.contains("pg, pgbouncer, prometheus"),
        "{refusal}"
    );
}

#[test]
fn two_nodes_may_not_share_a_name() {
    let nodes = [node("n1", "127.0.0.1"), node("n1", "127.0.0.2")];
    assert_eq!(
        check(&nodes, &[], &loopback()).unwrap_err().code,
        "node_twice"
    );
}

#[test]
fn what_underpass_listens_on_is_never_published() {
    let nodes = [node("n1", "127.0.0.1")];
    let components = [component("pg", 8780, 5432)];
    let refuse = |own: &str| check_not_ours(&nodes, &components, &[own.parse().unwrap()]);
    assert_eq!(refuse("127.0.0.1:8780").unwrap_err().code, "own_listener");
    assert_eq!(refuse("0.0.0.0:8780").unwrap_err().code, "own_listener");
    refuse("127.0.0.1:8781").unwrap();
    refuse("127.0.0.2:8780").unwrap();
}

#[test]
fn a_node_that_stays_keeps_its_machine() {
    let mut service = crate::access::tests::service();
    let machine = NodeHandle::Azure {
        nic_id: "/subscriptions/s/nic".to_owned(),
        ip_configuration: None,
    };
    service.nodes = vec![Node {
        cloud: Some(machine.clone()),
        ..node("n1", "127.0.0.1")
    }];
    let mut nodes = [node("n1", "127.0.0.1"), node("n2", "127.0.0.1")];
    service.lend_handles(&mut nodes);
    assert_eq!(nodes[0].cloud, Some(machine));
    assert_eq!(nodes[1].cloud, None);
    let mut moved = [node("n1", "127.0.0.2")];
    service.lend_handles(&mut moved);
    assert_eq!(moved[0].cloud, None);
}

fn kafka(components: Vec<Component>) -> Service {
    Service {
        service_type: KAFKA.to_owned(),
        components,
        ..service()
    }
}

#[test]
fn each_option_about_lets_encrypt_is_about_its_own_routes() {
    let listener = listener(KafkaAuthentication::Sasl, KafkaSslCa::Letsencrypt);
    let mut service = kafka(vec![listener.clone()]);
    let mut offered = |config: Value| {
        service.user_config = config.as_object().cloned().unwrap();
        service.check_options().unwrap();
        [Route::Dynamic, Route::Public, Route::Privatelink]
            .map(|route| service.offers(&listener, route))
    };
    let access = json!({"kafka": true});
    assert_eq!(offered(json!({"privatelink_access": access})), [false; 3]);
    assert_eq!(
        offered(json!({"privatelink_access": access, "letsencrypt_sasl_privatelink": true})),
        [false, false, true]
    );
    assert_eq!(
        offered(json!({"letsencrypt_sasl": true, "letsencrypt_sasl_privatelink": true})),
        [true, false, false]
    );
    assert_eq!(
        offered(json!({"public_access": access, "letsencrypt_sasl": true})),
        [true, true, false]
    );
}

#[test]
fn an_option_about_a_listener_that_is_not_there_is_refused() {
    let sasl = listener(KafkaAuthentication::Sasl, KafkaSslCa::ProjectCa);
    let mut service = kafka(vec![sasl]);
    service.check_options().unwrap();
    service.user_config = json!({"letsencrypt_sasl_privatelink": true})
        .as_object()
        .cloned()
        .unwrap();
    insta::assert_snapshot!(service.check_options().unwrap_err(), @"Option `letsencrypt_sasl_privatelink` of service `pg-1` needs a listener with a Let's Encrypt certificate. Underpass runs no brokers and requests no certificates. Register the listener, `--component kafka=PORT,auth=sasl,ssl_ca=letsencrypt`, before or together with the option, or leave the option off");
}
