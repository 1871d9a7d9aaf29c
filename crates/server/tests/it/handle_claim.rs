//! Cloud resources of nodes that a project takes without an operator.

use serde_json::{Value, json};
use underpass_model::credentials::Secret;
use underpass_model::part::{AzurePart, AzureSpec, Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::work::WorkKey;
use underpass_server::reservations;
use underpass_store::{CloudResourceReservation, Key, Kind, Lookup, ResourceHolder};

use crate::world::{Client, Reply, World, seen};

const SERVICES: &str = "/v1/project/evil/service";

const GRANTS: &str = "/v1/underpass/project/evil/grants";

/// A project beside `demo`, and the operator's token that is restricted to it.
async fn tenant(world: &World) -> Client {
    member_of(world, "evil").await
}

/// Makes a project; returns the operator's token that is restricted to it.
async fn member_of(world: &World, project: &str) -> Client {
    let admin = world.admin();
    admin
        .post("/v1/project", json!({"project": project}))
        .await
        .ok();
    let narrow = json!({"underpass": {"only_projects": [project]}});
    let token = admin.post("/v1/access_token", narrow).await.ok();
    let text = token["full_token"].as_str().unwrap().to_owned();
    world.client(Some(Secret::new(text)))
}

async fn vpc(world: &World, project: &str, cloud: &str, cidr: &str) -> String {
    let body = json!({"cloud_name": cloud, "network_cidr": cidr});
    let path = format!("/v1/project/{project}/vpcs");
    let made = world.admin().post(&path, body).await.ok();
    let id = made["project_vpc_id"].as_str().unwrap().to_owned();
    activate(world, project, &id, cloud, cidr).await;
    id
}

/// Confirms the parts of a project VPC.
pub(crate) async fn activate(world: &World, project: &str, id: &str, cloud: &str, cidr: &str) {
    let work = WorkKey::Vpc(project.parse().unwrap(), id.parse().unwrap());
    let cidr = cidr.parse().unwrap();
    let parts = if cloud.starts_with("azure") {
        vec![
            (Part::Azure(AzurePart::Group), Spec::Present),
            (Part::Network, Spec::Azure(AzureSpec::Network { cidr })),
        ]
    } else {
        vec![
            (Part::Network, Spec::Present),
            (
                Part::Google(GooglePart::Subnet),
                Spec::Google(GoogleSpec::Subnet { cidr }),
            ),
            (Part::Google(GooglePart::Probes), Spec::Present),
        ]
    };
    let parts = parts
        .into_iter()
        .map(|(part, spec)| (part, spec, Facts::default()));
    world.observe(&work, &seen(parts)).await;
}

fn service(name: &str, cloud: &str, vpc: Option<&str>, handle: &Value) -> Value {
    json!({
        "service_name": name, "service_type": "pg", "plan": "startup-4", "cloud": cloud,
        "project_vpc_id": vpc,
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1", "cloud": handle}],
            "components": [{"component": "pg", "port": 5432}],
        },
    })
}

fn nic(group: &str, name: &str) -> String {
    format!(
        "/subscriptions/p/resourceGroups/{group}/providers/Microsoft.Network/networkInterfaces/\
         {name}"
    )
}

fn on_azure(name: &str, vpc: Option<&str>, nic: &str) -> Value {
    let handle = json!({"azure": {"nic_id": nic}});
    service(name, "azure-westeurope", vpc, &handle)
}

fn on_google(name: &str, vpc: Option<&str>, instance: &str) -> Value {
    let handle = json!({"google": {"instance": instance}});
    service(name, "google-europe-west1", vpc, &handle)
}

fn refused(answer: &Reply) -> String {
    let body = answer.json();
    assert_eq!(body["errors"][0]["error_code"], "handle_not_granted");
    answer.refusal(403)
}

