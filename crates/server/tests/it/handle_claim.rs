//! Cloud resources of nodes that a project takes without an operator.

use serde_json::{Value, json};
use underpass_model::credentials::Secret;
use underpass_model::part::{AzurePart, AzureSpec, Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::work::WorkKey;

use crate::world::{Client, Reply, World, seen};

const SERVICES: &str = "/v1/project/evil/service";

const GRANTS: &str = "/v1/underpass/project/evil/grants";

/// A project beside `demo`, and the operator's token that is restricted to it.
async fn tenant(world: &World) -> Client {
    let admin = world.admin();
    let project = json!({"project": "evil"});
    admin.post("/v1/project", project).await.ok();
    let narrow = json!({"underpass": {"only_projects": ["evil"]}});
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
async fn a_tenant_takes_instances_where_it_is_alone_or_by_grant() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let cloud = "google-europe-west1";
    let instance = "projects/p/zones/europe-west1-b/instances";
    let own = vpc(&world, "evil", cloud, "10.64.0.0/24").await;
    let body = |name: &str, instance: &str| on_google(name, Some(&own), instance);
    tenant
        .post(SERVICES, body("pg-1", &format!("{instance}/a")))
        .await
        .ok();
    let foreign = body("pg-2", &format!("{instance}/b").replace("/p/", "/other/"));
    refused(&tenant.post(SERVICES, foreign).await);
    // Another region of another project does not matter, the same region does.
    vpc(&world, "demo", "google-europe-west4", "10.65.0.0/24").await;
    tenant
        .post(SERVICES, body("pg-2", &format!("{instance}/b")))
        .await
        .ok();
    vpc(&world, "demo", cloud, "10.66.0.0/24").await;
    let third = body("pg-3", &format!("{instance}/c"));
    insta::assert_snapshot!(refused(&tenant.post(SERVICES, third.clone()).await), @"Project `evil` may not register the instance `projects/p/zones/europe-west1-b/instances/c` as node `n1`. With a restricted token a project registers only instances in a region of the account in which no other project has a project VPC, and what a grant covers. Ask an operator to allow it with `underpass project grant add evil --account google --scope projects/p/zones/europe-west1-b/instances/c`");
    let grant = json!({"account": "google", "scope": format!("{instance}/c")});
    world.admin().post(GRANTS, grant).await.ok();
    tenant.post(SERVICES, third).await.ok();
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
