//! A service on Google on its way to being published, for tests that begin in the middle.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::part::{Facts, GooglePart, GoogleSpec, Part, Spec};
use underpass_model::work::WorkKey;

use crate::published::SERVICES;
use crate::world::{World, project, seen};

pub(crate) const LINK: &str = "/v1/project/demo/service/pg-1/privatelink/google";
pub(crate) const PG_SWITCH: &str = "/v1/underpass/project/demo/features/privatelink_google_pg";

pub(crate) const ATTACHMENT: &str =
    "projects/provider/regions/europe-west1/serviceAttachments/underpass-s1";

/// The URL of a machine.
pub(crate) fn instance(name: &str) -> String {
    format!(
        "https://www.googleapis.com/compute/v1/projects/provider/zones/europe-west1-b/instances/\
         {name}"
    )
}

/// A body that registers a PostgreSQL in a project VPC.
pub(crate) fn pg(name: &str, vpc: &str) -> Value {
    json!({
        "service_name": name,
        "service_type": "pg",
        "cloud": "google-europe-west1",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"pg": true}},
        "underpass": {
            "nodes": [{
                "name": "n1",
                "address": "127.0.0.1",
                "cloud": {"google": {"instance": instance("n1")}},
            }],
            "components": [{"component": "pg", "port": 15432}],
        },
    })
}

/// A project VPC with that body, and its work.
pub(crate) async fn vpc(world: &World, body: Value) -> (String, WorkKey) {
    let vpc = world.admin().post("/v1/project/demo/vpcs", body).await.ok();
    let id = vpc["project_vpc_id"].as_str().unwrap().to_owned();
    let work = WorkKey::Vpc(project(), id.parse().unwrap());
    (id, work)
}

/// A project VPC that is active.
pub(crate) async fn active_vpc(world: &World) -> String {
    let asked = json!({"cloud_name": "google-europe-west1", "network_cidr": "10.64.0.0/24"});
    let (id, work) = vpc(world, asked).await;
    let cidr = "10.64.0.0/24".parse().unwrap();
    let facts = |id: &str| Facts {
        id: Some(id.to_owned()),
        ..Facts::default()
    };
    let parts = [
        (
            Part::Network,
            Spec::Present,
            facts("projects/provider/global/networks/n"),
        ),
        (
            Part::Google(GooglePart::Subnet),
            Spec::Google(GoogleSpec::Subnet { cidr }),
            facts("projects/provider/regions/europe-west1/subnetworks/s"),
        ),
        (
            Part::Google(GooglePart::Probes),
            Spec::Present,
            Facts::default(),
        ),
    ];
    world.observe(&work, &seen(parts)).await;
    id
}

/// The service `pg-1` in an active project VPC, in a project that may publish it.
pub(crate) async fn with_service(world: &World) -> String {
    let vpc = active_vpc(world).await;
    let on = json!({"enabled": true});
    world.admin().put(PG_SWITCH, on).await.ok();
    world.admin().post(SERVICES, pg("pg-1", &vpc)).await.ok();
    vpc
}

/// The same with a link that is active.
pub(crate) async fn with_active_link(world: &World) {
    with_service(world).await;
    world.admin().post(LINK, json!({})).await.ok();
    publish(world).await;
}

/// Plays the worker that has published the link.
pub(crate) async fn publish(world: &World) {
    let facts = Facts {
        id: Some(ATTACHMENT.to_owned()),
        ..Facts::default()
    };
    let spec = Spec::Google(GoogleSpec::ServiceAttachment {
        nat: BTreeSet::new(),
        accept: BTreeSet::new(),
        reject: BTreeSet::new(),
    });
    world
        .observe(&work(), &seen([(Part::Attachment, spec, facts)]))
        .await;
}

/// The work of the link of `pg-1`.
pub(crate) fn work() -> WorkKey {
    WorkKey::Link(project(), "pg-1".parse().unwrap(), Provider::Google)
}
