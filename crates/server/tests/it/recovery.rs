//! Recovery of an account whose store is older than its cloud.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::connection::Decision;
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::id::{ConnectionId, Generation};
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::nat_range;
use underpass_model::orphan::{Orphan, OrphanPlace, Removal};
use underpass_model::part::{AzurePart, AzureSpec, Facts, Observed, Part, Rule, Spec};
use underpass_model::recovery::{
    AccountHold, ConnectionDifference, HoldCause, LinkDifference, PublishedService,
};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup, NatRangeReservation};

use crate::google_endpoint::exhaust;
use crate::held::{SUBSCRIPTION, hold, hold_account, proven};
use crate::published::{discover_endpoint, endpoint, with_link, with_static_ips};
use crate::published_google;
use crate::world::{Reply, World, project, seen};

/// NAT range of a published service.
const RANGE: &str = "172.24.0.0/28";

const RECOVERY: &str = "/v1/underpass/recovery";

const LINK: &str = "s0a1b2c3d4e5f";

/// Plays a listing that shows other properties of a published service.
async fn change_published(world: &World, key: &Key, change: impl FnOnce(&mut PublishedService)) {
    let lookup = Lookup::One(Kind::LinkDifference, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut row = fetched.one::<LinkDifference>(key).unwrap().unwrap();
    change(row.value.published.as_mut().unwrap());
    let change = Change::new().update(&row).unwrap();
    world.app.store.commit(change).await.unwrap();
}

/// Ends the hold of an account with the plan that is shown.
pub(crate) async fn resume(world: &World, account: &str, overrule: bool) -> Reply {
    let admin = world.admin();
    let shown = admin.get(RECOVERY).await.ok();
    let mut accounts = shown["accounts"].as_array().unwrap().iter();
    let held = accounts.find(|held| held["account"] == account).unwrap();
    // Few tests play the reads of every part.
    let body = json!({"overrule": overrule, "unread": true, "plan": held["plan"]});
    let path = format!("{RECOVERY}/{account}/resume");
    admin.post(&path, body).await
}

async fn link_id(world: &World) -> String {
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    fetched
        .one::<Link>(&key)
        .unwrap()
        .unwrap()
        .value
        .id
        .to_string()
}

async fn connections(world: &World) -> Value {
    let path = "/v1/underpass/project/demo/service/pg-1/privatelink/azure/connections";
    world.admin().get(path).await.ok()
}

#[tokio::test]
async fn nothing_is_on_hold_normally() {
    let world = World::new().await;
    let admin = world.admin();
    assert_eq!(admin.get(RECOVERY).await.ok(), json!({"accounts": []}));
    for (action, body) in [
        ("adopt", json!({})),
        ("drop", json!({"link_id": LINK})),
        ("resume", json!({"plan": ""})),
    ] {
        let path = format!("{RECOVERY}/azure/{action}");
        let refused = admin.post(&path, body).await.refusal(404);
        assert!(refused.contains("is not on hold"), "{refused}");
    }
}

#[tokio::test]
async fn a_link_made_since_is_made_again_under_its_id_with_its_connections() {
    let world = World::new().await;
    let admin = world.admin();
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 4);
    hold(&world, LINK, false, approved).await;
    let shown = admin.get(RECOVERY).await.ok();
    let link = &shown["accounts"][0]["links"][0];
    assert_eq!(link["in_store"], false);
    assert_eq!(link["service_name"], "pg-1");
    assert_eq!(link["connections"][0]["cloud_decision"], "approved");
    let adopt = format!("{RECOVERY}/azure/adopt");
    let missing = admin.post(&adopt, json!({})).await.refusal(409);
    insta::assert_snapshot!(missing, @"Link s0a1b2c3d4e5f belongs to service `pg-1` of project `demo`, which the store does not have. Register the service first, with the same name and in the same network, with `underpass service create pg-1 --project demo`, and adopt again");
    with_static_ips(&world).await;
    let settled = admin.post(&adopt, json!({})).await.ok();
    assert_eq!(settled["connections"][0]["decision"], "approved");
    assert_eq!(settled["remaining"]["links"], json!([]));
    assert_eq!(link_id(&world).await, LINK);
    let listed = connections(&world).await;
    let row = &listed["connections"][0];
    assert_eq!(row["privatelink_connection_id"], id.to_string());
    assert_eq!(row["ordinal"], 4);
    assert_eq!(row["user_ip_address"], "10.1.2.3");
    resume(&world, "azure", false).await.ok();
    assert_eq!(admin.get(RECOVERY).await.ok(), json!({"accounts": []}));
    // The next connection does not get an ordinal that was given after the backup.
    let next = discover_endpoint(&world, SUBSCRIPTION, "pe-2").await;
    let listed = connections(&world).await;
    let rows = listed["connections"].as_array().unwrap();
    let next = rows
        .iter()
        .find(|row| row["privatelink_connection_id"] == next.to_string());
    assert_eq!(next.unwrap()["ordinal"], 5);
}

