//! Options of a service: routes beside the private link, and refusals.

use serde_json::{Value, json};

use crate::published::{OURS, PG, SERVICES, active_vpc, nic, with_link, with_service, work};
use crate::world::World;

const CERTIFICATE: &str = "/v1/underpass/project/demo/service/pg-1/certificate";

/// The components of a service as `route component host:port`.
async fn shown(world: &World) -> Vec<String> {
    let service = world.admin().get(PG).await.ok()["service"].take();
    let text = |member: &Value| member.as_str().unwrap().to_owned();
    let components = service["components"].as_array().unwrap().iter();
    let lines = components.map(|it| {
        let [route, name, host] = ["route", "component", "host"].map(|key| text(&it[key]));
        let ca = it["kafka_ssl_ca"].as_str().unwrap_or_default();
        format!("{route} {name} {host}:{} {ca}", it["port"])
            .trim_end()
            .to_owned()
    });
    lines.collect()
}

fn node(routes: &Value) -> Value {
    let mut node = json!({
        "name": "n1", "address": "127.0.0.1", "cloud": {"azure": {"nic_id": nic("n1")}},
    });
    let members = node.as_object_mut().unwrap();
    members.extend(routes.as_object().cloned().unwrap());
    node
}

async fn put(world: &World, change: Value) {
    world.admin().put(PG, change).await.ok();
}

#[tokio::test]
async fn a_component_is_shown_on_the_routes_it_is_switched_on_for() {
    let world = World::new().await;
    with_service(&world).await;
    let routes = json!({"public_address": "db.example.net", "private_address": "10.9.8.7"});
    put(&world, json!({"underpass": {"nodes": [node(&routes)]}})).await;
    assert_eq!(shown(&world).await.len(), 2);
    let access = json!({
        "public_access": {"pg": true, "pgbouncer": true, "prometheus": true},
        "private_access": {"pgbouncer": true},
    });
    put(&world, json!({"user_config": access})).await;
    insta::assert_snapshot!(shown(&world).await.join("\n"), @r"
    dynamic pg 127.0.0.1:15432
    dynamic pgbouncer 127.0.0.1:16432
    public pg db.example.net:15432
    public pgbouncer db.example.net:16432
    private pgbouncer 10.9.8.7:16432
    ");

    let info = async |query: &str| {
        let path = format!("{OURS}/connection-info?{query}");
        let answer = world.admin().get(&path).await.ok();
        answer["connection_info"]["tools"][0]["text"].clone()
    };
    assert_eq!(
        info("tool=pg%20uri&route=public").await,
        "postgres://avnadmin:s3cret/pw@db.example.net:15432/defaultdb?sslmode=require"
    );
    assert_eq!(
        info("tool=pg%20string&route=private").await,
        "host='10.9.8.7' port='16432' user=avnadmin dbname='defaultdb'"
    );
    let service = world.admin().get(PG).await.ok();
    let kept = &service["service"]["underpass"]["nodes"][0];
    assert_eq!(kept["public_address"], "db.example.net");

    let issued = world.admin().post(CERTIFICATE, json!({})).await.ok();
    let has = |list: &str, item: &str| issued[list].as_array().unwrap().contains(&json!(item));
    assert!(has("names", "db.example.net") && has("addresses", "10.9.8.7"));
    assert!(has("addresses", "127.0.0.1"));
}

#[tokio::test]
async fn a_further_address_of_a_node_is_one_that_clients_can_dial() {
    let world = World::new().await;
    with_service(&world).await;
    let refusal = async |address: &str| {
        let nodes = json!([node(&json!({"public_address": address}))]);
        let body = json!({"underpass": {"nodes": nodes}});
        world.admin().put(PG, body).await.refusal(400)
    };
    insta::assert_snapshot!(refusal("db").await, @"Invalid request body: `underpass.nodes[0].public_address`: address of a node `db` is not usable: on the public and the private route clients dial an IPv4 address, for instance 203.0.113.5, or a fully qualified DNS name in lower case, for instance db.example.net");
    assert!(refusal("2001:db8::1").await.contains("an IPv4 address"));
}

#[tokio::test]
async fn further_routes_are_no_business_of_the_link() {
    let world = World::new().await;
    with_link(&world).await;
    let generation = async || {
        world.pass(jiff::SignedDuration::from_mins(5));
        let (now, lease) = (world.now(), jiff::SignedDuration::from_mins(3));
        let claims = world
            .app
            .store
            .claim("test", now, now + lease, &underpass_store::Room::of(100))
            .await;
        let mut claims = claims.unwrap().into_iter();
        claims.find(|it| it.key == work()).unwrap().generation.0
    };
    let before = generation().await;
    let routes = json!({"public_address": "203.0.113.5"});
    let nodes = json!({"underpass": {"nodes": [node(&routes)]}});
    put(&world, nodes).await;
    put(
        &world,
        json!({"user_config": {"public_access": {"pg": true}}}),
    )
    .await;
    assert_eq!(generation().await, before);
}

#[tokio::test]
async fn what_is_kept_is_shown_as_it_was_given() {
    let world = World::new().await;
    with_service(&world).await;
    let kept = json!({
        "ip_filter": ["0.0.0.0/0", {"network": "10.20.0.0/16", "description": "office"}],
        "service_log": true,
        "pg_version": "17",
    });
    put(&world, json!({"user_config": kept})).await;
    let service = world.admin().get(PG).await.ok();
    let config = &service["service"]["user_config"];
    for (key, value) in kept.as_object().unwrap() {
        assert_eq!(config[key], *value);
    }
    assert_eq!(config["privatelink_access"], json!({"pg": true}));
}

#[tokio::test]
async fn a_refused_option_changes_nothing() {
    let world = World::new().await;
    with_service(&world).await;
    let before = world.admin().get(PG).await.ok();
    let refusal = async |change: Value| {
        let body = json!({"plan": "business-8", "user_config": change});
        let reply = world.admin().put(PG, body).await;
        let code = reply.json()["errors"][0]["error_code"].take();
        format!("{}: {}", code.as_str().unwrap(), reply.refusal(400))
    };
    insta::assert_snapshot!(refusal(json!({"pg": {"max_connections": 500}})).await, @"server_setting: Invalid user_config: `pg.max_connections` configures the server itself. Underpass publishes an existing server and does not configure it. Omit the option and set it on the server");
    insta::assert_snapshot!(refusal(json!({"public_access": {"pg": "yes"}})).await, @"mistyped_option: Invalid user_config: `public_access.pg` is a string, but must be true or false");
    insta::assert_snapshot!(refusal(json!({"ip_filter": ["everywhere"]})).await, @"option_value: Invalid user_config: `ip_filter[0]` is `everywhere`, but must be an IP address or an address block, such as 10.20.0.0/16");
    insta::assert_snapshot!(refusal(json!({"public_acces": {"pg": true}})).await, @"unknown_option: Invalid user_config: `public_acces.pg` is not an option of service type `pg`. Did you mean `public_access.pg`? Valid values: ip_filter, pg_version, private_access, privatelink_access, public_access, service_log, static_ips");
    assert_eq!(world.admin().get(PG).await.ok(), before);
}

#[tokio::test]
async fn a_listener_with_a_public_certificate_is_opened_by_its_own_option() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let sasl = |port: u16| json!({"component": "kafka", "port": port, "kafka_authentication_method": "sasl"});
    let mut public = sasl(19095);
    public["kafka_ssl_ca"] = json!("letsencrypt");
    let mut body = json!({
        "service_name": "pg-1",
        "service_type": "kafka",
        "cloud": "azure-westeurope",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"kafka": true}, "letsencrypt_sasl_privatelink": true},
        "underpass": {"nodes": [node(&json!({}))], "components": [sasl(19094)]},
    });
    insta::assert_snapshot!(world.admin().post(SERVICES, body.clone()).await.refusal(409), @"Option `letsencrypt_sasl_privatelink` of service `pg-1` needs a listener with a Let's Encrypt certificate. Underpass runs no brokers and requests no certificates. Register the listener, `--component kafka=PORT,auth=sasl,ssl_ca=letsencrypt`, before or together with the option, or leave the option off");
    body["underpass"]["components"] = json!([public, sasl(19094)]);
    world.admin().post(SERVICES, body).await.ok();
    // No link leads there yet, and the option for the other routes is off.
    insta::assert_snapshot!(shown(&world).await.join("\n"), @"dynamic kafka 127.0.0.1:19094 project_ca");
    let both = json!({"user_config": {"letsencrypt_sasl": true}});
    put(&world, both).await;
    insta::assert_snapshot!(shown(&world).await.join("\n"), @r"
    dynamic kafka 127.0.0.1:19094 project_ca
    dynamic kafka 127.0.0.1:19095 letsencrypt
    ");
    let without = json!({"underpass": {"components": [sasl(19094)]}});
    world.admin().put(PG, without).await.refusal(409);
    let mut elsewhere = public;
    elsewhere["kafka_authentication_method"] = json!("certificate");
    let wrong = json!({"underpass": {"components": [elsewhere]}});
    insta::assert_snapshot!(world.admin().put(PG, wrong).await.refusal(400), @"Component `kafka` has `ssl_ca=letsencrypt`, which is only for TLS listeners of component `kafka` with SASL login. Set `auth=sasl`, or omit `ssl_ca`");
}