#[tokio::test]
async fn a_tenant_takes_interfaces_in_groups_of_its_project_vpcs() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let azure = "azure-westeurope";
    let own = vpc(&world, "evil", azure, "10.64.0.0/24").await;
    let foreign = vpc(&world, "demo", azure, "10.64.0.0/24").await;
    let guessed = on_azure("pg-1", Some(&own), &nic("prod-net", "db-7"));
    insta::assert_snapshot!(refused(&tenant.post(SERVICES, guessed.clone()).await), @"Project `evil` may not register the network interface `/subscriptions/p/resourcegroups/prod-net/providers/microsoft.network/networkinterfaces/db-7` as node `n1`. With a restricted token a project registers only network interfaces in the resource groups of its project VPCs, and what a grant covers. Ask an operator to allow it with `underpass project grant add evil --account azure --scope /subscriptions/p/resourceGroups/prod-net/providers/Microsoft.Network/networkInterfaces/db-7`");
    // Also if its owner registered it already, with the same answer.
    let demo = "/v1/project/demo/service";
    let owned = on_azure("pg-1", Some(&foreign), &nic("prod-net", "db-7"));
    world.admin().post(demo, owned).await.ok();
    refused(&tenant.post(SERVICES, guessed).await);
    let group = |vpc: &str| format!("underpass-vpc-{vpc}");
    let made = on_azure("pg-1", Some(&own), &nic(&group(&foreign), "pg-1.n1"));
    refused(&tenant.post(SERVICES, made).await);
    let elsewhere = nic(&group(&own), "a").replace("/p/", "/q/");
    refused(
        &tenant
            .post(SERVICES, on_azure("pg-1", Some(&own), &elsewhere))
            .await,
    );
    let outside = on_azure("pg-1", None, &nic(&group(&own), "pg-1.n1"));
    let message = refused(&tenant.post(SERVICES, outside).await);
    assert!(
        message.contains("is in no project VPC of a cloud account"),
        "{message}"
    );
    let mine = nic(&group(&own).to_uppercase(), "pg-1.n1");
    let made = on_azure("pg-1", Some(&own), &mine);
    tenant.post(SERVICES, made.clone()).await.ok();
    // A change follows the same rule, and registered nodes stay.
    let path = format!("{SERVICES}/pg-1");
    let mut nodes = made["underpass"]["nodes"].as_array().unwrap().clone();
    nodes.push(json!({"name": "n2", "address": "127.0.0.2",
        "cloud": {"azure": {"nic_id": nic("prod-net", "db-8")}}}));
    let more = json!({"underpass": {"nodes": nodes}});
    refused(&tenant.put(&path, more.clone()).await);
    world.admin().put(&path, more.clone()).await.ok();
    nodes[0]["address"] = json!("127.0.0.3");
    let moved = json!({"underpass": {"nodes": nodes}});
    tenant.put(&path, moved).await.ok();
}

#[tokio::test]
async fn a_grant_covers_interfaces_by_the_beginning_of_their_names() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let own = vpc(&world, "evil", "azure-westeurope", "10.64.0.0/24").await;
    let body = on_azure("pg-1", Some(&own), &nic("net", "evil-1"));
    refused(&tenant.post(SERVICES, body.clone()).await);
    let grant = json!({"account": "azure", "scope": nic("net", "evil-*")});
    let grant = world.admin().post(GRANTS, grant).await.ok();
    tenant.post(SERVICES, body).await.ok();
    let other = on_azure("pg-2", Some(&own), &nic("net", "good-1"));
    refused(&tenant.post(SERVICES, other).await);
    // A second service of the project may use what the project has, also after the grant.
    let id = grant["grant_id"].as_str().unwrap();
    world.admin().delete(&format!("{GRANTS}/{id}")).await.ok();
    let again = on_azure("pg-2", Some(&own), &nic("NET", "EVIL-1"));
    tenant.post(SERVICES, again).await.ok();
}

