//! Project VPCs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::auth::Role;
use underpass_model::id::ProjectVpcId;
use underpass_model::part::{AzurePart, AzureSpec, Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Key, Kind, Lookup, VpcResident};

use crate::published::{PG, SERVICES, active_vpc, nic, pg};
use crate::world::{World, project, seen};

const VNET: &str =
    "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";

const NODES: &str = "projects/p/regions/europe-west1/subnetworks/s";

fn new_vpc(cidr: &str) -> Value {
    json!({"cloud_name": "azure-westeurope", "network_cidr": cidr, "peering_connections": []})
}

async fn made(world: &World, body: Value) -> (Value, WorkKey) {
    let vpc = world.admin().post("/v1/project/demo/vpcs", body).await.ok();
    let id = vpc["project_vpc_id"].as_str().unwrap().parse().unwrap();
    (vpc, WorkKey::Vpc(project(), id))
}

fn network() -> underpass_model::part::Observed {
    let cidr = "10.64.0.0/24".parse().unwrap();
    let facts = Facts {
        id: Some(VNET.to_owned()),
        ..Facts::default()
    };
    seen([
        (
            Part::Azure(AzurePart::Group),
            Spec::Present,
            Facts::default(),
        ),
        (
            Part::Network,
            Spec::Azure(AzureSpec::Network { cidr }),
            facts,
        ),
    ])
}

