//! Orphans over the API: the list, and the request to remove one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::auth::Role;
use underpass_model::cloud::Provider;
use underpass_model::id::{ConnectionId, LinkId};
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::orphan::{Orphan, OrphanConnection, OrphanPlace};
use underpass_model::part::{Admission, AzurePart, Observed, Part, PartFailure, Phase};
use underpass_model::recovery::{AccountHold, HoldCause};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{active_vpc, with_link};
use crate::recovery::resume;
use crate::world::{World, project};

const ORPHANS: &str = "/v1/underpass/recovery/orphans";

const LINK: &str = "s0a1b2c3d4e5f";

const NAME: &str = "up-s0a1b2c3d4e5f";

fn account() -> AccountName {
    "azure".parse().unwrap()
}

fn path() -> String {
    format!("/v1/underpass/recovery/azure/orphans/{LINK}")
}

fn confirmed() -> String {
    format!("{}?confirm={NAME}", path())
}

fn orphan(world: &World) -> Orphan {
    let place = OrphanPlace {
        account: account(),
        provider: Provider::Azure,
        region: "westeurope".to_owned(),
        group: Some("underpass-vpc-lost".to_owned()),
    };
    let mut orphan = Orphan::new(place, LINK.parse().unwrap(), world.now());
    "link/demo/pg-1/azure".clone_into(&mut orphan.managed);
    NAME.clone_into(&mut orphan.name);
    orphan.is_proven = true;
    orphan.parts = BTreeMap::from([
        (Part::Attachment, format!("/services/{NAME}")),
        (
            Part::Azure(AzurePart::Balancer),
            format!("/balancers/{NAME}-lb"),
        ),
    ]);
    for (number, admission) in [
        (1, Admission::Pending),
        (2, Admission::Approved),
        (3, Admission::NeedsAttention),
    ] {
        let connection = OrphanConnection {
            name: format!("pe-{number}.guid"),
            endpoint: format!("/endpoints/pe-{number}"),
            admission,
        };
        let id = ConnectionId::from_bits(number);
        orphan.connections.insert(id, connection);
    }
    orphan
}

/// An orphan in the network of a project VPC that Underpass made.
pub(crate) fn in_vpc(world: &World, cloud: &str, vpc: &str) -> Orphan {
    let mut orphan = orphan(world);
    if let Some(region) = cloud.strip_prefix("google-") {
        orphan.account = "google".parse().unwrap();
        orphan.provider = Provider::Google;
        region.clone_into(&mut orphan.region);
        orphan.group = None;
    } else {
        orphan.group = Some(format!("underpass-vpc-{vpc}"));
    }
    orphan
}

async fn with(world: &World, change: impl FnOnce(&mut Orphan)) {
    let mut orphan = orphan(world);
    change(&mut orphan);
    let key = Key::orphan(&orphan.account, &orphan.link);
    let change = Change::new().put(key, &orphan).unwrap();
    world.app.store.commit(change).await.unwrap();
}

fn work() -> WorkKey {
    WorkKey::Orphan(account(), LINK.parse().unwrap())
}

async fn stored(world: &World) -> (Orphan, Option<Observed>) {
    let (row, observed) = (
        Key::orphan(&account(), &LINK.parse().unwrap()),
        Key::observed(&work()),
    );
    let lookups = [
        Lookup::One(Kind::Orphan, row.clone()),
        Lookup::One(Kind::Observed, observed.clone()),
    ];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let row = fetched.one::<Orphan>(&row).unwrap().unwrap();
    let observed = fetched.one::<Observed>(&observed).unwrap();
    (row.value, observed.map(|row| row.value))
}

async fn listed(world: &World) -> Value {
    world.admin().get(ORPHANS).await.ok()["orphans"][0].clone()
}

