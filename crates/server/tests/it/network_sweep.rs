//! Project VPCs and static IPs whose parts are deleted or changed outside Underpass.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_clouds::Cloud;
use underpass_model::part::{AzurePart, GooglePart, GoogleSpec, Part, Spec};
use underpass_server::reconcile::Engine;

use crate::network_cloud::{NetworkCloud, engine, settle, sweep, sweep_until_proven};
use crate::world::World;

const VPCS: &str = "/v1/underpass/project/demo/vpcs";
const IPS: &str = "/v1/underpass/project/demo/static-ips";

struct Fixture {
    world: World,
    cloud: Arc<NetworkCloud>,
    engine: Engine,
}

fn probes() -> Part {
    Part::Google(GooglePart::Probes)
}

fn policy() -> Part {
    Part::Azure(AzurePart::NatPolicy)
}

fn address() -> Part {
    Part::Azure(AzurePart::Address)
}

fn made(cloud: &str) -> Value {
    json!({"cloud_name": cloud, "network_cidr": "10.64.0.0/24", "peering_connections": []})
}

fn adopted() -> Value {
    let vnet = "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";
    let network = json!({"azure": {"account": "azure", "resource_group": "links",
        "vnet_id": vnet, "node_subnet": "nodes", "nat_subnet": "nat"}});
    let mut body = made("azure-westeurope");
    body["underpass"] = network;
    body
}

impl Fixture {
    async fn new() -> Self {
        let cloud = Arc::new(NetworkCloud::default());
        let world = World::with_cloud(Arc::clone(&cloud) as Arc<dyn Cloud>).await;
        let engine = engine(&world);
        Self {
            world,
            cloud,
            engine,
        }
    }

    /// Makes a project VPC and returns its ID.
    async fn vpc(&self, body: Value) -> String {
        let made = self.world.admin().post("/v1/project/demo/vpcs", body).await;
        settle(&self.world, &self.engine).await;
        self.cloud.writes();
        made.ok()["project_vpc_id"].as_str().unwrap().to_owned()
    }

    async fn static_ip(&self) -> String {
        let body = json!({"cloud_name": "azure-westeurope"});
        let admin = self.world.admin();
        let made = admin.post("/v1/project/demo/static-ips", body).await;
        settle(&self.world, &self.engine).await;
        self.cloud.writes();
        let made = made.ok();
        made["static_ip_address_id"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        self.world.admin().get(path).await.ok()
    }

    /// The reasons of the conditions in a document.
    async fn reasons(&self, path: &str) -> Vec<String> {
        let found = self.get(path).await;
        let conditions = found["conditions"].as_array().unwrap().iter();
        let reasons = conditions.map(|it| it["reason"].as_str().unwrap().to_owned());
        reasons.collect()
    }

    async fn state(&self, vpc: &str) -> Value {
        self.get(&format!("/v1/project/demo/vpcs/{vpc}")).await["state"].clone()
    }

    async fn has_event(&self, code: &str) -> bool {
        self.world.history().await.iter().any(|it| it == code)
    }
}

#[tokio::test]
async fn a_deleted_probe_rule_is_made_again_with_an_event() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(made("google-europe-west1")).await;
    let path = format!("{VPCS}/{vpc}");
    assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    fixture.cloud.delete(&probes());
    sweep(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.reasons(&path).await, ["AbsenceSuspected"]);
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    assert_eq!(fixture.state(&vpc).await, "ACTIVE");

    sweep_until_proven(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.cloud.writes(), ["put probes"]);
    assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    assert_eq!(fixture.state(&vpc).await, "ACTIVE");
    assert!(fixture.has_event("vpc.part_deleted").await);
    assert!(fixture.has_event("vpc.part_restored").await);
}

