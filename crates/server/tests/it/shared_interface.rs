//! Links of an earlier version that share a network interface on Azure.

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::link::Link;
use underpass_model::name::ServiceName;
use underpass_model::service::Service;
use underpass_store::{
    Change, CloudResourceReservation, Key, Kind, Lookup, ResourceHolder, Versioned,
};

use crate::published::{OURS, nic, with_active_link};
use crate::world::{World, project};

const OVERVIEW: &str = "/v1/underpass/project/demo/overview";

/// Plays the store of an earlier version, which allowed `pg-2` on the interface of `pg-1`.
async fn share(world: &World) {
    let [one, two]: [ServiceName; 2] = ["pg-1", "pg-2"].map(|it| it.parse().unwrap());
    let service = Key::service(&project(), &one);
    let link = Key::link(&project(), &one, Provider::Azure);
    let resource = Key::cloud_resource(&CloudResource::interface(&nic("n1")));
    let lookups = [
        Lookup::One(Kind::Service, service.clone()),
        Lookup::One(Kind::Link, link.clone()),
        Lookup::One(Kind::CloudResource, resource.clone()),
    ];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let service = fetched.one::<Service>(&service).unwrap().unwrap().value;
    let link = fetched.one::<Link>(&link).unwrap().unwrap().value;
    let row = fetched.one::<CloudResourceReservation>(&resource).unwrap();
    let mut row: Versioned<CloudResourceReservation> = row.unwrap();
    let second = ResourceHolder::Service(two.clone());
    row.value.holders.insert(second);
    let (service, link) = (
        Service {
            name: two.clone(),
            ..service
        },
        Link {
            service: two.clone(),
            ..link
        },
    );
    let change = Change::new()
        .insert(Key::service(&project(), &two), &service)
        .unwrap()
        .insert(Key::link(&project(), &two, Provider::Azure), &link)
        .unwrap()
        .update(&row)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
}

fn of_type<'a>(conditions: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = conditions.as_array().unwrap().iter();
    all.filter(|it| it["type"] == kind).collect()
}

#[tokio::test]
async fn links_that_share_an_interface_keep_working_with_a_condition() {
    let world = World::new().await;
    let admin = world.admin();
    with_active_link(&world).await;
    let link = format!("{OURS}/privatelink/azure");
    let alone = admin.get(&link).await.ok();
    assert!(of_type(&alone["conditions"], "interface_exclusive").is_empty());
    share(&world).await;
    let shared = admin.get(&link).await.ok();
    assert_eq!(shared["state"], "active");
    let [found] = of_type(&shared["conditions"], "interface_exclusive")
        .try_into()
        .unwrap();
    assert_eq!(
        (&found["status"], &found["severity"]),
        (&json!("false"), &json!("warning"))
    );
    assert_eq!(found["reason"], "InterfaceShared");
    insta::assert_snapshot!(found["message"].as_str().unwrap(), @"Network interface `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n1` of node `n1` is also used by the private link of service `pg-2`. Azure accepts one internal load balancer for each interface: the link works as it is, but Azure may refuse its next change. Give the node an interface of its own");
    insta::assert_snapshot!(found["remedy"]["text"].as_str().unwrap(), @"Register it with `underpass service update pg-1 --node n1=127.0.0.1,azure_nic=ID`");
    let overview = admin.get(OVERVIEW).await.ok();
    let both = of_type(&overview["conditions"], "interface_exclusive");
    let services: Vec<_> = both.iter().map(|it| &it["service_name"]).collect();
    assert_eq!(services, ["pg-1", "pg-2"]);
    let listed = admin.get("/v1/underpass/project/demo/services").await.ok();
    assert_eq!(listed["services"][0]["problems"], 1);
}
