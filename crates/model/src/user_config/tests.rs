use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::check::check;
use super::*;
use crate::service_type::{SERVICE_TYPES, find};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

fn refusal(service_type: &str, change: Value) -> String {
    let facts = find(service_type).unwrap();
    let refusal = merge(facts, &Map::new(), &object(change)).unwrap_err();
    format!("{}: {}", refusal.code, refusal.message)
}

/// Every schema below one, itself first, each with its path.
fn below(path: Vec<String>, schema: &Value) -> Vec<(Vec<String>, Value)> {
    let mut all = vec![(path.clone(), schema.clone())];
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        all.extend(below([path.clone(), vec![name.clone()]].concat(), property));
    }
    if let Some(items) = schema.get("items") {
        all.extend(below([path, vec!["[]".to_owned()]].concat(), items));
    }
    all
}

/// A value that fits a schema, and one of another type.
fn samples(schema: &Value) -> (Value, Value) {
    let types = schema["type"].to_string();
    match types {
        _ if types.contains("array") => (json!([]), json!("10.0.0.0/8")),
        _ if schema["format"] == "cidr" => (json!("10.0.0.0/8"), json!("everywhere")),
        _ if types.contains("object") => (json!({}), json!(true)),
        _ if types.contains("boolean") => (json!(true), json!("true")),
        _ if types.contains("string") => (json!("17"), json!(17)),
        _ => panic!("no sample for {types}"),
    }
}

/// A change of one option.
fn change(path: &[String], value: Value) -> Map<String, Value> {
    let wrap = |inner: Value, name: &String| match name.as_str() {
        "[]" => json!([inner]),
        "description" => json!({name: inner, "network": "10.0.0.0/8"}),
        _ => json!({name: inner}),
    };
    object(path.iter().rev().fold(value, wrap))
}

#[test]
fn what_every_schema_says_is_what_is_checked() {
    for facts in SERVICE_TYPES {
        let all = below(Vec::new(), &schema(facts));
        for (path, property) in all.iter().filter(|(path, _)| !path.is_empty()) {
            let (fitting, wrong) = samples(property);
            let apply = |value| merge(facts, &Map::new(), &change(path, value));
            let about = format!("{}: {}", facts.name, path.join("."));
            assert!(apply(fitting).is_ok(), "{about}");
            let refused = apply(wrong).unwrap_err();
            assert!(
                ["mistyped_option", "option_value"].contains(&refused.code),
                "{about}: {refused}"
            );
            assert!(refused.message.contains(&path[0]), "{about}: {refused}");
            assert!(apply(Value::Null).is_ok() || path.contains(&"[]".to_owned()));
        }
    }
}

#[test]
fn every_schema_is_well_formed_and_says_nothing_that_is_not_checked() {
    // The first row is for readers, the second is read by the check.
    let known: BTreeSet<&str> = [
        "title",
        "description",
        "default",
        "example",
        "type",
        "properties",
        "additionalProperties",
        "items",
        "required",
        "enum",
        "minimum",
        "maximum",
        "maxLength",
        "maxItems",
        "format",
    ]
    .into();
    for facts in SERVICE_TYPES {
        for (path, schema) in below(Vec::new(), &schema(facts)) {
            let about = format!("{}: {}", facts.name, path.join("."));
            let members = schema.as_object().unwrap();
            let words: BTreeSet<&str> = members.keys().map(String::as_str).collect();
            assert!(words.is_subset(&known), "{about}: {words:?}");
            let types = schema["type"].to_string();
            assert_eq!(
                types.contains("object"),
                members.contains_key("properties"),
                "{about}"
            );
            assert_eq!(
                types.contains("array"),
                members.contains_key("items"),
                "{about}"
            );
            // A group that may be left out whole would hide its members from `--remove-option`.
            assert!(
                !(types.contains("object") && types.contains("null")),
                "{about}"
            );
            if types.contains("object") {
                assert_eq!(schema["additionalProperties"], false, "{about}");
            }
            assert!(path.is_empty() || members.contains_key("title"), "{about}");
        }
    }
}