#[tokio::test]
async fn a_vpc_is_approved_then_active_then_deleting_then_gone() {
    let world = World::new().await;
    let (vpc, work) = made(&world, new_vpc("10.64.0.0/24")).await;
    insta::assert_json_snapshot!(vpc, {".project_vpc_id" => "[id]"}, @r#"
    {
      "cloud_name": "azure-westeurope",
      "create_time": "2027-01-15T08:00:00Z",
      "network_cidr": "10.64.0.0/24",
      "peering_connections": [],
      "pending_build_only_peering_connections": null,
      "project_vpc_id": "[id]",
      "state": "APPROVED",
      "update_time": "2027-01-15T08:00:00Z"
    }
    "#);
    assert_eq!(world.due().await, [work.to_string()]);
    let id = vpc["project_vpc_id"].as_str().unwrap();
    let path = format!("/v1/project/demo/vpcs/{id}");
    assert_eq!(world.admin().get(&path).await.ok(), vpc);

    world.observe(&work, &network()).await;
    assert_eq!(
        world.reader().await.get(&path).await.ok()["state"],
        "ACTIVE"
    );
    let list = world
        .admin()
        .get("/v1/project/demo/vpcs?limit=999")
        .await
        .ok();
    assert_eq!(list["vpcs"][0]["state"], "ACTIVE");

    assert_eq!(world.admin().delete(&path).await.ok()["state"], "DELETING");
    assert_eq!(world.admin().delete(&path).await.ok()["state"], "DELETING");
    let key = Key::vpc(&project(), id.parse().unwrap());
    world.remove::<ProjectVpc>(key).await;
    world.admin().get(&path).await.refusal(404);
    assert_eq!(
        world.history().await,
        ["project.created", "vpc.requested", "vpc.deleting"]
    );
}

#[tokio::test]
async fn the_clouds_own_names_are_shown_once_they_are_known() {
    let world = World::new().await;
    let (vpc, work) = made(&world, new_vpc("10.64.0.0/24")).await;
    let path = format!(
        "/v1/underpass/project/demo/vpcs/{}",
        vpc["project_vpc_id"].as_str().unwrap()
    );
    assert_eq!(world.admin().get(&path).await.ok()["azure"], Value::Null);
    world.observe(&work, &network()).await;
    let azure = world.admin().get(&path).await.ok()["azure"].clone();
    assert_eq!(azure["vnet_id"], VNET);
    assert_eq!(azure["node_subnet"], format!("{VNET}/subnets/nodes"));
    assert_eq!(azure["nat_subnet"], format!("{VNET}/subnets/nat"));
}

#[tokio::test]
async fn ranges_that_overlap_are_refused_within_one_cloud() {
    let world = World::new().await;
    made(&world, new_vpc("10.64.0.0/24")).await;
    let again = world
        .admin()
        .post("/v1/project/demo/vpcs", new_vpc("10.64.0.0/22"))
        .await;
    assert!(again.refusal(409).contains("overlaps"));
    let google = json!({"cloud_name": "google-europe-west1", "network_cidr": "10.64.0.0/24"});
    made(&world, google).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_vpc_is_named() {
    let world = World::new().await;
    let message = async |body: Value| {
        world
            .admin()
            .post("/v1/project/demo/vpcs", body)
            .await
            .refusal(400)
    };
    insta::assert_snapshot!(
        message(new_vpc("10.64.0.0")).await,
        @"`network_cidr` is `10.64.0.0`, but must be an IPv4 range such as 10.64.0.0/24"
    );
    insta::assert_snapshot!(
        message(json!({"cloud_name": "aws-eu-west-1", "network_cidr": "10.64.0.0/24"})).await,
        @"No cloud account is configured for aws-eu-west-1, so no network can be created there. Use a cloud that `privatelink-availability` lists, or ask the operator to add an account"
    );
    insta::assert_snapshot!(
        message(json!({"cloud_name": null, "network_cidr": "10.64.0.0/24"})).await,
        @"Invalid request body: `cloud_name` must be a string, but is null"
    );
    insta::assert_snapshot!(
        message(json!({"cloud_name": "moon", "network_cidr": "10.64.0.0/24"})).await,
        @"cloud `moon` is not known. Use PROVIDER-REGION, for instance azure-westeurope, google-europe-west1 or aws-eu-west-1"
    );
    insta::assert_snapshot!(
        message(json!({
            "cloud_name": "azure-westeurope",
            "network_cidr": "10.64.0.0/24",
            "peering_connections": [{"peer_vpc": "x"}],
        })).await,
        @"Underpass does not peer networks. Omit `peering_connections`"
    );
    let message = world
        .admin()
        .get("/v1/project/demo/vpcs/none")
        .await
        .refusal(400);
    assert!(
        message.contains("`none` is not a project VPC id"),
        "{message}"
    );
}

#[tokio::test]
async fn an_operators_network_is_adopted() {
    let world = World::new().await;
    let mut body = new_vpc("10.64.0.0/24");
    body["underpass"] = json!({"azure": {
        "account": "azure", "resource_group": "links", "vnet_id": VNET,
        "node_subnet": "nodes", "nat_subnet": "nat",
    }});
    let (vpc, work) = made(&world, body.clone()).await;
    assert_eq!(vpc["state"], "APPROVED");
    world
        .observe(
            &work,
            &seen([(
                Part::Azure(AzurePart::NatPolicy),
                Spec::Present,
                Facts::default(),
            )]),
        )
        .await;
    let path = format!(
        "/v1/underpass/project/demo/vpcs/{}",
        vpc["project_vpc_id"].as_str().unwrap()
    );
    let shown = world.admin().get(&path).await.ok();
    assert_eq!(shown["state"], "ACTIVE");
    assert_eq!(shown["azure"]["nat_subnet"], format!("{VNET}/subnets/nat"));

    body["underpass"]["azure"]["account"] = json!("google");
    let message = world
        .admin()
        .post("/v1/project/demo/vpcs", body)
        .await
        .refusal(400);
    assert!(message.contains("No Azure account `google`"), "{message}");
}

#[tokio::test]
async fn a_customer_hosted_vpc_is_only_noted() {
    let world = World::new().await;
    let mut body = new_vpc("10.64.0.0/24");
    body["underpass"] = json!({"byoc": true});
    let (vpc, _) = made(&world, body).await;
    assert_eq!(vpc["state"], "ACTIVE");
}

#[tokio::test]
async fn a_vpc_stays_while_a_service_is_in_it() {
    let world = World::new().await;
    let (vpc, work) = made(&world, new_vpc("10.64.0.0/24")).await;
    world.observe(&work, &network()).await;
    let id = vpc["project_vpc_id"].as_str().unwrap();
    let service = json!({
        "service_name": "pg-1", "service_type": "pg", "plan": "startup-4",
        "cloud": "azure-westeurope", "project_vpc_id": id,
    });
    world
        .admin()
        .post("/v1/project/demo/service", service)
        .await
        .ok();
    let path = format!("/v1/project/demo/vpcs/{id}");
    let message = world.admin().delete(&path).await.refusal(409);
    assert!(message.contains("service `pg-1`"), "{message}");
    world
        .admin()
        .delete("/v1/project/demo/service/pg-1")
        .await
        .ok();
    world.admin().delete(&path).await.ok();
}

#[tokio::test]
async fn a_vpc_on_google_shows_its_network_and_subnet() {
    let world = World::new().await;
    let asked = json!({"cloud_name": "google-europe-west1", "network_cidr": "10.64.0.0/24"});
    let (vpc, work) = made(&world, asked).await;
    assert_eq!(vpc["state"], "APPROVED");
    let ours = format!(
        "/v1/underpass/project/demo/vpcs/{}",
        vpc["project_vpc_id"].as_str().unwrap()
    );
    assert_eq!(world.admin().get(&ours).await.ok()["google"], Value::Null);
    let facts = |id: &str| Facts {
        id: Some(id.to_owned()),
        ..Facts::default()
    };
    let cidr = "10.64.0.0/24".parse().unwrap();
    let parts = [
        (
            Part::Network,
            Spec::Present,
            facts("projects/p/global/networks/n"),
        ),
        (
            Part::Google(GooglePart::Subnet),
            Spec::Google(GoogleSpec::Subnet { cidr }),
            facts(NODES),
        ),
        (
            Part::Google(GooglePart::Probes),
            Spec::Present,
            Facts::default(),
        ),
    ];
    world.observe(&work, &seen(parts)).await;
    let shown = world.admin().get(&ours).await.ok();
    assert_eq!(shown["state"], "ACTIVE");
    assert_eq!(
        shown["google"],
        json!({"network": "projects/p/global/networks/n", "node_subnet": NODES})
    );
    assert_eq!(shown["azure"], Value::Null);
}

#[tokio::test]
async fn an_operators_network_on_google_is_adopted() {
    let world = World::new().await;
    let url = |path: &str| format!("https://www.googleapis.com/compute/v1/{path}");
    let asked = json!({
        "cloud_name": "google-europe-west1",
        "network_cidr": "10.64.0.0/24",
        "underpass": {"google": {
            "network": url("projects/p/global/networks/n"), "node_subnet": url(NODES),
        }},
    });
    let (vpc, work) = made(&world, asked.clone()).await;
    assert_eq!(vpc["state"], "APPROVED");
    world
        .observe(
            &work,
            &seen([(
                Part::Google(GooglePart::Probes),
                Spec::Present,
                Facts::default(),
            )]),
        )
        .await;
    let ours = format!(
        "/v1/underpass/project/demo/vpcs/{}",
        vpc["project_vpc_id"].as_str().unwrap()
    );
    let shown = world.admin().get(&ours).await.ok();
    assert_eq!(shown["state"], "ACTIVE");
    assert_eq!(
        shown["google"],
        json!({"network": "projects/p/global/networks/n", "node_subnet": NODES})
    );

    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = asked.clone();
        body["network_cidr"] = json!("10.65.0.0/24");
        change(&mut body);
        world
            .admin()
            .post("/v1/project/demo/vpcs", body)
            .await
            .refusal(400)
    };
    let elsewhere = refused(&|body| body["cloud_name"] = json!("google-us-east1")).await;
    assert!(
        elsewhere.contains("regions/us-east1/subnetworks"),
        "{elsewhere}"
    );
    let azure = refused(&|body| body["cloud_name"] = json!("azure-westeurope")).await;
    assert!(azure.contains("Google Cloud cannot be adopted"), "{azure}");
    let account = refused(&|body| body["underpass"]["google"]["account"] = json!("azure")).await;
    assert!(
        account.contains("No Google Cloud account `azure`"),
        "{account}"
    );
    let both = refused(&|body| {
        body["underpass"]["azure"] = json!({
            "resource_group": "links", "vnet_id": VNET, "node_subnet": "a", "nat_subnet": "b",
        });
    })
    .await;
    assert!(both.contains("not both"), "{both}");
}

#[tokio::test]
async fn the_range_for_publishing_is_kept_on_google() {
    let world = World::new().await;
    let refused = async |cidr: &str| {
        let asked = json!({"cloud_name": "google-europe-west1", "network_cidr": cidr});
        world
            .admin()
            .post("/v1/project/demo/vpcs", asked)
            .await
            .refusal(400)
    };
    assert!(
        refused("172.24.0.0/24")
            .await
            .contains("overlaps 172.24.0.0/16")
    );
    assert!(
        refused("172.24.240.0/20")
            .await
            .contains("overlaps 172.24.0.0/16")
    );
    made(&world, new_vpc("172.24.0.0/24")).await;
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_refused_with_the_nearest_one() {
    let world = World::new().await;
    let vpcs = "/v1/project/demo/vpcs";
    for (cloud, nearest) in [
        ("azure-moon", None),
        ("azure-westeurop", Some("azure-westeurope")),
        ("google-europe-west99", Some("google-europe-west9")),
    ] {
        let vpc = json!({"cloud_name": cloud, "network_cidr": "10.64.0.0/24"});
        let refused = world.admin().post(vpcs, vpc).await.refusal(400);
        match nearest {
            Some(nearest) => {
                let suggestion = format!("The nearest known name is `{nearest}`.");
                assert!(refused.contains(&suggestion), "{refused}");
            }
            // No known name is near.
            None => assert!(!refused.contains("nearest"), "{refused}"),
        }
        let service = json!({"service_name": "pg-1", "service_type": "pg", "plan": "startup-4",
            "cloud": cloud});
        let services = "/v1/project/demo/service";
        let refused = world.admin().post(services, service).await;
        assert_eq!(refused.json()["errors"][0]["error_code"], "unknown_region");
    }
    let address = json!({"cloud_name": "azure-moon"});
    let refused = world
        .admin()
        .post("/v1/project/demo/static-ips", address)
        .await;
    assert_eq!(refused.json()["errors"][0]["error_code"], "unknown_region");

    let service = json!({"service_name": "pg-1", "service_type": "pg", "plan": "startup-4",
        "cloud": "azure-westeurope"});
    world
        .admin()
        .post("/v1/project/demo/service", service)
        .await
        .ok();
    let moved = world
        .admin()
        .put(
            "/v1/project/demo/service/pg-1",
            json!({"cloud": "azure-moon"}),
        )
        .await;
    assert_eq!(moved.json()["errors"][0]["error_code"], "unknown_region");
    assert_eq!(
        world.history().await,
        ["project.created", "service.created"]
    );
}

#[tokio::test]
async fn a_lost_vpc_is_made_again_under_its_id_by_an_operator_only() {
    let world = World::new().await;
    let id = "3f0c1d2e-0000-4000-8000-000000000002";
    let mut body = new_vpc("10.64.0.0/24");
    body["underpass"] = json!({"project_vpc_id": id});
    let path = "/v1/project/demo/vpcs";
    let member = world.user("m@example.net", &[("demo", Role::Admin)]).await;
    let refused = member.post(path, body.clone()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("not_an_operator"), "{}", refused.text);

    let (vpc, _work) = made(&world, body.clone()).await;
    assert_eq!(vpc["project_vpc_id"], id);
    let other = json!({"project": "other"});
    world.admin().post("/v1/project", other).await.ok();
    body["network_cidr"] = json!("10.65.0.0/24");
    for project in ["demo", "other"] {
        let path = format!("/v1/project/{project}/vpcs");
        let refused = world.admin().post(&path, body.clone()).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text.contains("vpc_exists"), "{}", refused.text);
    }
}

#[tokio::test]
async fn the_row_of_a_resident_follows_its_nodes() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let admin = world.admin();
    admin.post(SERVICES, pg(&vpc)).await.ok();
    let id: ProjectVpcId = vpc.parse().unwrap();
    let key = Key::vpc_resident(&project(), id, &"pg-1".parse().unwrap());
    let resident = async || {
        let lookup = Lookup::One(Kind::VpcResident, key.clone());
        let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
        fetched.one::<VpcResident>(&key).unwrap().unwrap().value
    };
    let has = |resident: &VpcResident, address: &str| {
        resident.may_have(&BTreeSet::from([address.parse().unwrap()]))
    };
    let made = resident().await;
    assert!(
        has(&made, "127.0.0.1") && !has(&made, "127.0.0.9"),
        "{made:?}"
    );
    let node = json!({
        "name": "n9", "address": "127.0.0.9", "cloud": {"azure": {"nic_id": nic("n9")}},
    });
    let moved = json!({"underpass": {"nodes": [node]}});
    admin.put(PG, moved).await.ok();
    let moved = resident().await;
    assert!(
        has(&moved, "127.0.0.9") && !has(&moved, "127.0.0.1"),
        "{moved:?}"
    );
    // A row of an earlier version does not know the addresses.
    let earlier: VpcResident = serde_json::from_value(json!({"service": "pg-1"})).unwrap();
    assert!(has(&earlier, "127.0.0.1"));
}
