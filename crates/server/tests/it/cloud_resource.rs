//! Cloud resources belong to one project.

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_server::reconcile::{PassOutcome, reconcile_pass};
use underpass_server::reservations;
use underpass_store::{Change, CloudResourceReservation, Key, Kind, Lookup, Room};

use crate::handle_claim::activate;
use crate::world::{Client, World};

const VNET: &str =
    "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";

const NIC: &str =
    "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/networkInterfaces/n1";

const INSTANCE: &str = "projects/p/zones/europe-west1-b/instances/n1";

/// Two projects of one operator, `demo` and `other`, and a client that sees only `other`.
async fn two_projects(world: &World) -> Client {
    let admin = world.admin();
    let project = json!({"project": "other"});
    admin.post("/v1/project", project).await.ok();
    let narrow = json!({"underpass": {"only_projects": ["other"]}});
    let token = admin.post("/v1/access_token", narrow).await.ok();
    let text = token["full_token"].as_str().unwrap().to_owned();
    world.client(Some(underpass_model::credentials::Secret::new(text)))
}

/// Lets `other` register any node; returns its project VPC in a cloud.
async fn with_grant(world: &World, account: &str, scope: &str, cloud: &str) -> Value {
    let admin = world.admin();
    let grant = json!({"account": account, "scope": scope});
    let grants = "/v1/underpass/project/other/grants";
    admin.post(grants, grant).await.ok();
    let vpc = json!({"cloud_name": cloud, "network_cidr": "10.70.0.0/24"});
    let vpc = admin.post("/v1/project/other/vpcs", vpc).await.ok();
    let id = vpc["project_vpc_id"].as_str().unwrap();
    activate(world, "other", id, cloud, "10.70.0.0/24").await;
    json!(id)
}

fn within(mut service: Value, vpc: &Value) -> Value {
    service["project_vpc_id"] = vpc.clone();
    service
}

fn service(name: &str, cloud: &str, handle: &Value) -> Value {
    json!({
        "service_name": name, "service_type": "pg", "plan": "startup-4", "cloud": cloud,
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1", "cloud": handle}],
            "components": [{"component": "pg", "port": 5432}],
        },
    })
}

fn on_azure(name: &str, nic: &str) -> Value {
    service(name, "azure-westeurope", &json!({"azure": {"nic_id": nic}}))
}

fn on_google(name: &str, instance: &str) -> Value {
    let handle = json!({"google": {"instance": instance}});
    service(name, "google-europe-west1", &handle)
}

fn adopting(cidr: &str, group: &str, vnet: &str) -> Value {
    json!({"cloud_name": "azure-westeurope", "network_cidr": cidr, "underpass": {"azure": {
        "resource_group": group, "vnet_id": vnet, "node_subnet": "nodes", "nat_subnet": "nat",
    }}})
}

/// The reserved resources with their projects.
async fn reserved(world: &World) -> Vec<String> {
    let lookup = Lookup::Under(Kind::CloudResource, Key::root());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let rows = fetched.all::<CloudResourceReservation>().unwrap();
    rows.iter()
        .map(|row| {
            let CloudResourceReservation {
                resource,
                project,
                holders,
            } = &row.value;
            let name = resource.id().rsplit('/').next().unwrap();
            format!(
                "{} {name}: {project} {}",
                resource.kind.as_str(),
                holders.len()
            )
        })
        .collect()
}

