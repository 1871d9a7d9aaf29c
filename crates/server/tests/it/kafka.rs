//! Kafka over a link: each broker has a port of its own, which stays.
//!
//! The service is called `pg-1`, because the helpers play the workers of a link of that name.

use serde_json::{Value, json};
use underpass_model::broker_port::BrokerPorts;
use underpass_model::cloud::Provider;
use underpass_model::link::Link;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{
    ALLOWED, LINK, OURS, PG, SERVICES, active_vpc, associate_static_ip, nic, publish,
    with_active_connection,
};
use crate::published_google;
use crate::world::{World, project};

fn node(name: &str, address: &str) -> Value {
    json!({"name": name, "address": address, "cloud": {"azure": {"nic_id": nic(name)}}})
}

fn nodes(count: usize) -> Vec<Value> {
    let one = |number: usize| node(&format!("n{number}"), &format!("127.0.0.{number}"));
    (1..=count).map(one).collect()
}

fn components() -> Value {
    json!([
        {"component": "kafka", "port": 19094, "kafka_authentication_method": "certificate"},
        {"component": "kafka", "port": 19095, "kafka_authentication_method": "sasl"},
        {"component": "schema_registry", "port": 18081},
    ])
}

/// A Kafka service with three nodes and the static IPs that they need.
async fn with_kafka(world: &World) {
    let vpc = active_vpc(world).await;
    let body = json!({
        "service_name": "pg-1",
        "service_type": "kafka",
        "cloud": "azure-westeurope",
        "project_vpc_id": vpc,
        "user_config": {
            "static_ips": true,
            "privatelink_access": {"kafka": true, "schema_registry": true},
        },
        "underpass": {"nodes": nodes(3), "components": components()},
    });
    world.admin().post(SERVICES, body).await.ok();
    for _ in 0..6 {
        associate_static_ip(world).await;
    }
}

/// The same with an active link.
async fn with_link(world: &World) {
    with_kafka(world).await;
    let allowed = json!({"user_subscription_ids": [ALLOWED]});
    world.admin().post(LINK, allowed).await.ok();
    publish(world).await;
}

async fn listeners(world: &World) -> Value {
    let path = format!("{OURS}/kafka-listeners");
    world.reader().await.get(&path).await.ok()["kafka_listeners"].clone()
}

/// The reserved ports of single brokers.
async fn broker_ports(world: &World) -> Value {
    let path = format!("{OURS}/privatelink/azure");
    world.admin().get(&path).await.ok()["broker_ports"].clone()
}