#[tokio::test]
async fn an_endpoint_seen_again_under_another_id_gets_the_proven_one_back() {
    let world = World::new().await;
    with_link(&world).await;
    let again = discover_endpoint(&world, SUBSCRIPTION, "pe-1").await;
    let link = link_id(&world).await;
    let id = ConnectionId::from_bits(77);
    let difference = ConnectionDifference {
        stored: Some(Decision::Undecided),
        ..proven(&id, ProvenDecision::Approved, 2)
    };
    hold(&world, &link, true, difference).await;
    let body = json!({"link_id": link, "connections": [id.to_string()]});
    let adopt = format!("{RECOVERY}/azure/adopt");
    world.admin().post(&adopt, body).await.ok();
    let listed = connections(&world).await;
    let rows = listed["connections"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "not {again} as well: {listed}");
    assert_eq!(rows[0]["privatelink_connection_id"], id.to_string());
    assert_eq!(rows[0]["decision"], "approved");
    assert_eq!(rows[0]["ordinal"], 2);
}

#[tokio::test]
async fn an_account_resumes_with_differences_only_if_they_are_overruled() {
    let world = World::new().await;
    with_link(&world).await;
    discover_endpoint(&world, SUBSCRIPTION, "pe-1").await;
    let link = link_id(&world).await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 2);
    hold(&world, &link, true, approved).await;
    let refused = resume(&world, "azure", false).await;
    insta::assert_snapshot!(refused.refusal(409), @"1 link(s) with 1 connection(s) of account `azure` differ from the cloud. Adopt what the cloud shows first, or overrule it, which rejects connections that the store does not have as approved, and leaves links that it does not have in the cloud as orphans. Take over what the cloud shows with `underpass recovery adopt azure`");
    let settled = resume(&world, "azure", true).await.ok();
    assert_eq!(settled["connections"][0]["decision"], "rejected");
    assert_eq!(settled["remaining"], Value::Null);
    assert!(
        world
            .due()
            .await
            .iter()
            .any(|work| work.contains("link/demo/pg-1/azure")),
        "its work goes on"
    );
}

#[tokio::test]
async fn a_link_is_not_made_again_for_a_service_in_another_network() {
    let world = World::new().await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 4);
    hold(&world, LINK, false, approved).await;
    with_static_ips(&world).await;
    let key = Key::link_difference("link/demo/pg-1/azure", LINK);
    change_published(&world, &key, |published| {
        published.region = "westeurope".to_owned();
        published.group = Some("underpass-vpc-lost".to_owned());
    })
    .await;
    let adopt = format!("{RECOVERY}/azure/adopt");
    let refused = world.admin().post(&adopt, json!({})).await.refusal(409);
    insta::assert_snapshot!(refused, @"Link s0a1b2c3d4e5f is published from resource group `underpass-vpc-lost` in `westeurope`, but service `pg-1` is registered in another network, so the link cannot be made again. Register the service in the project VPC of that network; if the store lost it, make it again with `underpass vpc create --project-vpc-id`. Ask an operator to compare with `underpass recovery show`");
}

