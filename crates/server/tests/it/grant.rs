//! Grants: what a project adopts without an operator.

use serde_json::{Value, json};
use underpass_model::credentials::Secret;

use crate::world::{Client, World};

const GROUP: &str = "/subscriptions/p/resourceGroups/net";

const GRANTS: &str = "/v1/underpass/project/evil/grants";

const VPCS: &str = "/v1/project/evil/vpcs";

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

fn on_azure() -> Value {
    json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24",
    "underpass": {"azure": {
        "resource_group": "net",
        "vnet_id": format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v"),
        "node_subnet": "nodes", "nat_subnet": "nat",
    }}})
}

fn on_google() -> Value {
    json!({"cloud_name": "google-europe-west1", "network_cidr": "10.65.0.0/24",
    "underpass": {"google": {
        "network": "projects/p/global/networks/n",
        "node_subnet": "projects/p/regions/europe-west1/subnetworks/s",
    }}})
}

fn code(answer: &crate::world::Reply) -> String {
    let body = answer.json();
    body["errors"][0]["error_code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_project_adopts_nothing_without_a_grant_or_an_operator() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let refused = tenant.post(VPCS, on_azure()).await;
    assert_eq!(code(&refused), "adoption_not_granted");
    insta::assert_snapshot!(refused.refusal(403), @"Project `evil` may not adopt `/subscriptions/p/resourceGroups/net` with account `azure`. Only an operator's token that is not restricted to projects adopts what no grant covers. Ask an operator to allow it with `underpass project grant add evil --account azure --scope /subscriptions/p/resourceGroups/net`");
    let refused = tenant.post(VPCS, on_google()).await;
    assert_eq!(code(&refused), "adoption_not_granted");
    // A network of its own needs none.
    let made = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.66.0.0/24"});
    tenant.post(VPCS, made).await.ok();
    for grant in [
        json!({"account": "azure", "scope": GROUP}),
        json!({"account": "google", "scope": "projects/p"}),
    ] {
        let refused = tenant.post(GRANTS, grant.clone()).await;
        assert_eq!(code(&refused), "not_an_operator");
        world.admin().post(GRANTS, grant).await.ok();
    }
    tenant.post(VPCS, on_azure()).await.ok();
    tenant.post(VPCS, on_google()).await.ok();
}

#[tokio::test]
async fn an_unrestricted_operator_adopts_without_a_grant() {
    let world = World::new().await;
    tenant(&world).await;
    world.admin().post(VPCS, on_azure()).await.ok();
    world.admin().post(VPCS, on_google()).await.ok();
}

#[tokio::test]
async fn every_adopted_resource_must_be_covered() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let vnet = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v");
    let grant = async |scope: &str| {
        let body = json!({"account": "azure", "scope": scope});
        world.admin().post(GRANTS, body).await.ok()
    };
    grant(&vnet).await;
    let message = tenant.post(VPCS, on_azure()).await.refusal(403);
    assert!(
        message.contains(&format!("may not adopt `{GROUP}`")),
        "{message}"
    );
    let mut elsewhere = on_azure();
    elsewhere["underpass"]["azure"]["resource_group"] = json!("links");
    grant("/subscriptions/P/resourceGroups/LINKS").await;
    tenant.post(VPCS, elsewhere).await.ok();
}

#[tokio::test]
async fn grants_are_listed_added_once_and_removed() {
    let world = World::new().await;
    let tenant = tenant(&world).await;
    let body = json!({"account": "azure", "scope": format!("{GROUP}/")});
    let grant = world.admin().post(GRANTS, body).await.ok();
    let again = json!({"account": "azure", "scope": GROUP});
    assert_eq!(world.admin().post(GRANTS, again).await.ok(), grant);
    let listed = tenant.get(GRANTS).await.ok();
    // The tenant sees the operator, not the operator's token.
    let mut seen = grant.clone();
    seen["granted_by"] = json!("ada@example.net");
    assert_eq!(listed, json!({"grants": [seen]}));
    let known = world.admin().get(GRANTS).await.ok();
    assert_eq!(known, json!({"grants": [grant]}));
    let events = "/v1/underpass/project/evil/events";
    let (seen, known) = (
        tenant.get(events).await.ok(),
        world.admin().get(events).await.ok(),
    );
    assert_eq!(seen["events"][0]["actor"], "ada@example.net");
    assert!(
        known["events"][0]["actor"]
            .as_str()
            .unwrap()
            .starts_with("ada@example.net (")
    );
    insta::assert_json_snapshot!(listed, {".grants[0].grant_id" => "[id]"}, @r#"
    {
      "grants": [
        {
          "account": "azure",
          "create_time": "2027-01-15T08:00:00Z",
          "grant_id": "[id]",
          "granted_by": "ada@example.net",
          "scope": "/subscriptions/p/resourceGroups/net"
        }
      ]
    }
    "#);

    let one = format!("{GRANTS}/{}", grant["grant_id"].as_str().unwrap());
    assert_eq!(code(&tenant.delete(&one).await), "not_an_operator");
    assert_eq!(world.admin().delete(&one).await.ok(), json!({"grants": []}));
    assert_eq!(code(&world.admin().delete(&one).await), "grant_not_found");
    tenant.post(VPCS, on_azure()).await.refusal(403);
    let bad = json!({"account": "azure", "scope": "net"});
    assert_eq!(code(&world.admin().post(GRANTS, bad).await), "grant_scope");
    let bad = json!({"account": "none", "scope": GROUP});
    assert_eq!(code(&world.admin().post(GRANTS, bad).await), "no_account");
}

#[tokio::test]
async fn a_project_has_a_limited_number_of_grants() {
    let world = World::new().await;
    tenant(&world).await;
    let body = |number: usize| {
        let scope = format!("/subscriptions/p/resourceGroups/g{number}");
        json!({"account": "azure", "scope": scope})
    };
    for number in 0..64 {
        world.admin().post(GRANTS, body(number)).await.ok();
    }
    let refused = world.admin().post(GRANTS, body(64)).await;
    assert_eq!(code(&refused), "too_many_grants");
    world.admin().post(GRANTS, body(0)).await.ok();
}

#[tokio::test]
async fn a_shared_vpc_is_refused_with_its_reason() {
    let world = World::new().await;
    let mut body = on_google();
    body["underpass"]["google"] = json!({
        "network": "projects/host/global/networks/n",
        "node_subnet": "projects/host/regions/europe-west1/subnetworks/s",
    });
    let message = world
        .admin()
        .post("/v1/project/demo/vpcs", body.clone())
        .await
        .refusal(400);
    insta::assert_snapshot!(message, @"Network `projects/host/global/networks/n` is in project `host`, but account `google` manages project `p`. A Shared VPC is not supported, because its NAT subnets and firewall rules belong to the host project. Use a network of `p`, or an account that manages `host`");
    body["underpass"]["google"]["network"] = json!("projects/p/global/networks/n");
    let message = world
        .admin()
        .post("/v1/project/demo/vpcs", body)
        .await
        .refusal(400);
    assert!(
        message.contains("a subnet of the network's project `p`"),
        "{message}"
    );
}