#[tokio::test]
async fn a_changed_rule_and_a_reset_policy_are_put_right_by_one_write() {
    let fixture = Fixture::new().await;
    fixture.vpc(made("google-europe-west1")).await;
    let azure = fixture.vpc(adopted()).await;
    let narrowed = Spec::Google(GoogleSpec::Firewall {
        sources: [].into(),
        ports: [22].into(),
    });
    fixture.cloud.change(&probes(), &narrowed);
    fixture.cloud.reset_policies();
    sweep(&fixture.world, &fixture.engine).await;
    let mut writes = fixture.cloud.writes();
    writes.sort();
    assert_eq!(writes, ["put nat-policy", "put probes"]);
    assert_eq!(fixture.state(&azure).await, "ACTIVE");
    assert!(fixture.has_event("vpc.part_changed").await);
    assert!(fixture.has_event("vpc.part_restored").await);
    sweep(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_that_is_switched_back_again_and_again_is_set_after_pauses() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(adopted()).await;
    for _ in 0..6 {
        fixture.cloud.reset_policies();
        sweep(&fixture.world, &fixture.engine).await;
    }
    assert!(
        fixture.cloud.writes().len() <= 3,
        "no loop against a policy"
    );
    let path = format!("{VPCS}/{vpc}");
    let reasons = fixture.reasons(&path).await;
    assert!(reasons.contains(&"WriteNotKept".to_owned()), "{reasons:?}");
}

#[tokio::test]
async fn a_lie_of_either_cloud_changes_nothing() {
    let fixture = Fixture::new().await;
    let vpcs = [
        fixture.vpc(made("google-europe-west1")).await,
        fixture.vpc(adopted()).await,
    ];
    let ip = fixture.static_ip().await;
    let before = fixture.get("/v1/project/demo/static-ips").await;
    let shown = fixture.get("/v1/project/demo/vpcs").await;
    for lie in [NetworkCloud::hide, NetworkCloud::unlist] {
        for part in [probes(), Part::Network, policy(), address()] {
            lie(&fixture.cloud, &part);
        }
        sweep(&fixture.world, &fixture.engine).await;
        fixture.world.pass(SignedDuration::from_secs(31));
        settle(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.get("/v1/project/demo/static-ips").await, before);
        assert_eq!(fixture.get("/v1/project/demo/vpcs").await, shown);
        fixture.cloud.tell_the_truth();
        sweep_until_proven(&fixture.world, &fixture.engine).await;
        for vpc in &vpcs {
            let path = format!("{VPCS}/{vpc}");
            assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
        }
        let path = format!("{IPS}/{ip}");
        assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    }
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    let history = fixture.world.history().await;
    assert!(
        !history.iter().any(|it| it.contains("part_")),
        "{history:?}"
    );
}

#[tokio::test]
async fn a_deleted_network_is_shown_while_services_are_in_it_and_made_again_without_them() {
    for cloud in ["azure-westeurope", "google-europe-west1"] {
        let fixture = Fixture::new().await;
        let vpc = fixture.vpc(made(cloud)).await;
        let service = json!({"service_name": "pg-1", "service_type": "pg",
            "plan": "startup-4", "cloud": cloud, "project_vpc_id": vpc});
        let admin = fixture.world.admin();
        admin.post("/v1/project/demo/service", service).await.ok();
        fixture.cloud.delete(&Part::Network);
        sweep_until_proven(&fixture.world, &fixture.engine).await;
        let path = format!("{VPCS}/{vpc}");
        assert_eq!(fixture.reasons(&path).await, ["NetworkDeleted"], "{cloud}");
        let condition = fixture.get(&path).await["conditions"][0].clone();
        assert_eq!(condition["status"], "false");
        assert_eq!(condition["type"], "reconciled");
        assert_eq!(condition["since"], "2027-01-15T08:00:00Z");
        let listed = fixture.get(VPCS).await["vpcs"][0]["conditions"][0].clone();
        assert_eq!(listed, condition);
        assert_eq!(fixture.state(&vpc).await, "ACTIVE");
        assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
        assert!(fixture.world.due().await.is_empty(), "nothing is retried");

        let gone = admin.delete("/v1/project/demo/service/pg-1").await;
        gone.ok();
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.cloud.writes(), ["put network"], "{cloud}");
        assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    }
}