/// The open ports, with where they lead.
async fn open_ports(world: &World) -> Vec<String> {
    let path = format!("{OURS}/privatelink/azure");
    let link = world.admin().get(&path).await.ok();
    let text = |port: &Value| {
        let node = port["node_name"].as_str().unwrap_or("all");
        format!("{} -> {node}:{}", port["link_port"], port["backend_port"])
    };
    link["open_ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

async fn register(world: &World, registration: Value) {
    let body = json!({"underpass": registration});
    world.admin().put(PG, body).await.ok();
}

#[tokio::test]
async fn every_broker_is_told_what_to_listen_on_and_to_advertise() {
    let world = World::new().await;
    with_link(&world).await;
    let mut shown = listeners(&world).await;
    assert_eq!(shown["brokers"].as_array().unwrap().len(), 3);
    shown["brokers"].as_array_mut().unwrap().truncate(1);
    insta::assert_json_snapshot!(shown, @r#"
    {
      "brokers": [
        {
          "address": "127.0.0.1",
          "listeners": [
            {
              "advertised_port": 10000,
              "bind_address": "127.0.0.1",
              "kafka_authentication_method": "certificate",
              "name": "PRIVATELINK_CERTIFICATE",
              "port": 19094,
              "role": "bootstrap",
              "security_protocol": "SSL"
            },
            {
              "advertised_port": 10000,
              "bind_address": "127.0.0.1",
              "kafka_authentication_method": "certificate",
              "name": "PRIVATELINK_CERTIFICATE_BROKER",
              "port": 10000,
              "role": "broker",
              "security_protocol": "SSL"
            },
            {
              "advertised_port": 10001,
              "bind_address": "127.0.0.1",
              "kafka_authentication_method": "sasl",
              "name": "PRIVATELINK_SASL",
              "port": 19095,
              "role": "bootstrap",
              "security_protocol": "SASL_SSL"
            },
            {
              "advertised_port": 10001,
              "bind_address": "127.0.0.1",
              "kafka_authentication_method": "sasl",
              "name": "PRIVATELINK_SASL_BROKER",
              "port": 10001,
              "role": "broker",
              "security_protocol": "SASL_SSL"
            }
          ],
          "node_name": "n1",
          "server_properties": {
            "advertised.listeners": "PRIVATELINK_CERTIFICATE://privatelink-0-pg-1-demo.underpass.test:10000,PRIVATELINK_CERTIFICATE_BROKER://privatelink-0-pg-1-demo.underpass.test:10000,PRIVATELINK_SASL://privatelink-0-pg-1-demo.underpass.test:10001,PRIVATELINK_SASL_BROKER://privatelink-0-pg-1-demo.underpass.test:10001",
            "listener.security.protocol.map": "PRIVATELINK_CERTIFICATE:SSL,PRIVATELINK_CERTIFICATE_BROKER:SSL,PRIVATELINK_SASL:SASL_SSL,PRIVATELINK_SASL_BROKER:SASL_SSL",
            "listeners": "PRIVATELINK_CERTIFICATE://127.0.0.1:19094,PRIVATELINK_CERTIFICATE_BROKER://127.0.0.1:10000,PRIVATELINK_SASL://127.0.0.1:19095,PRIVATELINK_SASL_BROKER://127.0.0.1:10001"
          }
        }
      ],
      "firewall": "az network nsg rule create --resource-group GROUP --nsg-name NSG --name underpass-kafka --priority 200 --direction Inbound --access Allow --protocol Tcp --source-address-prefixes VirtualNetwork --destination-port-ranges 19094 19095 10000-31000",
      "host": "privatelink-0-pg-1-demo.underpass.test",
      "names": [],
      "node_ports": [
        "19094",
        "19095",
        "10000-31000"
      ],
      "service_name": "pg-1"
    }
    "#);
}

#[tokio::test]
async fn ports_stay_while_nodes_come_and_go() {
    let world = World::new().await;
    with_link(&world).await;
    let reserved = broker_ports(&world).await;
    insta::assert_json_snapshot!(reserved, @r#"
    {
      "kafka-certificate": {
        "n1": 10000,
        "n2": 10002,
        "n3": 10004
      },
      "kafka-sasl": {
        "n1": 10001,
        "n2": 10003,
        "n3": 10005
      }
    }
    "#);
    insta::assert_json_snapshot!(open_ports(&world).await, @r#"
    [
      "19094 -> all:19094",
      "10000 -> n1:10000",
      "10002 -> n2:10002",
      "10004 -> n3:10004",
      "19095 -> all:19095",
      "10001 -> n1:10001",
      "10003 -> n2:10003",
      "10005 -> n3:10005",
      "18081 -> all:18081"
    ]
    "#);

    register(
        &world,
        json!({"nodes": [node("n1", "127.0.0.1"), node("n3", "127.0.0.3")]}),
    )
    .await;
    assert_eq!(broker_ports(&world).await, reserved);
    let open = open_ports(&world).await;
    assert!(!open.iter().any(|line| line.contains("n2")), "{open:?}");

    for _ in 0..2 {
        associate_static_ip(&world).await;
    }
    let mut all = nodes(3);
    all[1] = node("n2", "127.0.0.22");
    all.push(node("n4", "127.0.0.4"));
    register(&world, json!({"nodes": all})).await;
    let now = broker_ports(&world).await;
    for listener in ["kafka-certificate", "kafka-sasl"] {
        for node in ["n1", "n2", "n3"] {
            assert_eq!(now[listener][node], reserved[listener][node]);
        }
    }
    assert_eq!(now["kafka-certificate"]["n4"], 10_006);
    assert_eq!(now["kafka-sasl"]["n4"], 10_007);
}

#[tokio::test]
async fn a_link_of_an_earlier_version_gets_its_ports_with_the_next_change() {
    let world = World::new().await;
    with_link(&world).await;
    let reserved = broker_ports(&world).await;
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookups = [Lookup::One(Kind::Link, key.clone())];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let mut link = fetched.one::<Link>(&key).unwrap().unwrap();
    link.value.broker_ports = BrokerPorts::default();
    let change = Change::new().update(&link).unwrap();
    world.app.store.commit(change).await.unwrap();

    let bare = listeners(&world).await;
    assert_eq!(bare["brokers"][0]["listeners"], json!([]));
    let path = format!("{OURS}/privatelink/azure");
    let before = world.admin().get(&path).await.ok()["generation"].clone();
    register(&world, json!({"nodes": nodes(3)})).await;
    assert_eq!(broker_ports(&world).await, reserved);
    let after = world.admin().get(&path).await.ok()["generation"].clone();
    assert!(after.as_u64() > before.as_u64(), "it is built anew");
}

#[tokio::test]
async fn closing_the_component_closes_every_broker_and_keeps_the_ports() {
    let world = World::new().await;
    with_link(&world).await;
    let reserved = broker_ports(&world).await;
    let access = |open: bool| json!({"user_config": {"privatelink_access": {"kafka": open}}});
    world.admin().put(PG, access(false)).await.ok();
    assert_eq!(open_ports(&world).await, ["18081 -> all:18081"]);
    assert_eq!(broker_ports(&world).await, reserved);
    world.admin().put(PG, access(true)).await.ok();
    assert_eq!(open_ports(&world).await.len(), 9);
    assert_eq!(broker_ports(&world).await, reserved);
}

#[tokio::test]
async fn a_connection_shows_each_way_to_log_in_and_the_name_brokers_advertise_leads_to_the_first() {
    let world = World::new().await;
    with_link(&world).await;
    assert!(world.zones.last().records.is_empty());
    let first = with_active_connection(&world, "e1", "127.64.0.4").await;
    let second = with_active_connection(&world, "e2", "127.64.0.5").await;
    let service = world.admin().get(PG).await.ok();
    let mut components = service["service"]["components"].clone();
    components
        .as_array_mut()
        .unwrap()
        .retain(|it| it["privatelink_connection_id"] == json!(first.to_string()));
    for component in components.as_array_mut().unwrap() {
        component["privatelink_connection_id"] = json!("[plc]");
    }
    insta::assert_json_snapshot!(components, @r#"
    [
      {
        "component": "kafka",
        "host": "privatelink-1-pg-1-demo.underpass.test",
        "kafka_authentication_method": "certificate",
        "port": 19094,
        "privatelink_connection_id": "[plc]",
        "route": "privatelink",
        "usage": "primary"
      },
      {
        "component": "kafka",
        "host": "privatelink-1-pg-1-demo.underpass.test",
        "kafka_authentication_method": "sasl",
        "kafka_ssl_ca": "project_ca",
        "port": 19095,
        "privatelink_connection_id": "[plc]",
        "route": "privatelink",
        "usage": "primary"
      },
      {
        "component": "schema_registry",
        "host": "privatelink-1-pg-1-demo.underpass.test",
        "port": 18081,
        "privatelink_connection_id": "[plc]",
        "route": "privatelink",
        "usage": "primary"
      }
    ]
    "#);

    let names = listeners(&world).await["names"].clone();
    let connection = |id: &underpass_model::id::ConnectionId, address, answered| {
        json!({
            "privatelink_connection_id": id.to_string(),
            "user_ip_address": address,
            "answered": answered,
        })
    };
    assert_eq!(
        names,
        json!([
            connection(&first, "127.64.0.4", true),
            connection(&second, "127.64.0.5", false),
        ])
    );
    insta::assert_debug_snapshot!(world.zones.last().records, @r#"
    {
        "privatelink-0-pg-1-demo.underpass.test": 127.64.0.4,
        "privatelink-1-pg-1-demo.underpass.test": 127.64.0.4,
        "privatelink-2-pg-1-demo.underpass.test": 127.64.0.5,
    }
    "#);
    let ours = format!("{OURS}/privatelink/azure/connections");
    for (id, left) in [(first, Some("127.64.0.5")), (second, None)] {
        let path = format!("{ours}/{id}/reject");
        world.admin().post(&path, json!({})).await.ok();
        let records = world.zones.last().records;
        let name = records.get("privatelink-0-pg-1-demo.underpass.test");
        assert_eq!(name.map(ToString::to_string).as_deref(), left);
    }
}

#[tokio::test]
async fn a_certificate_is_good_for_the_name_that_brokers_advertise() {
    let world = World::new().await;
    with_kafka(&world).await;
    let path = format!("{OURS}/certificate");
    let issued = world.admin().post(&path, json!({})).await.ok();
    let names = issued["names"].as_array().unwrap();
    assert!(names.contains(&json!("privatelink-0-pg-1-demo.underpass.test")));
}

#[tokio::test]
async fn brokers_of_two_services_on_one_machine_have_different_ports() {
    let world = World::new().await;
    with_link(&world).await;
    let body = json!({
        "service_name": "kafka-2",
        "service_type": "kafka",
        "cloud": "google-europe-west1",
        "project_vpc_id": published_google::active_vpc(&world).await,
        "user_config": {"privatelink_access": {"kafka": true}},
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1"}],
            "components": [{"component": "kafka", "port": 29092}],
        },
    });
    world.admin().post(SERVICES, body).await.ok();
    let path = "/v1/project/demo/service/kafka-2/privatelink/google";
    world.admin().post(path, json!({})).await.ok();
    let path = "/v1/underpass/project/demo/service/kafka-2/privatelink/google";
    let link = world.admin().get(path).await.ok();
    assert_eq!(link["broker_ports"], json!({"kafka": {"n1": 10_006}}));
}

#[tokio::test]
async fn google_takes_one_broker_and_refuses_more_where_it_can_be_changed() {
    let world = World::new().await;
    let vpc = published_google::active_vpc(&world).await;
    let place = |number: usize| json!({"name": format!("n{number}"), "address": format!("127.0.0.{number}")});
    let nodes = |count: usize| (1..=count).map(place).collect::<Vec<_>>();
    let body = json!({
        "service_name": "kafka-1",
        "service_type": "kafka",
        "cloud": "google-europe-west1",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"kafka": true}},
        "underpass": {
            "nodes": nodes(2),
            "components": [{"component": "kafka", "port": 19092}],
        },
    });
    let admin = world.admin();
    let service = "/v1/project/demo/service/kafka-1";
    let link = format!("{service}/privatelink/google");
    admin.post(SERVICES, body).await.ok();
    insta::assert_snapshot!(admin.post(&link, json!({})).await.refusal(409), @"Service `kafka-1` has 2 Kafka brokers, and a Kafka client must reach each of them individually. Google Private Service Connect forwards every port to any node, so no port reaches a single broker. A service with a single node can be published. Switch the option off with `underpass service update kafka-1 -c privatelink_access.kafka=false`");

    let register = |count: usize| json!({"underpass": {"nodes": nodes(count)}});
    let access = |open: bool| json!({"user_config": {"privatelink_access": {"kafka": open}}});
    admin.put(service, register(1)).await.ok();
    admin.post(&link, json!({})).await.ok();
    let message = admin.put(service, register(2)).await.refusal(409);
    assert!(message.contains("2 Kafka brokers"), "{message}");
    admin.put(service, access(false)).await.ok();
    admin.put(service, register(2)).await.ok();
    let message = admin.put(service, access(true)).await.refusal(409);
    assert!(message.contains("2 Kafka brokers"), "{message}");
}

#[tokio::test]
async fn a_component_may_not_take_a_brokers_port() {
    let world = World::new().await;
    with_link(&world).await;
    let mut all = components();
    all[2]["port"] = json!(10_001);
    let body = json!({"underpass": {"components": all}});
    insta::assert_snapshot!(world.admin().put(PG, body).await.refusal(409), @"Port 10001 is reserved for broker `n1` (listener `kafka-sasl`) as long as the link exists, on the link and on the node. Give component `schema_registry` a port outside 10000–31000");
}

#[tokio::test]
async fn listeners_are_shown_for_a_link_of_kafka_only() {
    let world = World::new().await;
    with_kafka(&world).await;
    let path = format!("{OURS}/kafka-listeners");
    let message = world.admin().get(&path).await.refusal(404);
    assert!(message.contains("Privatelink not found"), "{message}");

    let world = World::new().await;
    crate::published::with_link(&world).await;
    insta::assert_snapshot!(world.admin().get(&path).await.refusal(400), @"Service `pg-1` of type `pg` has no component `kafka`. Only services of type `kafka` with that component have listeners of single brokers");
}

#[tokio::test]
async fn a_listener_with_a_public_certificate_has_ports_of_its_own_on_the_link() {
    let world = World::new().await;
    with_link(&world).await;
    let mut listed = components();
    listed.as_array_mut().unwrap().push(json!({
        "component": "kafka", "port": 19096, "kafka_authentication_method": "sasl",
        "kafka_ssl_ca": "letsencrypt",
    }));
    let before = open_ports(&world).await;
    register(&world, json!({"components": listed})).await;
    assert_eq!(open_ports(&world).await, before);
    let option = |on: bool| json!({"user_config": {"letsencrypt_sasl_privatelink": on}});
    world.admin().put(PG, option(true)).await.ok();
    let mut opened = open_ports(&world).await;
    opened.retain(|port| !before.contains(port));
    insta::assert_snapshot!(opened.join("\n"), @r"
    19096 -> all:19096
    10006 -> n1:10006
    10007 -> n2:10007
    10008 -> n3:10008
    ");
    let reserved = broker_ports(&world).await;
    world.admin().put(PG, option(false)).await.ok();
    assert_eq!(open_ports(&world).await, before);
    assert_eq!(broker_ports(&world).await, reserved);
}
