//! Refreshes of project VPCs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use underpass_clouds::Cloud;
use underpass_model::part::{AzurePart, GooglePart, Part};

use crate::network_cloud::{NetworkCloud, engine, settle};
use crate::world::World;

const VPCS: &str = "/v1/underpass/project/demo/vpcs";

async fn world_of(cloud: &Arc<NetworkCloud>) -> World {
    World::with_cloud(Arc::clone(cloud) as Arc<dyn Cloud>).await
}

/// Makes a project VPC; returns its path.
async fn vpc(world: &World, cloud: &str) -> String {
    let body = json!({"cloud_name": cloud, "network_cidr": "10.64.0.0/24"});
    let made = world.admin().post("/v1/project/demo/vpcs", body).await.ok();
    settle(world, &engine(world)).await;
    format!("{VPCS}/{}", made["project_vpc_id"].as_str().unwrap())
}

async fn refresh(world: &World, vpc: &str) -> String {
    let path = format!("{vpc}/refresh");
    let answer = world.admin().post(&path, json!({})).await.ok();
    answer["message"].as_str().unwrap().to_owned()
}

async fn reasons(world: &World, path: &str) -> Vec<Value> {
    let found = world.admin().get(path).await.ok();
    let conditions = found["conditions"].as_array().unwrap().iter();
    conditions.map(|it| it["reason"].clone()).collect()
}

#[tokio::test]
async fn a_refresh_shows_a_deleted_part_and_static_ips_of_the_project() {
    let cloud = Arc::new(NetworkCloud::default());
    let world = world_of(&cloud).await;
    let google = vpc(&world, "google-europe-west1").await;
    let azure = vpc(&world, "azure-westeurope").await;
    let body = json!({"cloud_name": "azure-westeurope"});
    let path = "/v1/project/demo/static-ips";
    let ip = world.admin().post(path, body).await.ok();
    settle(&world, &engine(&world)).await;
    let id = ip["static_ip_address_id"].as_str().unwrap();
    let ip = format!("/v1/underpass/project/demo/static-ips/{id}");
    assert_eq!(reasons(&world, &ip).await, ["AsDesired"]);

    cloud.delete(&Part::Google(GooglePart::Probes));
    assert_eq!(refresh(&world, &google).await, "refreshed");
    assert_eq!(reasons(&world, &google).await, ["AbsenceSuspected"]);
    cloud.delete(&Part::Azure(AzurePart::Address));
    assert_eq!(refresh(&world, &azure).await, "refreshed");
    assert_eq!(reasons(&world, &ip).await, ["AbsenceSuspected"]);
}

#[tokio::test]
async fn a_refresh_that_listed_nothing_says_so() {
    let cloud = Arc::new(NetworkCloud::default());
    let world = world_of(&cloud).await;
    let vpc = vpc(&world, "google-europe-west1").await;
    cloud.fail(true);
    insta::assert_snapshot!(refresh(&world, &vpc).await, @"The networks of Google Cloud could not be listed (list networks: no). Changes appear after a later sweep");
    cloud.fail(false);
    cloud.leave_out("compute.networks.list is denied");
    insta::assert_snapshot!(refresh(&world, &vpc).await, @"The networks of Google Cloud could not be listed (compute.networks.list is denied). Changes appear after a later sweep");
    let missing = format!("{VPCS}/00000000-0000-4000-8000-000000000000/refresh");
    let reply = world.admin().post(&missing, json!({})).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn networks_are_listed_on_request_at_most_once_a_second() {
    let cloud = Arc::new(NetworkCloud::default());
    let world = world_of(&cloud).await;
    let vpcs = [
        vpc(&world, "google-europe-west1").await,
        vpc(&world, "google-us-central1").await,
    ];
    cloud.calls();
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for number in 0..20 {
        let (admin, path) = (world.admin(), format!("{}/refresh", vpcs[number % 2]));
        clients.spawn(async move {
            let mut answers = 0;
            while begin.elapsed() < Duration::from_secs(2) {
                let answer = admin.post(&path, json!({})).await.ok();
                assert_eq!(answer["message"], "refreshed");
                answers += 1;
            }
            answers
        });
    }
    let answers: usize = clients.join_all().await.into_iter().sum();
    let (_, listings) = cloud.calls();
    let seconds = usize::try_from(begin.elapsed().as_secs()).unwrap();
    assert!(listings <= seconds + 2, "{listings} in {seconds} s");
    assert!(answers >= 40, "clients share listings: {answers}");
}