#[test]
fn each_type_has_its_own_options() {
    let mut lines = Vec::new();
    for facts in SERVICE_TYPES {
        let schema = schema(facts);
        let leaves = below(Vec::new(), &schema)
            .into_iter()
            .filter(|(path, property)| {
                !path.is_empty()
                    && !path.contains(&"[]".to_owned())
                    && property["properties"].is_null()
            })
            .map(|(path, _)| path.join("."));
        let common = ["ip_filter", "service_log", "static_ips"];
        let own: Vec<_> = leaves
            .filter(|name| !common.contains(&name.as_str()))
            .collect();
        lines.push(format!("{}: {}", facts.name, own.join(" ")));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    alloydbomni: alloydbomni_version private_access.pg private_access.pgbouncer private_access.prometheus privatelink_access.pg privatelink_access.pgbouncer privatelink_access.prometheus public_access.pg public_access.pgbouncer public_access.prometheus
    clickhouse: clickhouse_version private_access.clickhouse private_access.clickhouse_arrowflight private_access.clickhouse_https private_access.clickhouse_mysql private_access.prometheus privatelink_access.clickhouse privatelink_access.clickhouse_arrowflight privatelink_access.clickhouse_https privatelink_access.clickhouse_mysql privatelink_access.prometheus public_access.clickhouse public_access.clickhouse_arrowflight public_access.clickhouse_https public_access.clickhouse_mysql public_access.prometheus
    dragonfly: private_access.dragonfly private_access.prometheus privatelink_access.dragonfly privatelink_access.prometheus public_access.dragonfly public_access.prometheus
    flink: flink_version privatelink_access.flink privatelink_access.prometheus public_access.flink
    grafana: private_access.grafana privatelink_access.grafana public_access.grafana
    influxdb: private_access.influxdb privatelink_access.influxdb public_access.influxdb
    kafka: kafka_authentication_methods.certificate kafka_authentication_methods.sasl kafka_connect kafka_rest kafka_version letsencrypt_sasl letsencrypt_sasl_privatelink private_access.kafka private_access.kafka_connect private_access.kafka_rest private_access.prometheus private_access.schema_registry privatelink_access.jolokia privatelink_access.kafka privatelink_access.kafka_connect privatelink_access.kafka_rest privatelink_access.prometheus privatelink_access.schema_registry public_access.kafka public_access.kafka_connect public_access.kafka_rest public_access.prometheus public_access.schema_registry schema_registry
    kafka_connect: private_access.kafka_connect private_access.prometheus privatelink_access.jolokia privatelink_access.kafka_connect privatelink_access.prometheus public_access.kafka_connect public_access.prometheus
    mysql: mysql_version private_access.mysql private_access.mysqlx private_access.prometheus privatelink_access.mysql privatelink_access.mysqlx privatelink_access.prometheus public_access.mysql public_access.mysqlx public_access.prometheus
    opensearch: opensearch_version private_access.opensearch private_access.opensearch_dashboards private_access.prometheus privatelink_access.opensearch privatelink_access.opensearch_dashboards privatelink_access.prometheus public_access.opensearch public_access.opensearch_dashboards public_access.prometheus
    pg: pg_version private_access.pg private_access.pgbouncer private_access.prometheus privatelink_access.pg privatelink_access.pgbouncer privatelink_access.prometheus public_access.pg public_access.pgbouncer public_access.prometheus
    redis: private_access.prometheus private_access.redis privatelink_access.prometheus privatelink_access.redis public_access.prometheus public_access.redis redis_version
    thanos: privatelink_access.query_frontend privatelink_access.receiver_routing public_access.query_frontend public_access.receiver_routing
    valkey: private_access.prometheus private_access.valkey privatelink_access.prometheus privatelink_access.valkey public_access.prometheus public_access.valkey valkey_version
    ");
}

#[test]
fn a_change_is_merged_deeply_and_null_removes() {
    let pg = find("pg").unwrap();
    let before = object(json!({"static_ips": true, "privatelink_access": {"pg": true}}));
    let change = object(json!({"static_ips": null, "privatelink_access": {"pgbouncer": true}}));
    let after = merge(pg, &before, &change).unwrap();
    assert_eq!(
        Value::Object(after),
        json!({"privatelink_access": {"pg": true, "pgbouncer": true}})
    );
}

#[test]
fn unknown_options_are_named_in_full_with_what_was_meant() {
    insta::assert_snapshot!(refusal("pg", json!({"privatelink_access": {"kafka": true}})), @"unknown_option: Invalid user_config: `privatelink_access.kafka` is not an option of service type `pg`. Valid values: privatelink_access.pg, privatelink_access.pgbouncer, privatelink_access.prometheus");
    insta::assert_snapshot!(refusal("pg", json!({"privatelink_access": {"pgbouncr": true}})), @"unknown_option: Invalid user_config: `privatelink_access.pgbouncr` is not an option of service type `pg`. Did you mean `privatelink_access.pgbouncer`? Valid values: privatelink_access.pg, privatelink_access.pgbouncer, privatelink_access.prometheus");
    insta::assert_snapshot!(refusal("grafana", json!({"privatelink_acess": {"grafana": true}})), @"unknown_option: Invalid user_config: `privatelink_acess.grafana` is not an option of service type `grafana`. Did you mean `privatelink_access.grafana`? Valid values: ip_filter, private_access, privatelink_access, public_access, service_log, static_ips");
    insta::assert_snapshot!(refusal("kafka", json!({"public_access": {"jolokia": true}})), @"unknown_option: Invalid user_config: `public_access.jolokia` is not an option of service type `kafka`. Valid values: public_access.kafka, public_access.kafka_connect, public_access.kafka_rest, public_access.prometheus, public_access.schema_registry");
    insta::assert_snapshot!(refusal("grafana", json!({"ip_filter": [{"network": "10.0.0.1", "note": "x"}]})), @"unknown_option: Invalid user_config: `ip_filter[0].note` is not an option of service type `grafana`. Valid values: ip_filter[0].description, ip_filter[0].network");
}

#[test]
fn mistyped_options_are_named_with_the_type_they_have() {
    insta::assert_snapshot!(refusal("pg", json!({"static_ips": "yes"})), @"mistyped_option: Invalid user_config: `static_ips` is a string, but must be true or false");
    insta::assert_snapshot!(refusal("pg", json!({"privatelink_access": true})), @"mistyped_option: Invalid user_config: `privatelink_access` is a boolean, but must be an object");
    insta::assert_snapshot!(refusal("pg", json!({"ip_filter": ["10.0.0.0/8", 7]})), @"mistyped_option: Invalid user_config: `ip_filter[1]` is a number, but must be a string or an object");
    insta::assert_snapshot!(refusal("pg", json!({"pg_version": 17})), @"mistyped_option: Invalid user_config: `pg_version` is a number, but must be a string");
}

#[test]
fn values_out_of_bounds_are_refused_with_the_bound() {
    insta::assert_snapshot!(refusal("pg", json!({"ip_filter": ["10.0.0.0/33"]})), @"option_value: Invalid user_config: `ip_filter[0]` is `10.0.0.0/33`, but must be an IP address or an address block, such as 10.20.0.0/16");
    insta::assert_snapshot!(refusal("pg", json!({"ip_filter": [{"description": "office"}]})), @"option_value: Invalid user_config: `ip_filter[0]` needs `network`");
    insta::assert_snapshot!(refusal("pg", json!({"ip_filter": vec!["10.0.0.1"; 1025]})), @"option_value: Invalid user_config: `ip_filter` has 1025 entries, but may have at most 1024");
    insta::assert_snapshot!(refusal("pg", json!({"pg_version": "1".repeat(33)})), @"option_value: Invalid user_config: `pg_version` must have at most 32 characters");
    let long = json!({"ip_filter": [{"network": "::/0", "description": "x".repeat(1025)}]});
    insta::assert_snapshot!(refusal("pg", long), @"option_value: Invalid user_config: `ip_filter[0].description` must have at most 1024 characters");
}

#[test]
fn numbers_and_choices_are_held_to_their_schema() {
    let schema = json!({"properties": {
        "slots": {"type": "integer", "minimum": 1, "maximum": 8},
        "mode": {"type": "string", "enum": ["a", "b"]},
    }});
    let facts = find("pg").unwrap();
    let evaluate = |value: Value| check(facts, &schema, &object(value));
    evaluate(json!({"slots": 8, "mode": "b"})).unwrap();
    insta::assert_snapshot!(evaluate(json!({"slots": 9})).unwrap_err(), @"Invalid user_config: `slots` is 9, but must be from 1 to 8");
    insta::assert_snapshot!(evaluate(json!({"slots": 1.5})).unwrap_err(), @"Invalid user_config: `slots` is a number, but must be an integer");
    insta::assert_snapshot!(evaluate(json!({"mode": "c"})).unwrap_err(), @r#"Invalid user_config: `mode` must be one of "a", "b""#);
}

#[test]
fn an_ip_filter_has_entries_with_and_without_a_description() {
    let filter = json!({"ip_filter": [
        "0.0.0.0/0", "10.1.2.3", "2001:db8::/32",
        {"network": "10.20.0.0/16", "description": "office"}, {"network": "10.21.0.0/16"},
    ]});
    let kept = merge(find("kafka").unwrap(), &Map::new(), &object(filter.clone())).unwrap();
    assert_eq!(Value::Object(kept), filter);
}

#[test]
fn what_configures_the_server_is_refused_with_the_reason() {
    insta::assert_snapshot!(refusal("pg", json!({"pg": {"jit": null, "max_connections": 500}})), @"server_setting: Invalid user_config: `pg.max_connections` configures the server itself. Underpass publishes an existing server and does not configure it. Omit the option and set it on the server");
    insta::assert_snapshot!(refusal("mysql", json!({"mysql": 1})), @"server_setting: Invalid user_config: `mysql` configures the server itself. Underpass publishes an existing server and does not configure it. Omit the option and set it on the server");
    insta::assert_snapshot!(refusal("kafka", json!({"backup_hour": 3})), @"server_setting: Invalid user_config: `backup_hour` schedules backups. Underpass makes no backups. Omit the option and schedule them on the server");
    insta::assert_snapshot!(refusal("pg", json!({"service_to_fork_from": "pg-0"})), @"server_setting: Invalid user_config: `service_to_fork_from` requests a copy of another server. Underpass creates no servers and copies no data. Omit the option and restore the data on the server and register it");
    insta::assert_snapshot!(refusal("pg", json!({"admin_password": "s3cret"})), @"server_setting: Invalid user_config: `admin_password` sets a login of the server. Underpass stores logins for clients, but not among the options. Omit the option and set it on the server and register it as a user of the service");
    insta::assert_snapshot!(refusal("grafana", json!({"custom_domain": "grafana.example.org"})), @"server_setting: Invalid user_config: `custom_domain` sets a custom name of the service. Underpass serves only private names. Omit the option and register the name with the first node, `--node n1=ADDRESS,public=NAME`, and switch `public_access` on");
    insta::assert_snapshot!(refusal("pg", json!({"enable_ipv6": true})), @"server_setting: Invalid user_config: `enable_ipv6` requests IPv6. Underpass publishes only IPv4, like the clouds' private links. Omit the option and offer IPv6 on the server itself");
    insta::assert_snapshot!(unknown(find("kafka").unwrap(), "kafka.log_retention_hours"), @"Invalid user_config: `kafka.log_retention_hours` configures the server itself. Underpass publishes an existing server and does not configure it. Omit the option and set it on the server");
    insta::assert_snapshot!(unknown(find("kafka").unwrap(), "public_access.kafk"), @"Invalid user_config: `public_access.kafk` is not an option of service type `kafka`. Did you mean `public_access.kafka`? Valid values: public_access.kafka, public_access.kafka_connect, public_access.kafka_rest, public_access.prometheus, public_access.schema_registry");
}

#[test]
fn settings_of_the_server_that_ask_nothing_leave_nothing_behind() {
    let pg = find("pg").unwrap();
    let change = json!({"pg": {}, "pgbouncer": {"min_pool_size": null}, "backup_hour": null,
        "additional_backup_regions": [], "service_log": false});
    let kept = merge(pg, &Map::new(), &object(change)).unwrap();
    assert_eq!(Value::Object(kept), json!({"service_log": false}));
}
