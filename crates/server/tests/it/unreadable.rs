//! A stored document that cannot be read is set aside, and everything else goes on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use underpass_clouds::{Cloud, Depth, Error, Finding, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::part::{Confirmed, Facts, Part, Spec};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::{Outcome, Step};
use underpass_server::reconcile::{PassOutcome, reconcile_pass, sweep_all};
use underpass_server::recovery::{hold_all, resume};
use underpass_server::{bootstrap, reservations, session};
use underpass_store::{Change, CloudResourceReservation, Key, Kind, Lookup, Record, Room, Write};

use crate::published::{
    LINK, PG, SERVICES, nic, with_active_connection, with_active_link, with_link, work,
};
use crate::published_google;
use crate::world::{World, project};

const OVERVIEW: &str = "/v1/underpass/project/demo/overview";

/// Requests about more than one object, and about an object that can be read.
const VIEWS: [&str; 17] = [
    OVERVIEW,
    "/v1/underpass/project/demo/connections",
    "/v1/underpass/project/demo/services",
    "/v1/underpass/project/demo/static-ips",
    "/v1/underpass/project/demo/static-ips?query=127",
    "/v1/underpass/project/demo/vpcs",
    "/v1/underpass/project/demo/events?order=newest",
    "/v1/underpass/recovery",
    "/v1/underpass/recovery/orphans",
    "/v1/project",
    "/v1/project/demo",
    "/v1/project/demo/service",
    "/v1/project/demo/service/pg-2",
    "/v1/project/demo/static-ips",
    "/v1/project/demo/vpcs",
    "/v1/access_token",
    "/v1/me",
];

/// A cloud with these attachments, each with the work key in its tag.
#[derive(Default)]
struct Attachments(Mutex<Vec<(String, String)>>);

/// Stores something under a key that this version cannot read, in place of what it contains.
async fn plant(world: &World, kind: Kind, key: &Key) -> Record {
    let body = json!("of another version");
    let change = Change {
        writes: vec![Write::Put(kind, key.clone(), body)],
        ..Change::new()
    };
    world.app.store.commit(change).await.unwrap();
    row(world, kind, key).await
}