#[tokio::test]
async fn a_deleted_address_is_shown_and_never_replaced() {
    let fixture = Fixture::new().await;
    let ip = fixture.static_ip().await;
    let before = fixture.get("/v1/project/demo/static-ips").await;
    fixture.cloud.delete(&address());
    sweep_until_proven(&fixture.world, &fixture.engine).await;
    sweep_until_proven(&fixture.world, &fixture.engine).await;
    let path = format!("{IPS}/{ip}");
    assert_eq!(fixture.reasons(&path).await, ["AddressDeleted"]);
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    let after = fixture.get("/v1/project/demo/static-ips").await;
    assert_eq!(after, before, "the compatible document stays");
    let row = fixture.get(IPS).await["static_ips"][0].clone();
    assert_eq!(row["conditions"][0]["reason"], "AddressDeleted");
    let remedy = row["conditions"][0]["remedy"]["text"].as_str().unwrap();
    assert!(remedy.contains("underpass static-ip create"), "{remedy}");
    assert!(fixture.has_event("static_ip.part_deleted").await);
    let overview = fixture.get("/v1/underpass/project/demo/overview").await;
    let [listed] = overview["network_conditions"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        panic!("{overview}");
    };
    assert_eq!(listed["static_ip_address_id"], ip.as_str());
    assert_eq!(listed["reason"], "AddressDeleted");

    let shown = before["static_ips"][0]["ip_address"].as_str().unwrap();
    fixture.cloud.restore(&ip, &address(), shown);
    sweep(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    assert!(fixture.has_event("static_ip.part_restored").await);
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_is_another_one_is_shown_as_changed() {
    for is_proven_deleted in [false, true] {
        let fixture = Fixture::new().await;
        let ip = fixture.static_ip().await;
        let before = fixture.get(&format!("{IPS}/{ip}")).await;
        let before = before["static_ip"]["ip_address"].as_str().unwrap();
        if is_proven_deleted {
            fixture.cloud.delete(&address());
            sweep_until_proven(&fixture.world, &fixture.engine).await;
        }
        fixture.cloud.restore(&ip, &address(), "203.0.113.99");
        sweep(&fixture.world, &fixture.engine).await;
        let path = format!("{IPS}/{ip}");
        assert_eq!(fixture.reasons(&path).await, ["AddressChanged"]);
        let shown = fixture.get(&path).await;
        assert_eq!(shown["static_ip"]["ip_address"], "203.0.113.99");
        let message = shown["conditions"][0]["message"].as_str().unwrap();
        let addresses = format!("was {before} and is now 203.0.113.99");
        assert!(message.contains(&addresses), "{message}");
        assert!(fixture.has_event("static_ip.part_changed").await);
        assert!(!fixture.has_event("static_ip.part_restored").await);
        assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
        fixture.cloud.calls();
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.cloud.calls(), (0, 1), "it is read once");

        fixture.cloud.restore(&ip, &address(), before);
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    }
}

#[tokio::test]
async fn each_change_of_an_address_is_told_once() {
    let fixture = Fixture::new().await;
    let ip = fixture.static_ip().await;
    let path = format!("{IPS}/{ip}");
    let before = fixture.get(&path).await;
    let first = before["static_ip"]["ip_address"].as_str().unwrap();
    let changes = async || {
        let events = fixture
            .get("/v1/underpass/project/demo/events?order=oldest")
            .await;
        let all = events["events"].as_array().unwrap().clone();
        let told = all
            .into_iter()
            .filter(|it| it["code"] == "static_ip.part_changed");
        let told = told.map(|it| it["message"].as_str().unwrap().to_owned());
        told.collect::<Vec<_>>()
    };
    for (number, (was, is)) in [
        (first, "203.0.113.98"),
        ("203.0.113.98", "203.0.113.99"),
        ("203.0.113.99", "203.0.113.97"),
    ]
    .into_iter()
    .enumerate()
    {
        fixture.world.pass(SignedDuration::from_mins(1));
        fixture.cloud.restore(&ip, &address(), is);
        sweep(&fixture.world, &fixture.engine).await;
        sweep(&fixture.world, &fixture.engine).await;
        let told = changes().await;
        assert_eq!(told.len(), number + 1, "{told:?}");
        let addresses = format!("it was {was} and is now {is}");
        assert!(told[number].contains(&addresses), "{told:?}");
        let condition = fixture.get(&path).await["conditions"][0].clone();
        let message = condition["message"].as_str().unwrap();
        assert!(message.contains(&format!("it was {first} and is now {is}")));
        let minute = format!("2027-01-15T08:0{}:00Z", number + 1);
        assert_eq!(condition["since"], minute.as_str());
    }
}

#[tokio::test]
async fn a_network_stays_when_an_orphan_in_it_becomes_known_after_its_deletion_began() {
    for cloud in ["azure-westeurope", "google-europe-west1"] {
        let fixture = Fixture::new().await;
        let vpc = fixture.vpc(made(cloud)).await;
        let path = format!("/v1/project/demo/vpcs/{vpc}");
        fixture.world.admin().delete(&path).await.ok();
        let orphan = crate::orphan::in_vpc(&fixture.world, cloud, &vpc);
        let key = underpass_store::Key::orphan(&orphan.account, &orphan.link);
        let change = underpass_store::Change::new().put(key.clone(), &orphan);
        let store = &fixture.world.app.store;
        store.commit(change.unwrap()).await.unwrap();
        for _ in 0..5 {
            fixture.world.pass(SignedDuration::from_mins(6));
            settle(&fixture.world, &fixture.engine).await;
        }
        assert_eq!(fixture.cloud.writes(), Vec::<String>::new(), "{cloud}");
        assert_eq!(fixture.state(&vpc).await, "DELETING");
        let shown = fixture.get(&format!("{VPCS}/{vpc}")).await;
        let condition = &shown["conditions"][0];
        assert_eq!(condition["reason"], "OrphanInside", "{shown}");
        let remedy = condition["remedy"]["text"].as_str().unwrap();
        assert!(remedy.starts_with("Ask an operator"), "{remedy}");
        assert!(!shown.to_string().contains(orphan.link.as_str()), "{shown}");

        let change = underpass_store::Change::new();
        let change = change.remove::<underpass_model::orphan::Orphan>(key);
        store.commit(change).await.unwrap();
        fixture.world.pass(SignedDuration::from_mins(6));
        settle(&fixture.world, &fixture.engine).await;
        for _ in 0..3 {
            fixture.world.pass(SignedDuration::from_mins(1));
            settle(&fixture.world, &fixture.engine).await;
        }
        assert!(!fixture.cloud.writes().is_empty(), "{cloud}");
        let gone = fixture.world.admin().get(&path).await;
        assert_eq!(gone.status, 404, "{cloud}: {}", gone.text);
    }
}

#[tokio::test]
async fn a_subnet_with_another_range_is_not_said_to_be_put_right() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(made("google-europe-west1")).await;
    let subnet = Part::Google(GooglePart::Subnet);
    let cidr = "10.9.0.0/24".parse().unwrap();
    fixture
        .cloud
        .change(&subnet, &Spec::Google(GoogleSpec::Subnet { cidr }));
    fixture.cloud.refuse(&subnet);
    sweep(&fixture.world, &fixture.engine).await;
    let path = format!("{VPCS}/{vpc}");
    let shown = fixture.get(&path).await["conditions"].clone();
    assert!(!shown.to_string().contains("It is put right"), "{shown}");
    assert_eq!(fixture.reasons(&path).await, ["SubnetRangeDiffers"]);
    let events = fixture.get("/v1/underpass/project/demo/events").await;
    let text = events.to_string();
    assert!(!text.contains("It is put right"), "{text}");
    assert!(
        text.contains("with range 10.9.0.0/24 instead of 10.64.0.0/24"),
        "{text}"
    );
}