#[tokio::test]
async fn services_of_the_newer_types_are_registered_and_told() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let told = async |service_type: &str, component: &str| {
        let name = format!("{service_type}-1");
        let body = json!({
            "service_name": name,
            "service_type": service_type,
            "cloud": "azure-westeurope",
            "project_vpc_id": vpc,
            "user_config": {"privatelink_access": {component: true}},
            "underpass": {
                "nodes": [{"name": "n1", "address": "127.0.0.1"}],
                "components": [{"component": component, "port": 15432}],
                "users": [{"username": "avnadmin", "password": "s3cret"}],
            },
        });
        let service = world.admin().post(SERVICES, body).await.ok()["service"].take();
        service["connection_info"].clone()
    };
    insta::assert_json_snapshot!(told("alloydbomni", "pg").await, @r#"
    {
      "alloydbomni": [
        "postgres://avnadmin:s3cret@127.0.0.1:15432/defaultdb?sslmode=require"
      ],
      "alloydbomni_params": [
        {
          "dbname": "defaultdb",
          "host": "127.0.0.1",
          "password": "s3cret",
          "port": "15432",
          "sslmode": "require",
          "user": "avnadmin"
        }
      ]
    }
    "#);
    insta::assert_json_snapshot!(told("flink", "flink").await, @r#"
    {
      "flink": [
        "127.0.0.1:15432"
      ]
    }
    "#);
}