#[tokio::test]
async fn an_interface_of_another_project_is_refused_in_any_spelling() {
    let world = World::new().await;
    let narrow = two_projects(&world).await;
    let admin = world.admin();
    admin
        .post("/v1/project/demo/service", on_azure("pg-1", NIC))
        .await
        .ok();
    // The same project may register it again.
    admin
        .post("/v1/project/demo/service", on_azure("pg-2", NIC))
        .await
        .ok();
    let vpc = with_grant(&world, "azure", "/subscriptions/1", "azure-westeurope").await;
    let taken = within(on_azure("pg-1", &NIC.to_uppercase()), &vpc);
    let path = "/v1/project/other/service";
    let refused = narrow.post(path, taken.clone()).await;
    assert_eq!(
        refused.json()["errors"][0]["error_code"],
        "cloud_resource_taken"
    );
    insta::assert_snapshot!(refused.refusal(409), @"The network interface `/subscriptions/1/resourcegroups/net/providers/microsoft.network/networkinterfaces/n1` belongs to another project. A cloud resource belongs to one project only. Use one of this project, or remove it from its present project first");
    let named = admin.post(path, taken.clone()).await.refusal(409);
    assert!(named.contains("belongs to project `demo`"), "{named}");
    let free = NIC.replace("n1", "n2");
    let free = within(on_azure("pg-3", &free), &vpc);
    narrow.post(path, free).await.ok();
    let nodes = json!({"underpass": {"nodes": taken["underpass"]["nodes"]}});
    let moved = narrow.put(&format!("{path}/pg-3"), nodes.clone()).await;
    assert_eq!(
        moved.json()["errors"][0]["error_code"],
        "cloud_resource_taken"
    );
    assert_eq!(
        reserved(&world).await,
        ["interface n1: demo 2", "interface n2: other 1"]
    );

    // It is free once the last service of its project is gone or has other nodes.
    admin.delete("/v1/project/demo/service/pg-2").await.ok();
    let nodes_of_none = json!({"underpass": {"nodes": []}});
    admin
        .put("/v1/project/demo/service/pg-1", nodes_of_none)
        .await
        .ok();
    narrow.put(&format!("{path}/pg-3"), nodes).await.ok();
    assert_eq!(reserved(&world).await, ["interface n1: other 1"]);
}

#[tokio::test]
async fn an_instance_of_another_project_is_refused_in_any_spelling() {
    let world = World::new().await;
    let narrow = two_projects(&world).await;
    let url = format!("https://www.googleapis.com/compute/v1/{INSTANCE}");
    let body = on_google("pg-1", &url);
    world
        .admin()
        .post("/v1/project/demo/service", body)
        .await
        .ok();
    let vpc = with_grant(&world, "google", "projects/p", "google-europe-west1").await;
    let taken = within(on_google("pg-1", INSTANCE), &vpc);
    let refused = narrow
        .post("/v1/project/other/service", taken)
        .await
        .refusal(409);
    assert!(refused.contains("belongs to another project"), "{refused}");
    assert_eq!(reserved(&world).await, ["instance n1: demo 1"]);
}

