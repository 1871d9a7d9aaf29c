//! Connection information in the words of each tool.

use serde_json::{Value, json};

use crate::published::{
    OURS, PG, SERVICES, with_active_connection, with_active_link, with_service,
};
use crate::world::{Client, World};

const INFO: &str = "/v1/underpass/project/demo/service/pg-1/connection-info";

/// The tools of an answer.
async fn tools(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("{INFO}?{query}")).await.ok();
    let tools = answer["connection_info"]["tools"].as_array();
    tools.cloned().unwrap()
}

/// The only tool of an answer.
async fn only(client: &Client, query: &str) -> Value {
    let mut tools = tools(client, query).await;
    assert_eq!(tools.len(), 1, "{tools:?}");
    tools.remove(0)
}

/// A service of any type with one node on this machine; gives where its connection info is.
async fn registered(world: &World, name: &str, kind: &str, underpass: Value) -> String {
    let mut underpass = underpass;
    underpass["nodes"] = json!([{"name": "n1", "address": "127.0.0.1"}]);
    let body = json!({
        "service_name": name,
        "service_type": kind,
        "cloud": "azure-westeurope",
        "underpass": underpass,
    });
    world.admin().post(SERVICES, body).await.ok();
    format!("/v1/underpass/project/demo/service/{name}/connection-info")
}

