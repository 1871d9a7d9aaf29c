//! Registering, showing, changing and removing services.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::published::{
    LINK, PG, SERVICES, active_vpc, associate_static_ip, nic, pg, with_link, with_service, work,
};
use crate::world::World;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "the snapshot is the whole wire form")]
async fn a_registered_service_shows_everything_that_clients_look_at() {
    let world = World::new().await;
    with_service(&world).await;
    let mut service = world.admin().get(PG).await.ok()["service"].take();
    service["project_vpc_id"] = json!("[vpc]");
    insta::assert_json_snapshot!(service, @r#"
    {
      "backups": [
        {
          "backup_name": "pg-1-none-by-underpass",
          "backup_time": "2027-01-15T08:00:00Z",
          "data_size": 0
        }
      ],
      "cloud_name": "azure-westeurope",
      "components": [
        {
          "component": "pg",
          "host": "127.0.0.1",
          "port": 15432,
          "route": "dynamic",
          "usage": "primary"
        },
        {
          "component": "pgbouncer",
          "host": "127.0.0.1",
          "port": 16432,
          "route": "dynamic",
          "usage": "primary"
        }
      ],
      "connection_info": {
        "pg": [
          "postgres://avnadmin:s3cret%2Fpw@127.0.0.1:15432/defaultdb?sslmode=require"
        ],
        "pg_params": [
          {
            "dbname": "defaultdb",
            "host": "127.0.0.1",
            "password": "s3cret/pw",
            "port": "15432",
            "sslmode": "require",
            "user": "avnadmin"
          }
        ]
      },
      "create_time": "2027-01-15T08:00:00Z",
      "databases": [
        "defaultdb"
      ],
      "disk_space_mb": null,
      "features": {},
      "group_list": [
        "default"
      ],
      "maintenance": {
        "dow": "sunday",
        "enabled": true,
        "time": "03:00:00",
        "updates": []
      },
      "metadata": {},
      "node_count": 1,
      "node_states": [
        {
          "name": "n1",
          "progress_updates": [],
          "state": "running"
        }
      ],
      "plan": "startup-4",
      "project_vpc_id": "[vpc]",
      "service_integrations": [],
      "service_name": "pg-1",
      "service_type": "pg",
      "service_type_description": "PostgreSQL - Relational database",
      "service_uri": "postgres://avnadmin:s3cret%2Fpw@127.0.0.1:15432/defaultdb?sslmode=require",
      "service_uri_params": {
        "dbname": "defaultdb",
        "host": "127.0.0.1",
        "password": "s3cret/pw",
        "port": "15432",
        "sslmode": "require",
        "user": "avnadmin"
      },
      "state": "RUNNING",
      "tags": {},
      "tech_emails": [],
      "termination_protection": false,
      "underpass": {
        "ca_pem": null,
        "components": [
          {
            "component": "pgbouncer",
            "link_port": 16432,
            "port": 16432,
            "usage": "primary"
          },
          {
            "component": "pg",
            "link_port": 25432,
            "port": 15432,
            "usage": "primary"
          }
        ],
        "nodes": [
          {
            "address": "127.0.0.1",
            "cloud": {
              "azure": {
                "nic_id": "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n1"
              }
            },
            "name": "n1"
          }
        ]
      },
      "update_time": "2027-01-15T08:00:00Z",
      "user_config": {
        "privatelink_access": {
          "pg": true
        }
      },
      "users": [
        {
          "password": "s3cret/pw",
          "type": "primary",
          "username": "avnadmin"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn types_that_clients_wait_for_a_backup_of_have_one() {
    let world = World::new().await;
    for (kind, count) in [
        ("pg", 1),
        ("dragonfly", 1),
        ("influxdb", 1),
        ("redis", 1),
        ("kafka", 0),
        ("mysql", 0),
    ] {
        let body = json!({"service_name": format!("{kind}-1"), "service_type": kind,
            "cloud": "azure-westeurope"});
        let made = world.admin().post(SERVICES, body).await.ok();
        let backups = made["service"]["backups"].as_array().unwrap();
        assert_eq!(backups.len(), count, "{kind}");
    }
}

#[tokio::test]
async fn the_real_command_line_registers_a_service_without_nodes() {
    let world = World::new().await;
    let body = json!({
        "cloud": "azure-westeurope",
        "plan": "startup-4",
        "service_integrations": [],
        "service_name": "pg-1",
        "service_type": "pg",
        "user_config": {},
        "termination_protection": false,
        "static_ips": [],
    });
    let service = world.admin().post(SERVICES, body).await.ok()["service"].take();
    assert_eq!(service["state"], "RUNNING");
    for (member, empty) in [
        ("components", json!([])),
        ("connection_info", json!({})),
        ("users", json!([])),
        ("service_uri", Value::Null),
        ("service_uri_params", json!({})),
        ("node_count", json!(0)),
    ] {
        assert_eq!(service[member], empty, "{member}");
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused_with_the_remedy() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let refusal = async |change: fn(&mut Value), status: u16| {
        let mut body = pg(&vpc);
        change(&mut body);
        let refusal = world.admin().post(SERVICES, body).await.refusal(status);
        refusal.replace(&vpc, "[vpc]")
    };
    insta::assert_snapshot!(refusal(|b| b["service_name"] = json!("public-1"), 400).await, @"service name `public-1` is not usable: names beginning with public-, private-, privatelink- or replica- are reserved for routes");
    insta::assert_snapshot!(refusal(|b| b["service_type"] = json!("oracle"), 400).await, @"`oracle` is not a service type. Valid values: alloydbomni, clickhouse, dragonfly, flink, grafana, influxdb, kafka, kafka_connect, mysql, opensearch, pg, redis, thanos, valkey");
    insta::assert_snapshot!(refusal(|b| b["cloud"] = json!("azure-eastus"), 400).await, @"Project VPC [vpc] is in azure-westeurope, the service in azure-eastus. They must be in the same cloud and region. Create one with `underpass vpc create --cloud azure-eastus --network-cidr CIDR --wait`, and give its ID");
    insta::assert_snapshot!(refusal(|b| b["cloud"] = json!("moon"), 400).await, @"cloud `moon` is not known. Use PROVIDER-REGION, for instance azure-westeurope, google-europe-west1 or aws-eu-west-1");
    insta::assert_snapshot!(refusal(|b| b["project_vpc_id"] = json!("x"), 400).await, @"`x` is not a project VPC id: expected a UUID such as 8eefec94-5d63-40c9-983c-03ab083b411d. List the project VPCs with `underpass vpc list`");
    insta::assert_snapshot!(
        refusal(|b| b["project_vpc_id"] = json!("3f0c1d2e-0000-4000-8000-000000000002"), 400).await,
        @"Project `demo` has no project VPC 3f0c1d2e-0000-4000-8000-000000000002. List the project VPCs with `underpass vpc list`"
    );
    insta::assert_snapshot!(refusal(|b| b["user_config"]["pg"] = json!({"max_connections": 500}), 400).await, @"Invalid user_config: `pg.max_connections` configures the server itself. Underpass publishes an existing server and does not configure it. Omit the option and set it on the server");
    insta::assert_snapshot!(refusal(|b| b["static_ips"] = json!(["ip0123456789a"]), 400).await, @"Project `demo` has no static IP ip0123456789a. List the static IP addresses with `underpass static-ip list`");
    insta::assert_snapshot!(refusal(|b| b["underpass"]["node"] = json!([]), 400).await, @"Invalid request body: `underpass.node` is not a member there. Valid members: nodes, nodes_were, components, users, ca_pem");
    insta::assert_snapshot!(
        refusal(|b| b["underpass"]["nodes"][0]["address"] = json!("10.1.0.7"), 400).await,
        @"Node `n1` has address 10.1.0.7. With emulated clouds the nodes are on this machine. Use 127.0.0.1 or another loopback address outside 127.64.0.0/16"
    );
    insta::assert_snapshot!(
        refusal(|b| b["underpass"]["components"][0]["port"] = json!(8780), 400).await,
        @"Component `pgbouncer` on node `n1` is 127.0.0.1:8780, where Underpass itself listens (127.0.0.1:8780). Underpass never publishes its own listeners. Set the service's own address and port"
    );
    insta::assert_snapshot!(
        refusal(|b| b["underpass"]["ca_pem"] = json!("-----BEGIN PRIVATE KEY-----"), 400).await,
        @"`ca_pem` must be one or more certificates in PEM, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`, and nothing else"
    );
    insta::assert_snapshot!(refusal(|b| { b.as_object_mut().unwrap().remove("service_name"); }, 400).await, @"Invalid request body: it lacks the member `service_name`");
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    world.admin().post(SERVICES, pg(&vpc)).await.ok();
    insta::assert_snapshot!(world.admin().post(SERVICES, pg(&vpc)).await.refusal(409), @"Service `pg-1` already exists in project `demo`. Change it with `underpass service update pg-1`, or choose another name");
}

#[tokio::test]
async fn a_project_vpc_must_be_active_first() {
    let world = World::new().await;
    let asked = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let vpc = world
        .admin()
        .post("/v1/project/demo/vpcs", asked)
        .await
        .ok();
    let refused = world
        .admin()
        .post(SERVICES, pg(vpc["project_vpc_id"].as_str().unwrap()))
        .await;
    assert!(refused.refusal(409).contains("It must be ACTIVE first"));
}

#[tokio::test]
async fn a_server_on_every_address_would_answer_past_any_approval() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = everywhere.local_addr().unwrap().port();
    let mut body = pg(&vpc);
    body["underpass"]["components"] = json!([{"component": "pg", "port": port}]);
    let refusal = world
        .admin()
        .post(SERVICES, body.clone())
        .await
        .refusal(409);
    assert!(refusal.contains("Bind it to 127.0.0.1 only"), "{refusal}");
    drop(everywhere);

    let local: SocketAddr = ([127, 0, 0, 1], port).into();
    let _only_here = TcpListener::bind(local).await.unwrap();
    world.admin().post(SERVICES, body).await.ok();
}

#[tokio::test]
async fn a_change_of_options_is_merged_and_a_change_of_the_registration_replaces() {
    let world = World::new().await;
    with_service(&world).await;
    let change = json!({
        "plan": "business-8",
        "user_config": {"privatelink_access": {"pgbouncer": true}},
        "maintenance": {"dow": "monday"},
        "underpass": {"components": [{"component": "pg", "port": 15432, "link_port": 25432}]},
    });
    let service = world.admin().put(PG, change).await.ok()["service"].take();
    assert_eq!(service["plan"], "business-8");
    assert_eq!(
        service["user_config"],
        json!({"privatelink_access": {"pg": true, "pgbouncer": true}})
    );
    assert_eq!(service["maintenance"]["dow"], "monday");
    assert_eq!(service["components"].as_array().unwrap().len(), 1);
    assert_eq!(service["users"][0]["username"], "avnadmin");
    assert_eq!(service["node_count"], 1);
    let unknown = json!({"user_config": {"nonsense": 1}});
    insta::assert_snapshot!(world.admin().put(PG, unknown).await.refusal(400), @"Invalid user_config: `nonsense` is not an option of service type `pg`. Valid values: ip_filter, pg_version, private_access, privatelink_access, public_access, service_log, static_ips");
}

#[tokio::test]
async fn asking_for_what_is_so_already_changes_nothing() {
    let world = World::new().await;
    with_service(&world).await;
    let before = world.history().await;
    let same = json!({"plan": "startup-4", "user_config": {"privatelink_access": {"pg": true}}});
    world.admin().put(PG, same).await.ok();
    assert_eq!(world.history().await, before);
}

#[tokio::test]
async fn only_a_change_of_what_is_published_wakes_the_link() {
    let world = World::new().await;
    with_link(&world).await;
    // What the workers are asked for: the lease of one look runs out before the next.
    let asked = async || {
        world.pass(jiff::SignedDuration::from_mins(5));
        let (now, lease) = (world.now(), jiff::SignedDuration::from_mins(3));
        let claims = world
            .app
            .store
            .claim("test", now, now + lease, &underpass_store::Room::of(100))
            .await;
        let link = claims
            .unwrap()
            .into_iter()
            .find(|claim| claim.key == work());
        link.unwrap().generation.0
    };
    let put = async |change: Value| world.admin().put(PG, change).await.ok();
    assert_eq!(asked().await, 1);
    put(json!({"plan": "business-8", "maintenance": {"dow": "friday"}})).await;
    assert_eq!(asked().await, 1);
    put(json!({"user_config": {"privatelink_access": {"pgbouncer": true}}})).await;
    assert_eq!(asked().await, 2);
    let nodes = json!([
        {"name": "n1", "address": "127.0.0.1", "cloud": {"azure": {"nic_id": nic("n1")}}},
        {"name": "n2", "address": "127.0.0.2", "cloud": {"azure": {"nic_id": nic("n2")}}},
    ]);
    for _ in 0..2 {
        associate_static_ip(&world).await;
    }
    put(json!({"underpass": {"nodes": nodes}})).await;
    assert_eq!(asked().await, 3);
}

#[tokio::test]
async fn a_port_on_the_link_stays_for_its_life() {
    let world = World::new().await;
    with_link(&world).await;
    let moved = json!({"underpass": {"components": [
        {"component": "pg", "port": 15432, "link_port": 25433},
    ]}});
    insta::assert_snapshot!(world.admin().put(PG, moved).await.refusal(409), @"Component `pg` has port 25432 on the link as long as the link exists, because consumers have opened it in their firewalls. Register it with `underpass service update pg-1 --component pg=15432,link_port=25432`, or delete the private link first");
}

#[tokio::test]
async fn a_published_service_neither_moves_nor_goes() {
    let world = World::new().await;
    with_link(&world).await;
    let out = json!({"project_vpc_id": null});
    insta::assert_snapshot!(world.admin().put(PG, out).await.refusal(409), @"Service `pg-1` has a private link on azure, which stays in the project VPC it was created in. The service can be moved once the private link is deleted. Delete the private link first with `underpass service privatelink azure delete pg-1`");
    let off = json!({"user_config": {"static_ips": null}});
    insta::assert_snapshot!(world.admin().put(PG, off).await.refusal(409), @"The private link of service `pg-1` needs its static IP addresses, so `static_ips` must stay on. Delete the private link first with `underpass service privatelink azure delete pg-1`");
    insta::assert_snapshot!(world.admin().delete(PG).await.refusal(409), @"Service `pg-1` has a private link on azure, which deleting the service would cut. Delete the private link first with `underpass service privatelink azure delete pg-1`");
    world.admin().delete(LINK).await.ok();
    insta::assert_snapshot!(world.admin().delete(PG).await.refusal(409), @"Service `pg-1` still has a private link on azure, which is being deleted. Wait until the private link is deleted. Check with `underpass service privatelink azure get pg-1`");
}

#[tokio::test]
async fn a_protected_service_is_neither_deleted_nor_switched_off() {
    let world = World::new().await;
    with_service(&world).await;
    world
        .admin()
        .put(PG, json!({"termination_protection": true}))
        .await
        .ok();
    insta::assert_snapshot!(world.admin().delete(PG).await.refusal(409), @"Service `pg-1` is protected from being deleted. Switch the protection off first with `underpass service update pg-1 --disable-termination-protection`");
    world
        .admin()
        .put(PG, json!({"powered": false}))
        .await
        .refusal(409);
    let off = json!({"termination_protection": false, "powered": false});
    let mixed = world.admin().put(PG, off).await.refusal(409);
    assert!(mixed.contains("powered off"), "{mixed}");
    world
        .admin()
        .put(PG, json!({"termination_protection": false}))
        .await
        .ok();
    let off = world.admin().put(PG, json!({"powered": false})).await.ok();
    assert_eq!(off["service"]["state"], "POWEROFF");
}

#[tokio::test]
async fn a_deleted_service_leaves_its_name_and_addresses_free() {
    let world = World::new().await;
    crate::published::with_static_ips(&world).await;
    insta::assert_snapshot!(world.admin().delete(PG).await.text, @r#"{"message":"deleted"}"#);
    insta::assert_snapshot!(world.admin().get(PG).await.refusal(404), @"Service pg-1 does not exist");
    let ips = world.admin().get("/v1/project/demo/static-ips").await.ok();
    assert!(
        ips["static_ips"]
            .as_array()
            .unwrap()
            .iter()
            .all(|ip| ip["service_name"].is_null())
    );
    let again = json!({"service_name": "pg-1", "service_type": "pg", "cloud": "azure-westeurope"});
    world.admin().post(SERVICES, again).await.ok();
}

#[tokio::test]
async fn readers_see_no_secrets_and_change_nothing() {
    let world = World::new().await;
    with_service(&world).await;
    let reader = world.reader().await;
    for path in [
        PG,
        "/v1/project/demo/service/pg-1?include_secrets=true",
        SERVICES,
    ] {
        let text = reader.get(path).await.ok().to_string();
        assert!(
            !text.contains("s3cret") && text.contains("<redacted>"),
            "{text}"
        );
    }
    let user = reader.get(&format!("{PG}/user/avnadmin")).await.ok();
    assert_eq!(user["user"]["password"], "<redacted>");
    reader
        .put(PG, json!({"plan": "business-8"}))
        .await
        .refusal(403);
    let hidden = world
        .admin()
        .get(&format!("{PG}?include_secrets=false&limit=999"))
        .await
        .ok();
    assert_eq!(hidden["service"]["users"][0]["password"], "<redacted>");
}

#[tokio::test]
async fn tags_are_replaced_or_changed_one_by_one() {
    let world = World::new().await;
    with_service(&world).await;
    let tags = format!("{PG}/tags");
    assert_eq!(world.admin().get(&tags).await.ok(), json!({"tags": {}}));
    let replaced = world
        .admin()
        .put(&tags, json!({"tags": {"a": "1", "b": "2"}}))
        .await
        .ok();
    assert_eq!(
        replaced,
        json!({"tags": {"a": "1", "b": "2"}, "message": "tags updated"})
    );
    world
        .admin()
        .patch(&tags, json!({"tags": {"a": null, "c": "3"}}))
        .await
        .ok();
    assert_eq!(
        world.admin().get(&tags).await.ok(),
        json!({"tags": {"b": "2", "c": "3"}})
    );
}

#[tokio::test]
async fn tags_are_limited_in_every_request_that_has_some() {
    let world = World::new().await;
    with_service(&world).await;
    let admin = world.admin();
    let many: BTreeMap<_, _> = (0..65).map(|it| (format!("tag-{it}"), "a")).collect();
    let service = admin.get(PG).await.ok();
    let mut other = pg(service["service"]["project_vpc_id"].as_str().unwrap());
    other["service_name"] = json!("pg-2");
    for tags in [json!(many), json!({"a": "x".repeat(257)})] {
        other["tags"] = tags.clone();
        let body = json!({"tags": tags});
        let refused = [
            admin.post(SERVICES, other.clone()).await,
            admin.put(&format!("{PG}/tags"), body.clone()).await,
            admin.patch(&format!("{PG}/tags"), body.clone()).await,
            admin.put("/v1/project/demo/tags", body.clone()).await,
            admin.patch("/v1/project/demo/tags", body.clone()).await,
            admin.put("/v1/project/demo", body).await,
        ];
        for answer in refused {
            let refusal = answer.refusal(400);
            assert!(refusal.contains("at most 64 tags"), "{refusal}");
        }
    }
}

#[tokio::test]
async fn logins_are_kept_and_nothing_else_is_claimed() {
    let world = World::new().await;
    with_service(&world).await;
    let users = format!("{PG}/user");
    let made = world
        .admin()
        .post(&users, json!({"username": "app"}))
        .await
        .ok();
    assert_eq!(made["user"]["type"], "normal");
    assert_eq!(made["user"]["password"].as_str().unwrap().len(), 43);
    insta::assert_snapshot!(made["message"].as_str().unwrap(), @"The login is stored for connection information only. Create it on the server as well");
    world
        .admin()
        .post(&users, json!({"username": "app"}))
        .await
        .refusal(409);

    let app = format!("{users}/app");
    let reset = json!({"operation": "reset-credentials", "new_password": "other"});
    let service = world.admin().put(&app, reset).await.ok()["service"].take();
    assert_eq!(service["users"][1]["password"], "other");
    world
        .admin()
        .put(&app, json!({"operation": "acknowledge-renewal"}))
        .await
        .refusal(400);
    world.admin().delete(&app).await.ok();
    insta::assert_snapshot!(world.admin().get(&app).await.refusal(404), @"User `app` not found for service pg-1: it has avnadmin");
    insta::assert_snapshot!(world.admin().delete(&format!("{users}/avnadmin")).await.refusal(409), @"User `avnadmin` is the main login, which connection information uses. Register other users in its place with `underpass service update pg-1 --user NAME:@FILE`");
    let told = world
        .admin()
        .get("/v1/underpass/project/demo/events")
        .await
        .ok()
        .to_string();
    assert!(!told.contains("other"), "no secret is in the history");
}

#[tokio::test]
async fn many_services_are_registered_in_one_vpc_at_once() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let admin = world.admin();
    let register = async |number: u32| {
        let mut body = pg(&vpc);
        body["service_name"] = json!(format!("pg-{number}"));
        body["underpass"]["nodes"][0]["cloud"]["azure"]["nic_id"] =
            json!(nic(&format!("n{number}")));
        admin.post(SERVICES, body).await.ok();
    };
    futures_util::future::join_all((0..32).map(register)).await;
    let path = format!("/v1/project/demo/vpcs/{vpc}");
    assert!(admin.delete(&path).await.refusal(409).contains("pg-31"));
    for number in 0..32 {
        admin.delete(&format!("{SERVICES}/pg-{number}")).await.ok();
    }
    admin.delete(&path).await.ok();
}

#[tokio::test]
async fn nodes_are_not_replaced_on_the_basis_of_an_outdated_read() {
    let world = World::new().await;
    with_service(&world).await;
    let shown = world.admin().get(PG).await.ok();
    let were = shown["service"]["underpass"]["nodes"].clone();
    let mut grown = were.clone();
    let second = json!({"name": "n2", "address": "127.0.0.2"});
    grown.as_array_mut().unwrap().push(second);
    let replace = async |nodes: &Value| {
        let asked = json!({"underpass": {"nodes": nodes, "nodes_were": were}});
        world.admin().put(PG, asked).await
    };
    replace(&grown).await.ok();
    let refused = replace(&were).await.refusal(409);
    assert!(
        refused.contains("changed since they were read"),
        "{refused}"
    );
    let now = world.admin().get(PG).await.ok();
    assert_eq!(now["service"]["node_count"], 2);
}