async fn row(world: &World, kind: Kind, key: &Key) -> Record {
    let lookup = [Lookup::One(kind, key.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    fetched.records()[0].clone()
}

/// Returns the key of the first row of a kind.
async fn first(world: &World, kind: Kind) -> Key {
    let lookup = [Lookup::Under(kind, Key::root())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    fetched.records()[0].key.clone()
}

fn service() -> Key {
    Key::service(&project(), &"pg-1".parse().unwrap())
}

fn link() -> Key {
    Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure)
}

async fn with_second_service(world: &World) {
    let body = json!({
        "service_name": "pg-2", "service_type": "pg", "plan": "startup-4",
        "cloud": "azure-westeurope",
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1"}],
            "components": [{"component": "pg", "port": 5432}],
        },
    });
    world.admin().post(SERVICES, body).await.ok();
}

#[tokio::test]
async fn every_reader_of_many_goes_on_without_it() {
    let kinds = [
        Kind::AccountHold,
        Kind::CloudResource,
        Kind::Connection,
        Kind::Credentials,
        Kind::EndedLink,
        Kind::Link,
        Kind::LinkDifference,
        Kind::NatRange,
        Kind::Observed,
        Kind::Orphan,
        Kind::Service,
        Kind::StaticIp,
        Kind::Token,
        Kind::User,
        Kind::Vpc,
        Kind::VpcResident,
    ];
    for kind in kinds {
        let cloud = Arc::new(Attachments::default());
        let world = World::with_cloud(cloud).await;
        with_active_link(&world).await;
        let id = with_active_connection(&world, "e1", "127.64.0.4").await;
        with_second_service(&world).await;
        let elsewhere = "s0a1b2c3d4e5f".parse().unwrap();
        let key = match kind {
            Kind::AccountHold => Key::account_hold(&"google".parse().unwrap()),
            Kind::Connection => link().child(id.as_str()),
            Kind::Credentials | Kind::Service => service(),
            Kind::EndedLink => Key::ended_link("s0a1b2c3d4e5f"),
            Kind::Link => link(),
            Kind::LinkDifference => Key::link_difference("link/demo/pg-9/azure", "s0a1b2c3d4e5f"),
            Kind::NatRange => Key::nat_range(
                &"google".parse().unwrap(),
                "n",
                "172.24.0.0/28".parse().unwrap(),
            ),
            Kind::Observed => Key::observed(&work()),
            Kind::Orphan => Key::orphan(&"azure".parse().unwrap(), &elsewhere),
            // Not those of the caller.
            Kind::Token => Key::token("00"),
            Kind::User => Key::user("bob@example.net"),
            kind => first(&world, kind).await,
        };
        let stored = plant(&world, kind, &key).await;
        let store = &*world.app.store;

        reservations::complete(store).await.unwrap();
        let engine = world.engine();
        sweep_all(&engine, Depth::Connections).await.unwrap();
        sweep_all(&engine, Depth::Everything).await.unwrap();
        for view in VIEWS {
            let reply = world.admin().get(view).await;
            assert_eq!(reply.status, 200, "{kind:?}: {view}: {}", reply.text);
        }
        // What others ask for is still done.
        let token = json!({"description": "another"});
        let reply = world.admin().post("/v1/access_token", token).await;
        assert_eq!(reply.status, 200, "{kind:?}: {}", reply.text);
        let tags = json!({"tags": {"team": "blue"}});
        let path = format!("{SERVICES}/pg-2/tags");
        world.admin().put(&path, tags).await.ok();

        let other = json!({"project": "other"});
        world.admin().post("/v1/project", other).await.ok();
        world.admin().delete("/v1/project/other").await.ok();

        let accounts = ["azure".parse().unwrap(), "google".parse().unwrap()];
        hold_all(store, accounts.iter(), world.now()).await.unwrap();
        let held = underpass_server::recovery::HeldAccount::all(store)
            .await
            .unwrap();
        for held in held {
            let now = world.now();
            let (change, _) = match resume(store, &held, "ada", now).await {
                Ok(resumed) => resumed,
                Err(error) => panic!("{kind:?}: {error}"),
            };
            store.commit(change).await.unwrap();
        }
        assert_eq!(row(&world, kind, &key).await, stored, "it is unchanged");

        let listed = world
            .admin()
            .get("/v1/underpass/unreadable-documents")
            .await
            .ok();
        let expected = json!({
            "kind": kind.as_str(), "key": key.as_str(), "defect": "unsupported",
        });
        let documents = listed["documents"].as_array().unwrap();
        // Reservations of other networks and deleted links are read on demand only.
        if !matches!(kind, Kind::NatRange | Kind::EndedLink) {
            assert_eq!(
                documents.as_slice(),
                std::slice::from_ref(&expected),
                "{kind:?}"
            );
        }
        if matches!(kind, Kind::Link | Kind::Service | Kind::Connection) {
            let shown = world.admin().get(OVERVIEW).await.ok();
            assert_eq!(shown["unreadable"], json!([expected]));
        }
        let metrics = world.admin().get("/metrics").await.text;
        let line = format!("underpass_unreadable_documents {}\n", documents.len());
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn a_request_for_it_is_refused_and_changes_nothing() {
    let world = World::new().await;
    with_active_link(&world).await;
    let stored = plant(&world, Kind::Link, &link()).await;
    let admin = world.admin();
    let reply = admin.get(LINK).await;
    assert_eq!(reply.status, 409);
    let error = &reply.json()["errors"][0];
    assert_eq!(error["error_code"], "stored_document_unreadable");
    insta::assert_snapshot!(
        reply.refusal(409),
        @"A stored document of kind `link` that this request needs cannot be read: it was stored by another version of Underpass, or is damaged. It was left unchanged. Ask the operator to run the newer version or to restore a backup"
    );
    for (method, path) in [
        ("DELETE", LINK),
        ("DELETE", PG),
        ("DELETE", "/v1/project/demo"),
    ] {
        let reply = admin.send(method, path, "").await;
        assert_eq!(reply.status, 409, "{method} {path}: {}", reply.text);
    }
    assert_eq!(row(&world, Kind::Link, &link()).await, stored);
    assert_eq!(
        row(&world, Kind::Service, &service()).await.kind,
        Kind::Service
    );
}

#[tokio::test]
async fn what_it_may_hold_is_given_away_to_no_object() {
    let world = World::new().await;
    with_link(&world).await;
    let resource = Key::cloud_resource(&CloudResource::interface(&nic("n1")));
    let before = row(&world, Kind::CloudResource, &resource).await;
    plant(&world, Kind::Service, &service()).await;
    reservations::complete(&*world.app.store).await.unwrap();
    let lookup = [Lookup::One(Kind::CloudResource, resource.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    let reserved = fetched
        .one::<CloudResourceReservation>(&resource)
        .unwrap()
        .unwrap();
    assert_eq!(reserved.version, before.version, "it is unchanged");
    // Nor is its name.
    let mut again = crate::published::pg("");
    again.as_object_mut().unwrap().remove("project_vpc_id");
    let reply = world.admin().post(SERVICES, again).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
    // Nor is the range of a project VPC.
    let vpc = first(&world, Kind::Vpc).await;
    plant(&world, Kind::Vpc, &vpc).await;
    let same = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let reply = world.admin().post("/v1/project/demo/vpcs", same).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
}

#[tokio::test]
async fn a_nat_range_that_it_reserves_is_not_taken() {
    let world = World::new().await;
    published_google::with_active_link(&world).await;
    let taken = first(&world, Kind::NatRange).await;
    plant(&world, Kind::NatRange, &taken).await;
    let vpc = first(&world, Kind::Vpc).await;
    let (_, vpc) = vpc.as_str().split_once('/').unwrap();
    let second = published_google::pg("pg-2", vpc);
    world.admin().post(SERVICES, second).await.ok();
    let path = "/v1/project/demo/service/pg-2/privatelink/google";
    world.admin().post(path, json!({})).await.ok();
    let lookup = [Lookup::Under(Kind::NatRange, Key::root())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    assert!(fetched.records().len() > 1, "another range was taken");
}

#[tokio::test]
async fn the_cloud_objects_of_an_unreadable_link_are_no_orphans() {
    let cloud = Arc::new(Attachments::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let stored = plant(&world, Kind::Link, &link()).await;
    let tag = |object: &str, managed: &str| (object.to_owned(), managed.to_owned());
    *cloud.0.lock().unwrap() = vec![
        tag("s0a1b2c3d4e5f", &work().to_string()),
        tag("s1a1b2c3d4e5f", "link/demo/lost-1/azure"),
    ];
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let listed = world.admin().get("/v1/underpass/recovery/orphans").await;
    let listed = listed.ok();
    let orphans = listed["orphans"].as_array().unwrap();
    let ids: Vec<_> = orphans.iter().map(|it| &it["orphan_id"]).collect();
    assert_eq!(ids, ["s1a1b2c3d4e5f"]);
    let held = world.admin().get("/v1/underpass/recovery").await.ok();
    assert_eq!(held["accounts"], json!([]), "{held}");
    assert_eq!(row(&world, Kind::Link, &link()).await, stored);
}

#[tokio::test]
async fn untagged_objects_are_listed_where_an_unreadable_link_cannot_be() {
    let cloud = Arc::new(Attachments::default());
    let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
    with_active_link(&world).await;
    let admin = world.admin();
    admin
        .post("/v1/project", json!({"project": "other"}))
        .await
        .ok();
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let vpc = admin.post("/v1/project/other/vpcs", vpc).await.ok();
    let complete = admin.get("/v1/underpass/recovery/orphans").await.ok();
    assert_eq!(complete["incomplete"], json!([]));
    plant(&world, Kind::Link, &link()).await;
    *cloud.0.lock().unwrap() = vec![("s1a1b2c3d4e5f".to_owned(), String::new())];
    sweep_all(&world.engine(), Depth::Everything).await.unwrap();
    let listed = admin.get("/v1/underpass/recovery/orphans").await.ok();
    let [orphan] = listed["orphans"].as_array().unwrap().as_slice() else {
        panic!("{listed}");
    };
    let id = vpc["project_vpc_id"].as_str().unwrap();
    assert_eq!(orphan["resource_group"], format!("underpass-vpc-{id}"));
    insta::assert_snapshot!(listed["incomplete"][0].as_str().unwrap(), @"The Azure link of demo/pg-1 cannot be read. Objects without a tag in the networks of project `demo` may belong to it, so they are not listed. `underpass recovery unreadable` lists what cannot be read");
}

#[tokio::test]
async fn a_pass_of_an_unreadable_link_waits_without_a_write() {
    let cloud = Arc::new(Attachments::default());
    let world = World::with_cloud(cloud).await;
    with_link(&world).await;
    plant(&world, Kind::Link, &link()).await;
    let (engine, now) = (world.engine(), world.now());
    let lease_until = now + SignedDuration::from_mins(3);
    let store = &*world.app.store;
    let claims = store
        .claim("me", now, lease_until, &Room::of(64))
        .await
        .unwrap();
    let claim = claims.iter().find(|claim| claim.key == work()).unwrap();
    let outcome = reconcile_pass(&engine, claim, lease_until).await.unwrap();
    let PassOutcome::Waiting(until) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(until > now + SignedDuration::from_mins(5));
}

#[tokio::test]
async fn a_process_starts_without_the_rows_of_its_operator() {
    let world = World::new().await;
    let user = Key::user("ada@example.net");
    plant(&world, Kind::User, &user).await;
    let beginning = bootstrap::Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: project(),
        token: world.token(),
    };
    bootstrap::ensure(&world.app, &beginning).await.unwrap();
    let reply = world.admin().get("/v1/me").await;
    assert_eq!(
        reply.json()["errors"][0]["error_code"],
        Value::from("stored_document_unreadable")
    );
}

#[async_trait]
impl Cloud for Attachments {
    async fn perform(&self, _: &CloudTarget, step: &Step, _: Timestamp) -> Result<Report, Error> {
        panic!("a test performed {step:?}");
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, Error> {
        let finding = |(object, managed): &(String, String)| Finding {
            object: object.clone(),
            part: Part::Attachment,
            resource: object.clone(),
            managed: (!managed.is_empty()).then(|| managed.clone()),
            related: BTreeMap::new(),
            outcome: Outcome::Ready(Confirmed {
                spec: Spec::Present,
                tag: None,
                facts: Facts::default(),
            }),
            connections: None,
            origin: None,
            network: PublishedNetwork::default(),
        };
        Ok(Listing {
            findings: self.0.lock().unwrap().iter().map(finding).collect(),
            ..Listing::default()
        })
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}

#[tokio::test]
async fn a_token_of_a_project_that_cannot_be_read_has_not_ended() {
    let world = World::new().await;
    let other = Key::project(&"other".parse().unwrap());
    let body = json!({"project": "other"});
    world.admin().post("/v1/project", body).await.ok();
    let mut clients = Vec::new();
    for projects in [json!(["other"]), json!(["demo", "other"])] {
        let body = json!({"underpass": {"only_projects": projects}});
        let made = world.admin().post("/v1/access_token", body).await.ok();
        let full = Secret::new(made["full_token"].as_str().unwrap().to_owned());
        let session = session::begin(&world.app, full.expose(), None).await;
        clients.push((world.client(Some(full)), session.unwrap()));
    }
    plant(&world, Kind::Project, &other).await;
    for (number, (client, session)) in clients.iter().enumerate() {
        for client in [client, &world.client(Some(session.clone()))] {
            let refused = client.get("/v1/project/other/vpcs").await;
            let code = refused.json()["errors"][0]["error_code"].clone();
            assert_eq!(code, "stored_document_unreadable");
            refused.refusal(409);
            // The other project is as it was.
            if number == 1 {
                client.get("/v1/project/demo/vpcs").await.ok();
            }
        }
    }
}