#[tokio::test]
async fn every_tool_that_fits_is_written_for_the_chosen_way() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let shown = tools(&world.admin(), &format!("privatelink_connection_id={id}")).await;
    let lines: Vec<_> = shown
        .iter()
        .filter(|it| it["form"] != "file")
        .map(|it| {
            format!(
                "{}: {}",
                it["tool"].as_str().unwrap(),
                it["text"].as_str().unwrap()
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    psql: psql postgres://avnadmin:s3cret/pw@privatelink-1-pg-1-demo.underpass.test:25432/defaultdb?sslmode=require
    pg uri: postgres://avnadmin:s3cret/pw@privatelink-1-pg-1-demo.underpass.test:25432/defaultdb?sslmode=require
    pg string: host='privatelink-1-pg-1-demo.underpass.test' port='25432' user=avnadmin dbname='defaultdb'
    alloydbomni uri: postgres://avnadmin:s3cret/pw@privatelink-1-pg-1-demo.underpass.test:25432/defaultdb?sslmode=require
    alloydbomni string: host='privatelink-1-pg-1-demo.underpass.test' port='25432' user=avnadmin dbname='defaultdb'
    uri: postgres://avnadmin:s3cret%2Fpw@privatelink-1-pg-1-demo.underpass.test:25432/defaultdb?sslmode=require
    ");
    let files: Vec<_> = shown
        .iter()
        .filter(|it| it["form"] == "file")
        .map(|it| it["tool"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["env", "k8s", "jdbc", "service-conf"]);
}

#[tokio::test]
async fn one_tool_says_all_there_is_to_know() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let asked = "tool=psql&route=privatelink&dbname=other&sslmode=verify-full&ca=my.pem";
    let mut psql = only(&world.admin(), asked).await;
    assert!(
        psql["files"][0]["content"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    psql["files"][0]["content"] = json!("[pem]");
    insta::assert_json_snapshot!(psql, @r#"
    {
      "files": [
        {
          "content": "[pem]",
          "path": "my.pem"
        }
      ],
      "form": "command",
      "notes": [
        "`verify-full` needs the CA: write it with `-W` and set PGSSLROOTCERT=my.pem",
        "libpq misreads a `/` in the user or password of a URI. The tool `uri`, with the same options, escapes it"
      ],
      "refusal": null,
      "text": "psql postgres://avnadmin:s3cret/pw@privatelink-1-pg-1-demo.underpass.test:25432/other?sslmode=verify-full",
      "title": "psql, PostgreSQL's own client",
      "tool": "psql",
      "without_resolver": {
        "kind": "environment",
        "text": "PGHOSTADDR=127.64.0.4"
      }
    }
    "#);
    let output = only(&world.admin(), "tool=psql&output=service-conf").await;
    insta::assert_snapshot!(output["text"].as_str().unwrap(), @r"
    [pg-1]
    host=127.0.0.1
    port=15432
    dbname=defaultdb
    user=avnadmin
    password=s3cret/pw
    sslmode=require
    ");
}

#[tokio::test]
async fn a_member_who_may_only_read_sees_no_secret_in_any_tool() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let reader = world.reader().await;
    let shown = tools(&reader, "route=privatelink").await;
    assert!(shown.len() > 5);
    let whole = json!(shown).to_string();
    assert!(!whole.contains("s3cret"), "{whole}");
    let psql = only(&reader, "tool=psql").await;
    insta::assert_snapshot!(psql["text"].as_str().unwrap(), @"psql postgres://avnadmin:%3Credacted%3E@127.0.0.1:15432/defaultdb?sslmode=require");
    insta::assert_json_snapshot!(psql["notes"], @r#"
    [
      "your role is read-only, so `<redacted>` replaces secrets"
    ]
    "#);
    let key = json!({"components": [{"component": "kafka", "port": 9092, "kafka_authentication_method": "certificate"}],
        "users": [{"username": "avnadmin", "access_cert": "CERT", "access_key": "KEY-ITSELF"}]});
    let info = registered(&world, "kafka-1", "kafka", key).await;
    let query = format!("{info}?tool=kcat");
    let told = world.admin().get(&query).await.ok().to_string();
    assert!(told.contains("KEY-ITSELF"), "{told}");
    let kcat = reader.get(&query).await.ok();
    assert!(!kcat.to_string().contains("KEY-ITSELF"), "{kcat}");
    let files = &kcat["connection_info"]["tools"][0]["files"];
    assert_eq!(
        files[1],
        json!({"path": "service.key", "content": "<redacted>"})
    );
}

#[tokio::test]
async fn what_a_tool_cannot_be_pointed_at_is_refused() {
    let world = World::new().await;
    with_service(&world).await;
    let refusal = async |query: &str, status| {
        let reply = world.admin().get(&format!("{INFO}?{query}")).await;
        reply.refusal(status)
    };
    insta::assert_snapshot!(refusal("tool=mongo", 400).await, @"`mongo` is not a tool for connection information. Valid values: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `mysql`, `mysql uri`, `redis cli`, `redis uri`, `valkey cli`, `valkey uri`, `dragonfly cli`, `dragonfly uri`, `clickhouse`, `clickhouse https`, `kcat`, `kafkacat`, `kafka-connect`, `opensearch`, `grafana`, `influx`, `curl`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    insta::assert_snapshot!(refusal("output=toml", 400).await, @"`toml` is not a tool for connection information. Valid values: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `mysql`, `mysql uri`, `redis cli`, `redis uri`, `valkey cli`, `valkey uri`, `dragonfly cli`, `dragonfly uri`, `clickhouse`, `clickhouse https`, `kcat`, `kafkacat`, `kafka-connect`, `opensearch`, `grafana`, `influx`, `curl`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    insta::assert_snapshot!(refusal("tool=kcat", 409).await, @"Cannot format kcat connection info for service type pg. Tools for service `pg-1`: `psql`, `pg uri`, `pg string`, `alloydbomni uri`, `alloydbomni string`, `curl`, `uri`, `env`, `k8s`, `jdbc`, `service-conf`");
    insta::assert_snapshot!(refusal("tool=psql&client_key=k", 400).await, @"Tool `psql` does not support `--client-key`. No tool for service `pg-1` supports it. Omit it");
    insta::assert_snapshot!(refusal("tool=psql&kafka_authentication_method=sasl", 400).await, @"Tool `psql` does not support `--kafka-authentication-method`. No tool for service `pg-1` supports it. Omit it");
    insta::assert_snapshot!(refusal("tool=psql&output=jdbc&component=prometheus", 409).await, @"Service `pg-1` offers nothing on route `dynamic` for `psql` as `jdbc` with prometheus with usage `primary`");
    insta::assert_snapshot!(refusal("tool=psql&route=privatelink", 409).await, @"Service `pg-1` has no active private link connection: it has no connection. Have the consumer create an endpoint, then refresh");
    insta::assert_snapshot!(refusal("tool=curl", 409).await, @"Service `pg-1` offers nothing on route `dynamic` for `curl` with usage `primary`");
    insta::assert_snapshot!(refusal("tool=psql&username=eve", 404).await, @"User `eve` not found for service pg-1: it has avnadmin");
    world
        .admin()
        .put(
            PG,
            json!({"underpass": {"users": [{"username": "avnadmin"}]}}),
        )
        .await
        .ok();
    insta::assert_snapshot!(refusal("tool=psql", 409).await, @"Could not find password for username avnadmin of service `pg-1`. Another user can be named with `-u`. Register the user with `underpass service register pg-1 --user avnadmin:@FILE`");
    let told = world.admin().get(INFO).await.ok();
    let others = &told["connection_info"]["other_components"];
    assert_eq!(*others, json!(["pgbouncer"]));
    // Among many, one that cannot be written says so and the others are.
    let shown = tools(&world.admin(), "route=dynamic").await;
    let psql = shown.iter().find(|it| it["tool"] == "psql").unwrap();
    assert_eq!(psql["refusal"]["error_code"], "login_incomplete");
    let uri = shown.iter().find(|it| it["tool"] == "uri").unwrap();
    assert_eq!(
        uri["text"],
        "postgres://avnadmin@127.0.0.1:15432/defaultdb?sslmode=require"
    );
}

#[tokio::test]
async fn several_connections_are_told_apart_for_tools_too() {
    let world = World::new().await;
    with_active_link(&world).await;
    let one = with_active_connection(&world, "e1", "127.64.0.4").await;
    let two = with_active_connection(&world, "e2", "127.64.0.5").await;
    let several = world
        .admin()
        .get(&format!(
            "{OURS}/connection-info?tool=psql&route=privatelink"
        ))
        .await
        .refusal(409);
    assert!(
        several.contains(&one.to_string()) && several.contains(&two.to_string()),
        "{several}"
    );
    for (id, address) in [(&one, "127.64.0.4"), (&two, "127.64.0.5")] {
        let query = format!("tool=psql&privatelink_connection_id={id}");
        let psql = only(&world.admin(), &query).await;
        assert_eq!(
            psql["without_resolver"],
            json!({"kind": "environment", "text": format!("PGHOSTADDR={address}")})
        );
    }
}

#[tokio::test]
async fn a_listener_without_tls_says_so_wherever_it_is_shown() {
    let world = World::new().await;
    let plain = json!({"components": [{"component": "redis", "port": 16379, "tls": false}],
        "users": [{"username": "default", "password": "pw"}]});
    let info = registered(&world, "redis-1", "redis", plain.clone()).await;
    let shown = world.admin().get(&format!("{SERVICES}/redis-1")).await.ok();
    let service = &shown["service"];
    assert_eq!(service["components"][0]["ssl"], json!(false));
    assert_eq!(service["underpass"]["components"][0]["tls"], json!(false));
    assert_eq!(service["service_uri"], "redis://default:pw@127.0.0.1:16379");
    assert_eq!(service["service_uri_params"]["ssl"], Value::Null);
    let told = world.admin().get(&info).await.ok();
    assert_eq!(told["connection_info"]["ssl"], json!(false));
    let texts: Vec<_> = told["connection_info"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["text"].as_str().unwrap())
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    REDISCLI_AUTH=pw redis-cli -h 127.0.0.1 -p 16379
    redis://default:pw@127.0.0.1:16379
    redis://default:pw@127.0.0.1:16379
    REDIS_HOST=127.0.0.1
    REDIS_PORT=16379
    REDIS_USERNAME=default
    REDIS_PASSWORD=pw
    REDISCLI_AUTH=pw
    REDIS_URL=redis://default:pw@127.0.0.1:16379
    apiVersion: v1
    kind: Secret
    metadata:
      name: "redis-1"
    type: Opaque
    stringData:
      REDIS_HOST: "127.0.0.1"
      REDIS_PORT: "16379"
      REDIS_USERNAME: "default"
      REDIS_PASSWORD: "pw"
      REDISCLI_AUTH: "pw"
      REDIS_URL: "redis://default:pw@127.0.0.1:16379"
    "#);
    // Said again without a word about it, it speaks TLS.
    let tls = json!({"underpass": {"components": [{"component": "redis", "port": 16379}]}});
    let changed = world
        .admin()
        .put(&format!("{SERVICES}/redis-1"), tls)
        .await
        .ok();
    assert_eq!(changed["service"]["components"][0]["ssl"], Value::Null);
    assert_eq!(
        changed["service"]["service_uri"],
        "rediss://default:pw@127.0.0.1:16379"
    );
    let contradiction = json!({"underpass": {"components": [{"component": "redis", "port": 1,
        "tls": "off"}]}});
    world
        .admin()
        .put(&format!("{SERVICES}/redis-1"), contradiction)
        .await
        .refusal(400);
}

#[tokio::test]
async fn a_certificate_is_not_shown_in_the_clear() {
    let world = World::new().await;
    let body = json!({
        "service_name": "kafka-1",
        "service_type": "kafka",
        "cloud": "azure-westeurope",
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1"}],
            "components": [{"component": "kafka", "port": 9092, "tls": false,
                "kafka_authentication_method": "certificate"}],
        },
    });
    let refused = world.admin().post(SERVICES, body).await.refusal(400);
    insta::assert_snapshot!(refused, @"Component `kafka-certificate` authenticates clients by certificate, which needs TLS. Omit `tls=off`, or set another login method");
}

#[tokio::test]
async fn a_caller_that_declines_secrets_gets_none() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let path = format!("{INFO}?route=privatelink&include_secrets=false");
    let answer = world.admin().get(&path).await.ok();
    let whole = answer.to_string();
    assert!(!whole.contains("s3cret"), "{whole}");
    let info = &answer["connection_info"];
    assert_eq!(info["password"], "<redacted>");
    assert!(info["uri"].as_str().unwrap().contains("<redacted>"));
    // A tool that was requested needs no reason.
    assert!(!whole.contains("your role"), "{whole}");
    // Asking for them does not make an admin of a reader.
    let path = format!("{INFO}?route=privatelink&include_secrets=true");
    let answer = world.reader().await.get(&path).await.ok();
    assert!(!answer.to_string().contains("s3cret"), "{answer}");
}