#[tokio::test]
async fn of_two_concurrent_registrations_one_has_the_interface() {
    let world = World::new().await;
    two_projects(&world).await;
    let admin = world.admin();
    let (one, two) = tokio::join!(
        admin.post("/v1/project/demo/service", on_azure("pg-1", NIC)),
        admin.post("/v1/project/other/service", on_azure("pg-1", NIC)),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_network_belongs_to_the_project_that_adopted_it_until_its_last_vpc_is_gone() {
    let world = World::new().await;
    two_projects(&world).await;
    let admin = world.admin();
    let demo = "/v1/project/demo/vpcs";
    let first = admin
        .post(demo, adopting("10.64.0.0/24", "links", VNET))
        .await
        .ok();
    let second = adopting("10.64.1.0/24", "links", &VNET.to_uppercase());
    let second = admin.post(demo, second).await.ok();
    assert_eq!(
        reserved(&world).await,
        [
            "group links: demo 2",
            "network v: demo 2",
            "subnet nat: demo 2",
            "subnet nodes: demo 2"
        ]
    );
    let other = "/v1/project/other/vpcs";
    for (group, vnet, kind) in [
        ("mine", VNET.to_owned(), "network"),
        (
            "LINKS",
            VNET.replace("Networks/v", "Networks/w"),
            "resource group",
        ),
    ] {
        let refused = admin
            .post(other, adopting("10.64.0.0/24", group, &vnet))
            .await;
        let message = refused.refusal(409);
        assert!(message.contains(&format!("The {kind} `")), "{message}");
    }
    for vpc in [first, second] {
        let id = vpc["project_vpc_id"].as_str().unwrap();
        admin.delete(&format!("{demo}/{id}")).await.ok();
    }
    let now = world.now();
    let until = now + SignedDuration::from_mins(3);
    let store = &world.app.store;
    for claim in store
        .claim("test", now, until, &Room::of(100))
        .await
        .unwrap()
    {
        assert_eq!(reserved(&world).await.len(), 4);
        let outcome = reconcile_pass(&world.engine(), &claim, until)
            .await
            .unwrap();
        assert_eq!(outcome, PassOutcome::Gone);
    }
    assert_eq!(reserved(&world).await, [""; 0]);
    admin
        .post(other, adopting("10.64.0.0/24", "links", VNET))
        .await
        .ok();
}

#[tokio::test]
async fn a_network_that_underpass_made_is_never_adopted() {
    let world = World::new().await;
    let made = "underpass-vpc-3f0c1d2e-0000-4000-8000-000000000002";
    let refused = async |body: Value| {
        let answer = world.admin().post("/v1/project/demo/vpcs", body).await;
        assert_eq!(answer.json()["errors"][0]["error_code"], "adopted_vpc");
        answer.refusal(400)
    };
    let vnet = VNET.replace("/net/", &format!("/{}/", made.to_uppercase()));
    refused(adopting("10.64.0.0/24", "links", &vnet)).await;
    let message = refused(adopting("10.64.0.0/24", made, VNET)).await;
    insta::assert_snapshot!(message, @"`underpass-vpc-3f0c1d2e-0000-4000-8000-000000000002` cannot be adopted: names that begin with `underpass-vpc-` belong to project VPCs whose network Underpass made. Adopt a network of your own, or create a project VPC without one");
    let google = |network: &str, subnet: &str| {
        json!({"cloud_name": "google-europe-west1", "network_cidr": "10.64.0.0/24",
        "underpass": {"google": {
            "network": format!("projects/p/global/networks/{network}"),
            "node_subnet": format!("projects/p/regions/europe-west1/subnetworks/{subnet}"),
        }}})
    };
    refused(google(made, "nodes")).await;
    refused(google("mine", &format!("{made}-nodes"))).await;
}

#[tokio::test]
async fn a_static_ip_belongs_to_its_project() {
    let world = World::new().await;
    let body = json!({"cloud_name": "azure-westeurope"});
    let ip = world
        .admin()
        .post("/v1/project/demo/static-ips", body)
        .await
        .ok();
    let id = ip["static_ip_address_id"].as_str().unwrap();
    assert_eq!(reserved(&world).await, [format!("address {id}: demo 1")]);
    let path = format!("/v1/project/demo/static-ips/{id}");
    world.admin().delete(&path).await.ok();
    let now = world.now();
    let until = now + SignedDuration::from_mins(3);
    for claim in world
        .app
        .store
        .claim("test", now, until, &Room::of(100))
        .await
        .unwrap()
    {
        reconcile_pass(&world.engine(), &claim, until)
            .await
            .unwrap();
    }
    assert_eq!(reserved(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_store_of_an_older_version_gets_its_reservations_before_the_first_request() {
    let world = World::new().await;
    let narrow = two_projects(&world).await;
    let admin = world.admin();
    admin
        .post("/v1/project/demo/service", on_azure("pg-1", NIC))
        .await
        .ok();
    admin
        .post(
            "/v1/project/demo/vpcs",
            adopting("10.64.0.0/24", "links", VNET),
        )
        .await
        .ok();
    let before = reserved(&world).await;
    let store = &world.app.store;
    let lookup = Lookup::Under(Kind::CloudResource, Key::root());
    let rows = store.fetch(&[lookup]).await.unwrap();
    let mut change = Change::new();
    for row in rows.all::<CloudResourceReservation>().unwrap() {
        change = change.remove::<CloudResourceReservation>(row.key);
    }
    store.commit(change).await.unwrap();
    // An older version let a later service of another project take the same interface.
    world.pass(SignedDuration::from_secs(1));
    let path = "/v1/project/other/service";
    let vpc = with_grant(&world, "azure", "/subscriptions/1", "azure-westeurope").await;
    let body = within(on_azure("pg-9", NIC), &vpc);
    narrow.post(path, body).await.ok();
    let key = Key::cloud_resource(&underpass_model::cloud_resource::CloudResource::interface(
        NIC,
    ));
    world.remove::<CloudResourceReservation>(key).await;

    reservations::complete(&**store).await.unwrap();
    assert_eq!(reserved(&world).await, before);
    reservations::complete(&**store).await.unwrap();
    assert_eq!(reserved(&world).await, before);
    let nodes = on_azure("pg-9", NIC)["underpass"]["nodes"].clone();
    let renamed = json!({"underpass": {"nodes": [{
        "name": "n9", "address": "127.0.0.1", "cloud": nodes[0]["cloud"],
    }]}});
    narrow
        .put(&format!("{path}/pg-9"), renamed)
        .await
        .refusal(409);
}