#[tokio::test]
async fn the_first_project_of_a_region_reserves_no_instance_and_loses_none() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let other = member_of(&world, "good").await;
    let cloud = "google-europe-west1";
    let instance = |name: &str| format!("projects/p/zones/europe-west1-b/instances/{name}");
    let own = vpc(&world, "evil", cloud, "10.64.0.0/24").await;
    let body = |name: &str, path: &str| on_google(name, Some(&own), path);
    tenant
        .post(SERVICES, body("pg-1", &instance("a")))
        .await
        .ok();
    let elsewhere = instance("b").replace("/p/", "/other/");
    refused(&tenant.post(SERVICES, body("pg-2", &elsewhere)).await);
    // The later project names the same instance, and the network that it is in decides.
    let theirs = vpc(&world, "good", cloud, "10.66.0.0/24").await;
    let same = on_google("pg-1", Some(&theirs), &instance("a"));
    other
        .post("/v1/project/good/service", same.clone())
        .await
        .ok();
    // Its project VPC took nothing from the first one, for which no grant is needed either.
    let pg = format!("{SERVICES}/pg-1");
    let more = json!({"underpass": {"nodes": [
        {"name": "n1", "address": "127.0.0.1", "cloud": {"google": {"instance": instance("a")}}},
        {"name": "n2", "address": "127.0.0.2", "cloud": {"google": {"instance": instance("c")}}},
    ]}});
    tenant.put(&pg, more.clone()).await.ok();
    // An instance that an operator registered is another project's, with the usual answer.
    let operated = on_google("pg-9", Some(&theirs), &instance("d"));
    let services = "/v1/project/good/service";
    world.admin().post(services, operated).await.ok();
    insta::assert_snapshot!(refused(&tenant.post(SERVICES, body("pg-3", &instance("d"))).await), @"Project `evil` may not register the instance `projects/p/zones/europe-west1-b/instances/d` as node `n1`. With a restricted token a project registers only instances of the account in the region of the service's project VPC that no other project has, and what a grant covers. Ask an operator to allow it with `underpass project grant add evil --account google --scope projects/p/zones/europe-west1-b/instances/d`");
    let free = on_google("pg-8", Some(&theirs), &instance("c"));
    world.admin().post(services, free).await.ok();
    tenant.put(&pg, more).await.ok();
    let renamed = json!({"underpass": {"nodes": [
        {"name": "n3", "address": "127.0.0.1", "cloud": {"google": {"instance": instance("c")}}},
    ]}});
    tenant.put(&pg, renamed).await.ok();
    // A restart changes none of it.
    let before = rows(&world).await;
    reservations::complete(&*world.app.store).await.unwrap();
    assert_eq!(rows(&world).await, before);
    world.admin().delete(&pg).await.ok();
    other.delete(&format!("{services}/pg-1")).await.ok();
    assert_eq!(
        rows(&world).await,
        ["instance/c good pg-8", "instance/d good pg-9"]
    );
}

#[tokio::test]
async fn a_grant_reserves_instances_and_no_interface_of_another_project_vpc() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let google = "google-europe-west1";
    let own = vpc(&world, "evil", google, "10.64.0.0/24").await;
    let instance = "projects/p/zones/europe-west1-b/instances/c";
    let body = on_google("pg-1", Some(&own), instance);
    let grant = json!({"account": "google", "scope": instance});
    world.admin().post(GRANTS, grant).await.ok();
    tenant.post(SERVICES, body).await.ok();
    assert_eq!(rows(&world).await, ["instance/c evil pg-1"]);

    let azure = "azure-westeurope";
    let own = vpc(&world, "evil", azure, "10.64.0.0/24").await;
    let foreign = vpc(&world, "demo", azure, "10.64.0.0/24").await;
    let grant = json!({"account": "azure", "scope": "/subscriptions/p"});
    world.admin().post(GRANTS, grant).await.ok();
    let theirs = nic(&format!("Underpass-VPC-{foreign}"), "pg-1.n1");
    let body = on_azure("pg-2", Some(&own), &theirs);
    refused(&tenant.post(SERVICES, body).await);
    let body = on_azure("pg-2", Some(&own), &nic("net", "a"));
    tenant.post(SERVICES, body).await.ok();
}

/// The reservations: the end of the key, the project and the holders.
async fn rows(world: &World) -> Vec<String> {
    let lookup = Lookup::Under(Kind::CloudResource, Key::root());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let rows = fetched.all::<CloudResourceReservation>().unwrap();
    let shown = rows.iter().map(|row| {
        let CloudResourceReservation {
            resource,
            project,
            holders,
        } = &row.value;
        let located = row.key.as_str().starts_with("located/");
        let how = if located { "located " } else { "" };
        let kind = resource.kind.as_str();
        let name = resource.id().rsplit('/').next().unwrap();
        let holders = holders.iter().map(|holder| match holder {
            ResourceHolder::Service(name) => name.to_string(),
            ResourceHolder::StaticIp(_) | ResourceHolder::Vpc(_) => String::new(),
        });
        let holders: Vec<_> = holders.collect();
        format!("{how}{kind}/{name} {project} {}", holders.join(" "))
    });
    shown.collect()
}

#[tokio::test]
async fn an_instance_is_named_by_the_id_of_its_project() {
    let world = World::new().await;
    let number =
        "https://www.googleapis.com/compute/v1/projects/123456789/zones/europe-west1-b/instances/a";
    let services = "/v1/project/demo/service";
    let refused = world
        .admin()
        .post(services, on_google("pg-1", None, number))
        .await;
    assert_eq!(refused.json()["errors"][0]["error_code"], "node_handle");
    insta::assert_snapshot!(refused.refusal(400), @"Node `n1` is instance `projects/123456789/zones/europe-west1-b/instances/a` of a project by number. An instance has one spelling, so that it belongs to one project. Set the ID of the Google project instead of its number: projects/PROJECT_ID/zones/europe-west1-b/instances/a");
}