#[tokio::test]
async fn a_deleted_address_can_be_removed() {
    let fixture = Fixture::new().await;
    let ip = fixture.static_ip().await;
    fixture.cloud.delete(&address());
    sweep_until_proven(&fixture.world, &fixture.engine).await;
    let admin = fixture.world.admin();
    let path = format!("/v1/project/demo/static-ips/{ip}");
    admin.delete(&path).await.ok();
    settle(&fixture.world, &fixture.engine).await;
    let left = fixture.get("/v1/project/demo/static-ips").await;
    assert_eq!(left["static_ips"], json!([]));
}

#[tokio::test]
async fn a_network_that_was_made_again_is_shown_until_no_service_is_in_it() {
    for cloud in ["azure-westeurope", "google-europe-west1"] {
        let fixture = Fixture::new().await;
        let vpc = fixture.vpc(made(cloud)).await;
        let path = format!("{VPCS}/{vpc}");
        // A network from before its number was stored is no other one.
        fixture.cloud.replace(&Part::Network, "1");
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.reasons(&path).await, ["AsDesired"], "{cloud}");

        let service = json!({"service_name": "pg-1", "service_type": "pg",
            "plan": "startup-4", "cloud": cloud, "project_vpc_id": vpc});
        let admin = fixture.world.admin();
        admin.post("/v1/project/demo/service", service).await.ok();
        fixture.cloud.replace(&Part::Network, "2");
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.reasons(&path).await, ["NetworkReplaced"], "{cloud}");
        assert!(fixture.has_event("vpc.part_changed").await);
        assert_eq!(fixture.state(&vpc).await, "ACTIVE");
        fixture.cloud.calls();
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.cloud.calls(), (0, 1), "it is read once");
        assert_eq!(fixture.reasons(&path).await, ["NetworkReplaced"], "{cloud}");

        let gone = admin.delete("/v1/project/demo/service/pg-1").await;
        gone.ok();
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.reasons(&path).await, ["AsDesired"], "{cloud}");
        assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_resource_group_is_deleted_only_once_it_was_empty_for_some_time() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(made("azure-westeurope")).await;
    let path = format!("/v1/project/demo/vpcs/{vpc}");
    fixture.world.admin().delete(&path).await.ok();
    settle(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.cloud.writes(), ["delete network"]);
    assert_eq!(fixture.state(&vpc).await, "DELETING");
    // A listing that shows a resource of another owner is followed by wrong ones that do not.
    fixture.cloud.inhabit(true);
    for lies in [false, true, false, true, false] {
        fixture.world.pass(SignedDuration::from_secs(31));
        fixture.cloud.inhabit(!lies);
        settle(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    }
    fixture.cloud.inhabit(false);
    let mut passed = 0;
    while fixture.cloud.writes() != ["delete group"] {
        passed += 1;
        fixture.world.pass(SignedDuration::from_secs(5));
        settle(&fixture.world, &fixture.engine).await;
    }
    // The pause after the last refusal, and then the window of 60 s.
    assert!((12..60).contains(&passed), "{passed}");
    let left = fixture.get("/v1/project/demo/vpcs").await;
    assert_eq!(left["vpcs"], json!([]));
}