#[tokio::test]
async fn a_link_on_google_is_made_again_only_in_its_network_and_project() {
    let world = World::new().await;
    let vpc = published_google::with_service(&world).await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 4);
    hold_account(&world, "google", LINK, false, approved).await;
    let key = Key::link_difference("link/demo/pg-1/google", LINK);
    let adopt = format!("{RECOVERY}/google/adopt");
    let refused = world.admin().post(&adopt, json!({})).await.refusal(409);
    insta::assert_snapshot!(refused, @"No listing showed the network of the published service of link s0a1b2c3d4e5f yet, so the link cannot be made again. The next complete listing, within minutes, shows it. Then adopt again. Ask an operator to compare with `underpass recovery show`");
    let network = |project: &str, name: &str| format!("projects/{project}/global/networks/{name}");
    let made = format!("underpass-vpc-{vpc}");
    for (project, name) in [("q", made.as_str()), ("p", "other")] {
        change_published(&world, &key, |published| {
            published.network.network = Some(network(project, name));
        })
        .await;
        let refused = world.admin().post(&adopt, json!({})).await.refusal(409);
        let from = format!("is published from `{}`", network(project, name));
        assert!(refused.contains(&from), "{refused}");
        let registered = format!("is registered in `{}`", network("p", &made));
        assert!(refused.contains(&registered), "{refused}");
    }
    change_published(&world, &key, |published| {
        published.network.network = Some(network("p", &made));
        published.nat_ranges = BTreeSet::from([RANGE.parse().unwrap()]);
    })
    .await;
    // Every range of the network is taken, that of the published service, too.
    exhaust(&world).await;
    let refused = world.admin().post(&adopt, json!({})).await.refusal(409);
    assert!(
        refused.contains("uses the NAT range 172.24.0.0/28, which another link"),
        "{refused}"
    );
    assert!(refused.contains("as an orphan"), "{refused}");
    let (vpc_key, piece) = (
        Key::vpc(&project(), vpc.parse().unwrap()),
        RANGE.parse().unwrap(),
    );
    let lookup = Lookup::One(Kind::Vpc, vpc_key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let network = fetched
        .one::<ProjectVpc>(&vpc_key)
        .unwrap()
        .unwrap()
        .value
        .network_key();
    for piece in nat_range::pieces(piece) {
        let claim = Key::nat_range(&"google".parse().unwrap(), &network, piece);
        world.remove::<NatRangeReservation>(claim).await;
    }
    let settled = world.admin().post(&adopt, json!({})).await.ok();
    assert_eq!(settled["connections"][0]["decision"], "approved");
}

#[tokio::test]
async fn a_link_is_not_made_again_while_its_published_service_is_removed() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let id = ConnectionId::from_bits(77);
    hold(
        &world,
        LINK,
        false,
        proven(&id, ProvenDecision::Approved, 4),
    )
    .await;
    let place = OrphanPlace {
        account: "azure".parse().unwrap(),
        provider: Provider::Azure,
        region: "westeurope".to_owned(),
        group: Some("g".to_owned()),
    };
    let mut orphan = Orphan::new(place, LINK.parse().unwrap(), world.now());
    let key = Key::orphan(&orphan.account, &orphan.link);
    orphan.removal = Some(Removal {
        requested_at: world.now(),
        requested_by: "operator".to_owned(),
        generation: Generation(1),
    });
    let put = |orphan: &Orphan| Change::new().put(key.clone(), orphan).unwrap();
    world.app.store.commit(put(&orphan)).await.unwrap();
    let adopt = format!("{RECOVERY}/azure/adopt");
    let refused = world.admin().post(&adopt, json!({})).await;
    insta::assert_snapshot!(refused.refusal(409), @"Link s0a1b2c3d4e5f cannot be made again: an operator requested the removal of its published service. List the orphans with `underpass recovery orphans`");
    orphan.removal = None;
    world.app.store.commit(put(&orphan)).await.unwrap();
    world.admin().post(&adopt, json!({})).await.ok();
    assert_eq!(link_id(&world).await, LINK);
    let lookup = Lookup::One(Kind::Orphan, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    assert_eq!(fetched.one::<Orphan>(&key).unwrap(), None);
}

#[tokio::test]
async fn an_address_that_no_proof_has_is_shown_as_unknown() {
    let world = World::new().await;
    let admin = world.admin();
    let (known, unknown) = (ConnectionId::from_bits(77), ConnectionId::from_bits(78));
    let with_address = proven(&known, ProvenDecision::Approved, 4);
    hold(&world, LINK, false, with_address).await;
    let shown = admin.get(RECOVERY).await.ok();
    let found = &shown["accounts"][0]["links"][0]["connections"][0];
    assert_eq!(found["user_ip_address"], "10.1.2.3");
    let mut without = proven(&unknown, ProvenDecision::Approved, 5);
    without.proven.address = None;
    hold(&world, LINK, false, without).await;
    let shown = admin.get(RECOVERY).await.ok();
    let found = &shown["accounts"][0]["links"][0]["connections"][0];
    assert_eq!(found["user_ip_address"], Value::Null);
    with_static_ips(&world).await;
    let adopt = format!("{RECOVERY}/azure/adopt");
    let settled = admin.post(&adopt, json!({})).await.ok();
    assert_eq!(settled["connections"][0]["user_ip_address"], Value::Null);
}