#[tokio::test]
async fn the_list_shows_what_a_removal_would_cut() {
    let world = World::new().await;
    assert_eq!(
        world.admin().get(ORPHANS).await.ok(),
        json!({"incomplete": [], "orphans": []})
    );
    with(&world, |_| {}).await;
    insta::assert_json_snapshot!(listed(&world).await, {".first_seen" => "[time]", ".last_seen" => "[time]"}, @r#"
    {
      "account": "azure",
      "approved_connections": 2,
      "connection_count": 3,
      "connections": [
        {
          "endpoint": "/endpoints/pe-2",
          "state": "approved"
        },
        {
          "endpoint": "/endpoints/pe-3",
          "state": "needs-attention"
        },
        {
          "endpoint": "/endpoints/pe-1",
          "state": "pending"
        }
      ],
      "first_seen": "[time]",
      "is_proven": true,
      "kind": "published service",
      "last_seen": "[time]",
      "missing_since": null,
      "name": "up-s0a1b2c3d4e5f",
      "orphan_id": "s0a1b2c3d4e5f",
      "parts": [
        {
          "display_name": "load balancer",
          "is_gone": false,
          "part": "balancer",
          "resource_id": "/balancers/up-s0a1b2c3d4e5f-lb"
        },
        {
          "display_name": "published service",
          "is_gone": false,
          "part": "attachment",
          "resource_id": "/services/up-s0a1b2c3d4e5f"
        }
      ],
      "project_name": "demo",
      "provider": "azure",
      "region": "westeurope",
      "removal": null,
      "removal_refused": null,
      "resource_group": "underpass-vpc-lost",
      "resource_id": "/services/up-s0a1b2c3d4e5f",
      "service_name": "pg-1",
      "state": "found"
    }
    "#);
}

#[tokio::test]
async fn a_removal_needs_the_name_and_is_stored_before_the_answer() {
    let world = World::new().await;
    with(&world, |_| {}).await;
    let admin = world.admin();
    let mut refusals = BTreeSet::new();
    for confirmation in ["", "?confirm=", "?confirm=s0a1b2c3d4e5f", "?confirm=yes"] {
        let refused = admin.delete(&format!("{}{confirmation}", path())).await;
        refusals.insert(refused.refusal(400));
        assert_eq!(
            refused.json()["errors"][0]["error_code"],
            "orphan_unconfirmed"
        );
    }
    let refusals: Vec<_> = refusals.into_iter().collect();
    insta::assert_snapshot!(refusals.concat(), @"The removal of orphan s0a1b2c3d4e5f is not confirmed: it deletes `up-s0a1b2c3d4e5f` in account `azure` and cuts 2 approved connection(s). The confirmation must repeat its name. Remove it with `underpass recovery remove s0a1b2c3d4e5f`, which asks for its name");
    assert_eq!(stored(&world).await, (orphan(&world), None));
    assert!(world.due().await.is_empty());

    let answer = admin.delete(&confirmed()).await.ok();
    assert_eq!(answer["state"], "removing");
    let (row, observed) = stored(&world).await;
    let removal = row.removal.unwrap();
    assert_eq!(answer["removal"]["requested_by"], removal.requested_by);
    let parts = observed.unwrap().parts;
    assert_eq!(parts.len(), 5, "every part and every connection: {parts:?}");
    assert!(
        parts
            .values()
            .all(|part| matches!(part.phase, Phase::Unknown { .. }))
    );
    let due = world.due().await;
    assert!(
        due.iter()
            .any(|it| it.contains("orphan/azure/s0a1b2c3d4e5f")),
        "{due:?}"
    );
    let history = world.history().await;
    assert!(
        history
            .iter()
            .any(|it| it.contains("orphan.removal_requested")),
        "{history:?}"
    );
}

#[tokio::test]
async fn a_repeated_removal_is_the_same_and_retries() {
    let world = World::new().await;
    with(&world, |_| {}).await;
    let admin = world.admin();
    admin.delete(&confirmed()).await.ok();
    let (first, observed) = stored(&world).await;
    let mut observed = observed.unwrap();
    let failure = PartFailure {
        code: "ScopeLocked".to_owned(),
        message: "delete the private link service: it is locked".to_owned(),
        remedy: None,
        attempts: 2,
        since: world.now(),
        retry_at: world.now(),
    };
    observed.failures.insert(Part::Attachment, failure);
    let key = Key::observed(&work());
    let change = Change::new().put(key, &observed).unwrap();
    world.app.store.commit(change).await.unwrap();
    let shown = listed(&world).await;
    assert_eq!(shown["state"], "failing");
    assert_eq!(shown["removal"]["failures"][0]["code"], "ScopeLocked");
    world.pass(SignedDuration::from_mins(1));
    admin.delete(&confirmed()).await.ok();
    let (again, _) = stored(&world).await;
    let (first, again) = (first.removal.unwrap(), again.removal.unwrap());
    assert_eq!(again.requested_at, first.requested_at);
    assert_eq!(again.generation, first.generation.next());
}

#[tokio::test]
async fn what_another_installation_may_have_made_is_not_removed() {
    let world = World::new().await;
    for change in [
        (|it: &mut Orphan| it.is_proven = false) as fn(&mut Orphan),
        |it| it.managed = String::new(),
        |it| it.managed = "vpc/demo/3f0c1d2e-0000-4000-8000-000000000002".to_owned(),
    ] {
        with(&world, change).await;
        let refused = world.admin().delete(&confirmed()).await;
        let message = refused.refusal(409);
        assert_eq!(refused.json()["errors"][0]["error_code"], "orphan_unproven");
        assert_eq!(listed(&world).await["removal_refused"], message);
        assert_eq!(stored(&world).await.0.removal, None);
    }
}

#[tokio::test]
async fn nothing_is_removed_while_the_account_is_on_hold() {
    let world = World::new().await;
    with(&world, |_| {}).await;
    let hold = AccountHold {
        listed_at: None,
        account: account(),
        since: world.now(),
        cause: HoldCause::Difference,
    };
    let key = Key::account_hold(&account());
    let change = Change::new().put(key, &hold).unwrap();
    world.app.store.commit(change).await.unwrap();
    let refused = world.admin().delete(&confirmed()).await;
    insta::assert_snapshot!(refused.refusal(409), @"Nothing is written to account `azure`, because the store is older than its cloud. `up-s0a1b2c3d4e5f` may be a link that was made since. Adopt what the cloud shows and end the hold first. Ask an operator to compare with `underpass recovery show`");
    assert_eq!(refused.json()["errors"][0]["error_code"], "account_on_hold");
    assert_eq!(stored(&world).await.0.removal, None);
    resume(&world, "azure", false).await.ok();
    world.admin().delete(&confirmed()).await.ok();
}

#[tokio::test]
async fn what_a_link_owns_is_not_removed() {
    let world = World::new().await;
    with_link(&world).await;
    with(&world, |_| {}).await;
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut link = fetched.one::<Link>(&key).unwrap().unwrap();
    link.value.id = LINK.parse().unwrap();
    let change = Change::new().update(&link).unwrap();
    world.app.store.commit(change).await.unwrap();
    let refused = world.admin().delete(&confirmed()).await;
    insta::assert_snapshot!(refused.refusal(409), @"`up-s0a1b2c3d4e5f` is no orphan any more: link s0a1b2c3d4e5f of the store owns it. List the orphans with `underpass recovery orphans`");
    assert_eq!(refused.json()["errors"][0]["error_code"], "orphan_adopted");
}

#[tokio::test]
async fn an_unknown_orphan_is_not_found() {
    let world = World::new().await;
    with(&world, |_| {}).await;
    let other = LinkId::from_bits(1);
    for path in [
        format!("/v1/underpass/recovery/google/orphans/{LINK}?confirm={NAME}"),
        format!("/v1/underpass/recovery/azure/orphans/{other}?confirm={NAME}"),
        format!("/v1/underpass/recovery/%2e%2e/orphans/x?confirm={NAME}"),
    ] {
        let refused = world.admin().delete(&path).await.refusal(404);
        assert!(refused.contains("no orphan"), "{refused}");
    }
}

#[tokio::test]
async fn a_vpc_stays_while_an_orphan_is_in_it() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    let path = format!("/v1/project/demo/vpcs/{vpc}");
    with(&world, |orphan| {
        orphan.group = Some(format!("underpass-vpc-{vpc}"));
    })
    .await;
    let message = world.admin().delete(&path).await.refusal(409);
    assert!(
        message.contains(&format!(
            "orphan {LINK} of demo/pg-1 with 2 approved connection(s)"
        )),
        "{message}"
    );
    assert!(message.contains("underpass recovery orphans"), "{message}");
    let listed = world.admin().get("/v1/underpass/project/demo/vpcs").await;
    let unknown = listed.ok()["vpcs"][0]["unknown_links"].clone();
    assert!(unknown[0].as_str().unwrap().contains(LINK), "{unknown}");

    // A member is told whom to ask, and nothing of other projects.
    let member = world
        .user("bob@example.net", &[("demo", Role::Admin)])
        .await;
    let message = member.delete(&path).await.refusal(409);
    insta::assert_snapshot!(message.replace(&vpc, "[vpc]"), @"Project VPC [vpc] cannot be deleted, because it contains a link of service `pg-1` that the cloud shows and Underpass does not have. Ask an operator to adopt or remove it");
    with(&world, |orphan| {
        orphan.group = Some(format!("underpass-vpc-{vpc}"));
        "link/secret/pg-7/azure".clone_into(&mut orphan.managed);
    })
    .await;
    let message = member.delete(&path).await.refusal(409);
    insta::assert_snapshot!(message.replace(&vpc, "[vpc]"), @"Project VPC [vpc] cannot be deleted, because it contains a link that the cloud shows and Underpass does not have. Ask an operator to adopt or remove it");
    let listed = member.get("/v1/underpass/project/demo/vpcs").await.ok();
    let told = listed["vpcs"][0]["unknown_links"].to_string();
    assert!(!told.contains("secret") && !told.contains("pg-7"), "{told}");
    assert_eq!(world.admin().get(&path).await.ok()["state"], "ACTIVE");
    // An orphan of another network does not matter.
    with(&world, |_| {}).await;
    world.admin().delete(&path).await.ok();
}