#[tokio::test]
async fn idle_networks_cost_one_listing_of_their_account() {
    let fixture = Fixture::new().await;
    for second in 64..70 {
        let mut body = made("google-europe-west1");
        body["network_cidr"] = json!(format!("10.{second}.0.0/24"));
        fixture.vpc(body).await;
        fixture.static_ip().await;
    }
    fixture.cloud.calls();
    for _ in 0..3 {
        sweep(&fixture.world, &fixture.engine).await;
        assert_eq!(fixture.cloud.calls(), (0, 2), "one for each account");
    }
    assert!(fixture.world.due().await.is_empty());
    let empty = Fixture::new().await;
    sweep(&empty.world, &empty.engine).await;
    assert_eq!(empty.cloud.calls(), (0, 0));
}

#[tokio::test]
async fn a_listing_that_fails_changes_nothing() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(made("google-europe-west1")).await;
    fixture.cloud.delete(&probes());
    fixture.cloud.fail(true);
    sweep(&fixture.world, &fixture.engine).await;
    let path = format!("{VPCS}/{vpc}");
    assert_eq!(fixture.reasons(&path).await, ["AsDesired"]);
    fixture.world.pass(SignedDuration::from_mins(11));
    sweep(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.reasons(&path).await, ["NotChecked"]);
    let condition = fixture.get(&path).await["conditions"][0].clone();
    assert_eq!(condition["status"], "unknown");
    assert_eq!(condition["since"], "2027-01-15T08:00:00Z");
    fixture.cloud.fail(false);
    sweep(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.reasons(&path).await, ["AbsenceSuspected"]);
}

#[tokio::test]
async fn a_held_account_gets_no_repair() {
    let fixture = Fixture::new().await;
    let vpc = fixture.vpc(made("google-europe-west1")).await;
    let difference = crate::held::proven(
        &underpass_model::id::ConnectionId::from_bits(1),
        underpass_model::decision_proof::ProvenDecision::Approved,
        1,
    );
    crate::held::hold_account(&fixture.world, "google", "s0a1b2c3d4e5f", false, difference).await;
    fixture.cloud.delete(&probes());
    sweep_until_proven(&fixture.world, &fixture.engine).await;
    assert_eq!(fixture.cloud.writes(), Vec::<String>::new());
    let path = format!("{VPCS}/{vpc}");
    let reasons = fixture.reasons(&path).await;
    assert!(reasons.contains(&"StoreOutdated".to_owned()), "{reasons:?}");
}

#[tokio::test]
async fn a_link_says_which_network_it_lacks() {
    let fixture = Fixture::new().await;
    let world = &fixture.world;
    crate::published_google::with_active_link(world).await;
    settle(world, &fixture.engine).await;
    let link = "/v1/underpass/project/demo/service/pg-1/privatelink/google";
    let vpcs = fixture.get(VPCS).await;
    let vpc = vpcs["vpcs"][0]["project_vpc_id"].as_str().unwrap();
    let before = fixture.reasons(link).await;
    assert!(
        !before.iter().any(|it| it == "NetworkDeleted"),
        "{before:?}"
    );

    // Nothing was made in this cloud, so everything is proven absent.
    sweep_until_proven(world, &fixture.engine).await;
    let conditions = fixture.get(link).await["conditions"].clone();
    let conditions = conditions.as_array().unwrap();
    let of_network = conditions.iter().find(|it| it["type"] == "network_intact");
    let of_network = of_network.unwrap();
    assert_eq!(of_network["reason"], "NetworkDeleted");
    assert_eq!(of_network["status"], "false");
    let message = of_network["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("Project VPC {vpc}: ")),
        "{message}"
    );
    let compatible = fixture.get(crate::published_google::LINK).await;
    assert_eq!(compatible["state"], "active");
    assert_eq!(compatible.as_object().unwrap().len(), 2, "{compatible}");
    let overview = fixture.get("/v1/underpass/project/demo/overview").await;
    let shown = overview["conditions"].to_string();
    assert!(shown.contains("NetworkDeleted"), "{shown}");
}