pub(crate) const OTHER: &str = "s0a1b2c3d4e60";

/// The subscription that no link of the tests has on its list.
const NEW_SUBSCRIPTION: &str = "8eefec94-5d63-40c9-983c-03ab083b4aaa";

/// Adds the difference of a link of service `lost`, which the store does not have.
pub(crate) async fn with_lost_service(world: &World) {
    let difference = proven(&ConnectionId::from_bits(78), ProvenDecision::Approved, 5);
    let account: AccountName = "azure".parse().unwrap();
    let managed = "link/demo/lost/azure".to_owned();
    let row = LinkDifference {
        account,
        object: OTHER.to_owned(),
        managed: managed.clone(),
        is_known: false,
        published: Some(PublishedService::default()),
        connections: BTreeMap::from([(difference.proven.connection.clone(), difference)]),
        since: world.now(),
    };
    let key = Key::link_difference(&managed, OTHER);
    let change = Change::new().put(key, &row).unwrap();
    world.app.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_link_that_cannot_be_adopted_does_not_prevent_the_others() {
    let world = World::new().await;
    let admin = world.admin();
    let id = ConnectionId::from_bits(77);
    hold(
        &world,
        LINK,
        false,
        proven(&id, ProvenDecision::Approved, 4),
    )
    .await;
    with_lost_service(&world).await;
    with_static_ips(&world).await;
    let adopt = format!("{RECOVERY}/azure/adopt");
    let settled = admin.post(&adopt, json!({})).await.ok();
    let adopted = &settled["connections"];
    assert_eq!(adopted.as_array().unwrap().len(), 1);
    assert_eq!(adopted[0]["service_name"], "pg-1");
    assert_eq!(adopted[0]["provider"], "azure");
    let failed = &settled["failed"];
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert_eq!(failed[0]["link_id"], OTHER);
    insta::assert_snapshot!(failed[0]["reason"].as_str().unwrap(), @"Link s0a1b2c3d4e60 belongs to service `lost` of project `demo`, which the store does not have");
    insta::assert_snapshot!(failed[0]["next_action"].as_str().unwrap(), @"Register the service first, with the same name and in the same network, with `underpass service create lost --project demo`, and adopt again");
    assert_eq!(settled["remaining"]["links"][0]["link_id"], OTHER);
}

#[tokio::test]
async fn a_link_that_the_store_lacks_is_left_as_an_orphan_by_an_overruling() {
    let world = World::new().await;
    with_link(&world).await;
    let link = link_id(&world).await;
    let id = ConnectionId::from_bits(77);
    hold(
        &world,
        &link,
        true,
        proven(&id, ProvenDecision::Approved, 4),
    )
    .await;
    with_lost_service(&world).await;
    let settled = resume(&world, "azure", true).await.ok();
    let overruled = settled["connections"].as_array().unwrap();
    assert_eq!(overruled.len(), 1, "only those of links in the store");
    assert_eq!(overruled[0]["service_name"], "pg-1");
    assert_eq!(
        settled["orphans"],
        json!([{
            "link_id": OTHER,
            "project_name": "demo",
            "service_name": "lost",
            "provider": "azure",
            "approved_connections": 1,
        }])
    );
}

#[tokio::test]
async fn an_adopted_connection_of_another_subscription_is_on_the_list_of_the_link() {
    let world = World::new().await;
    let admin = world.admin();
    with_link(&world).await;
    let link = link_id(&world).await;
    let subscriptions = async || {
        let path = "/v1/project/demo/service/pg-1/privatelink/azure";
        admin.get(path).await.ok()["user_subscription_ids"].clone()
    };
    let before = subscriptions().await;
    let of_new = |id: u64, decision| {
        let mut difference = proven(&ConnectionId::from_bits(id), decision, 2);
        difference.identity.endpoint = endpoint(NEW_SUBSCRIPTION, "pe-1");
        difference
    };
    let adopt = format!("{RECOVERY}/azure/adopt");
    hold(&world, &link, true, of_new(77, ProvenDecision::Rejected)).await;
    admin.post(&adopt, json!({})).await.ok();
    assert_eq!(subscriptions().await, before, "it was not approved");
    hold(&world, &link, true, of_new(77, ProvenDecision::Approved)).await;
    admin.post(&adopt, json!({})).await.ok();
    let after = subscriptions().await;
    let after = after.as_array().unwrap();
    assert!(after.contains(&json!(NEW_SUBSCRIPTION)), "{after:?}");
    assert_eq!(after.len(), before.as_array().unwrap().len() + 1);
}

/// The parts of a link on Azure with these subscriptions and open components.
fn published(subscription: &str, components: &[(&str, u16)]) -> Observed {
    let rule = |(name, port): &(&str, u16)| Rule {
        name: (*name).to_owned(),
        link_port: *port,
        backend_port: *port,
        node: None,
    };
    let balancer = AzureSpec::Balancer {
        rules: components.iter().map(rule).collect(),
        pools: BTreeSet::new(),
    };
    let attachment = AzureSpec::Attachment {
        visibility: BTreeSet::from([subscription.parse().unwrap()]),
    };
    seen([
        (
            Part::Azure(AzurePart::Balancer),
            Spec::Azure(balancer),
            Facts::default(),
        ),
        (Part::Attachment, Spec::Azure(attachment), Facts::default()),
    ])
}

#[tokio::test]
async fn what_the_end_of_a_hold_writes_is_shown_once_the_cloud_was_read() {
    let world = World::new().await;
    let admin = world.admin();
    with_link(&world).await;
    let link = link_id(&world).await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 2);
    hold(&world, &link, true, approved).await;
    let shown = async || admin.get(RECOVERY).await.ok()["accounts"][0].clone();
    let unread = shown().await;
    assert_eq!(unread["fully_read"], false);
    let account: AccountName = "azure".parse().unwrap();
    let row = AccountHold {
        account: account.clone(),
        since: world.now(),
        cause: HoldCause::Difference,
        listed_at: Some(world.now()),
    };
    let change = Change::new()
        .put(Key::account_hold(&account), &row)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    assert_eq!(
        shown().await["fully_read"],
        false,
        "its parts were not read"
    );
    let work: WorkKey = "link/demo/pg-1/azure".parse().unwrap();
    let components = [("pgbouncer", 6432)];
    world
        .observe(&work, &published(NEW_SUBSCRIPTION, &components))
        .await;
    let read = shown().await;
    insta::assert_json_snapshot!(read["writes"], @r#"
    [
      {
        "action": "update",
        "adds": [
          "pg on port 25432"
        ],
        "cuts": [
          "pgbouncer on port 6432"
        ],
        "expected_failure": null,
        "object": "link/demo/pg-1/azure",
        "part": "balancer",
        "part_name": "load balancer"
      },
      {
        "action": "update",
        "adds": [
          "subscription 8eefec94-5d63-40c9-983c-03ab083b411d"
        ],
        "cuts": [
          "subscription 8eefec94-5d63-40c9-983c-03ab083b4aaa"
        ],
        "expected_failure": null,
        "object": "link/demo/pg-1/azure",
        "part": "attachment",
        "part_name": "published service"
      }
    ]
    "#);
}

#[tokio::test]
async fn the_hold_of_a_cloud_that_was_not_read_ends_only_explicitly() {
    let world = World::new().await;
    let admin = world.admin();
    let account: AccountName = "azure".parse().unwrap();
    let row = AccountHold {
        account: account.clone(),
        since: world.now(),
        cause: HoldCause::StoreReplaced,
        listed_at: None,
    };
    let change = Change::new()
        .put(Key::account_hold(&account), &row)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    let shown = admin.get(RECOVERY).await.ok()["accounts"][0].clone();
    assert_eq!(shown["fully_read"], false);
    let path = format!("{RECOVERY}/azure/resume");
    for mut body in [
        json!({}),
        json!({"unread": false}),
        json!({"overrule": true}),
    ] {
        body["plan"] = shown["plan"].clone();
        let refused = admin.post(&path, body).await;
        let code = &refused.json()["errors"][0]["error_code"];
        assert_eq!(code, "recovery_unread");
        let message = refused.refusal(409);
        assert!(
            message.contains("underpass recovery resume azure --unread"),
            "{message}"
        );
        let accounts = admin.get(RECOVERY).await.ok();
        assert_eq!(accounts["accounts"].as_array().unwrap().len(), 1);
    }
    let body = json!({"unread": true, "plan": shown["plan"]});
    admin.post(&path, body).await.ok();
    assert_eq!(admin.get(RECOVERY).await.ok(), json!({"accounts": []}));
}
