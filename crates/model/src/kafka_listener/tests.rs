//! The lines that brokers are configured with.

use super::*;
use crate::access::tests::service as pg;
use crate::link::brokers::tests::{kafka, link};

fn text(listeners: &KafkaListeners) -> String {
    let mut lines = Vec::new();
    for broker in &listeners.brokers {
        lines.push(format!("# {} {}", broker.node, broker.address));
        let properties = broker.properties(&listeners.host);
        lines.extend(properties.map(|(name, value)| format!("{name}={value}")));
    }
    lines.join("\n")
}

#[test]
fn every_broker_advertises_the_same_name_and_its_own_port() {
    let service = kafka(2);
    let link = link(&service, Provider::Azure);
    let listeners = KafkaListeners::of(&service, &link, "underpass.test").unwrap();
    insta::assert_snapshot!(text(&listeners), @r"
    # n1 10.0.0.1
    listeners=PRIVATELINK_CERTIFICATE://0.0.0.0:9094,PRIVATELINK_CERTIFICATE_BROKER://0.0.0.0:10000,PRIVATELINK_SASL://0.0.0.0:9095,PRIVATELINK_SASL_BROKER://0.0.0.0:10001
    advertised.listeners=PRIVATELINK_CERTIFICATE://privatelink-0-kafka-1-demo.underpass.test:10000,PRIVATELINK_CERTIFICATE_BROKER://privatelink-0-kafka-1-demo.underpass.test:10000,PRIVATELINK_SASL://privatelink-0-kafka-1-demo.underpass.test:10001,PRIVATELINK_SASL_BROKER://privatelink-0-kafka-1-demo.underpass.test:10001
    listener.security.protocol.map=PRIVATELINK_CERTIFICATE:SSL,PRIVATELINK_CERTIFICATE_BROKER:SSL,PRIVATELINK_SASL:SASL_SSL,PRIVATELINK_SASL_BROKER:SASL_SSL
    # n2 10.0.0.2
    listeners=PRIVATELINK_CERTIFICATE://0.0.0.0:9094,PRIVATELINK_CERTIFICATE_BROKER://0.0.0.0:10002,PRIVATELINK_SASL://0.0.0.0:9095,PRIVATELINK_SASL_BROKER://0.0.0.0:10003
    advertised.listeners=PRIVATELINK_CERTIFICATE://privatelink-0-kafka-1-demo.underpass.test:10002,PRIVATELINK_CERTIFICATE_BROKER://privatelink-0-kafka-1-demo.underpass.test:10002,PRIVATELINK_SASL://privatelink-0-kafka-1-demo.underpass.test:10003,PRIVATELINK_SASL_BROKER://privatelink-0-kafka-1-demo.underpass.test:10003
    listener.security.protocol.map=PRIVATELINK_CERTIFICATE:SSL,PRIVATELINK_CERTIFICATE_BROKER:SSL,PRIVATELINK_SASL:SASL_SSL,PRIVATELINK_SASL_BROKER:SASL_SSL
    ");
    insta::assert_snapshot!(listeners.firewall.unwrap(), @"az network nsg rule create --resource-group GROUP --nsg-name NSG --name underpass-kafka --priority 200 --direction Inbound --access Allow --protocol Tcp --source-address-prefixes VirtualNetwork --destination-port-ranges 9094 9095 10000-31000");
}

#[test]
fn on_one_machine_listeners_keep_to_the_nodes_address() {
    let mut service = kafka(1);
    service.nodes[0].address = "127.0.0.2".parse().unwrap();
    service.components.truncate(1);
    service.components[0].kafka_authentication_method = None;
    let link = link(&service, Provider::Google);
    let listeners = KafkaListeners::of(&service, &link, "underpass.test").unwrap();
    insta::assert_snapshot!(text(&listeners), @r"
    # n1 127.0.0.2
    listeners=PRIVATELINK://127.0.0.2:9094,PRIVATELINK_BROKER://127.0.0.2:10000
    advertised.listeners=PRIVATELINK://privatelink-0-kafka-1-demo.underpass.test:10000,PRIVATELINK_BROKER://privatelink-0-kafka-1-demo.underpass.test:10000
    listener.security.protocol.map=PRIVATELINK:PLAINTEXT,PRIVATELINK_BROKER:PLAINTEXT
    ");
    assert_eq!(listeners.firewall, None);
}

#[test]
fn only_kafka_has_brokers() {
    let service = pg();
    let link = link(&service, Provider::Azure);
    let refusal = KafkaListeners::of(&service, &link, "underpass.test").unwrap_err();
    assert_eq!(refusal.code, "no_brokers");
    insta::assert_snapshot!(refusal, @"Service `pg-1` of type `pg` has no component `kafka`. Only services of type `kafka` with that component have listeners of single brokers");
}
