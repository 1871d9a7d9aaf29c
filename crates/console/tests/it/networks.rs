//! Project VPCs and static IPs in the console.

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::id::LinkId;
use underpass_model::name::AccountName;
use underpass_model::orphan::{Orphan, OrphanPlace};
use underpass_model::part::{AzurePart, AzureSpec, Facts, Part, Spec};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key};

use crate::service::between;
use crate::visitor::Visitor;
use crate::world::{World, project, seen};

const NETWORKS: &str = "/console/project/demo/network";

/// The only one there is.
async fn only(world: &World, list: &str, id: &str) -> String {
    let path = format!("/v1/project/demo/{list}");
    let answer = world.admin().get(&path).await.ok();
    let all = answer[list.replace('-', "_")].as_array().unwrap().clone();
    assert_eq!(all.len(), 1);
    all[0][id].as_str().unwrap().to_owned()
}

/// Asks for a network on a page and has it made.
async fn make_vpc(world: &World, ada: &Visitor) -> String {
    let desired = [
        ("do", "create-vpc"),
        ("vpc_cloud", "azure-westeurope"),
        ("network_cidr", "10.70.0.0/24"),
    ];
    let page = ada.done(NETWORKS, &desired).await;
    assert!(page.contains("is being created"), "{page}");
    let id = only(world, "vpcs", "project_vpc_id").await;
    let cidr = "10.70.0.0/24".parse().unwrap();
    let parts = [
        (
            Part::Azure(AzurePart::Group),
            Spec::Present,
            Facts::default(),
        ),
        (
            Part::Network,
            Spec::Azure(AzureSpec::Network { cidr }),
            Facts::default(),
        ),
    ];
    let work = WorkKey::Vpc(project(), id.parse().unwrap());
    world.observe(&work, &seen(parts)).await;
    id
}

fn service(vpc: &str) -> Value {
    json!({"service_name": "pg-1", "service_type": "pg", "project_vpc_id": vpc})
}

#[tokio::test]
async fn a_network_is_made_used_and_deleted() {
    let world = World::new().await;
    let ada = world.visitor().await;
    assert!(ada.page(NETWORKS).await.contains("No project VPCs yet"));
    let id = make_vpc(&world, &ada).await;
    let page = ada.page(NETWORKS).await;
    assert!(
        page.contains(&id) && page.contains("state-active"),
        "{page}"
    );

    let path = "/v1/project/demo/service";
    world.admin().post(path, service(&id)).await.ok();
    let page = ada.page(NETWORKS).await;
    assert!(
        page.contains("href=\"/console/project/demo/service/pg-1\""),
        "{page}"
    );
    let removal = format!("{NETWORKS}/vpc/{id}/delete");
    let page = ada.page(&removal).await;
    assert!(page.contains("contains services"), "{page}");
    assert!(!page.contains("Delete this project VPC"), "{page}");

    world.admin().delete(&format!("{path}/pg-1")).await.ok();
    let page = ada.done(&removal, &[]).await;
    assert!(page.contains("state-deleting"), "{page}");
}

#[tokio::test]
async fn a_network_is_refreshed() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let id = make_vpc(&world, &ada).await;
    let page = ada.page(NETWORKS).await;
    assert!(page.contains("Refresh project VPC 10.70.0.0/24"), "{page}");
    let page = ada
        .done(NETWORKS, &[("do", "refresh-vpc"), ("vpc", &id)])
        .await;
    // Nothing sweeps here.
    assert!(page.contains("Azure was not listed within 20 s"), "{page}");
}

#[tokio::test]
async fn a_network_that_is_in_use_when_it_is_to_go_stays() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let id = make_vpc(&world, &ada).await;
    let removal = format!("{NETWORKS}/vpc/{id}/delete");
    let path = "/v1/project/demo/service";
    world.admin().post(path, service(&id)).await.ok();
    let reply = ada.post(&removal, &[]).await;
    assert_eq!(reply.status, 409);
    assert!(
        reply.text.contains("/docs/errors/vpc_in_use"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_refused_network_is_shown_as_it_was_filled_in() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let desired = [
        ("do", "create-vpc"),
        ("vpc_cloud", "google-europe-west1"),
        ("network_cidr", "10.70.0.0/8\"><script>"),
    ];
    let reply = ada.post(NETWORKS, &desired).await;
    assert_eq!(reply.status, 400);
    assert!(
        reply.text.contains("must be an IPv4 range"),
        "{}",
        reply.text
    );
    assert!(
        reply
            .text
            .contains("value=\"10.70.0.0/8&#34;&#62;&#60;script&#62;\""),
        "{}",
        reply.text
    );
    let chosen = "value=\"google-europe-west1\" selected";
    assert!(reply.text.contains(chosen), "{}", reply.text);
    assert!(!reply.text.contains("<script>"), "{}", reply.text);
}

#[tokio::test]
async fn a_static_ip_is_made_kept_released_and_given_back() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let vpc = make_vpc(&world, &ada).await;
    let path = "/v1/project/demo/service";
    world.admin().post(path, service(&vpc)).await.ok();
    let desired = [("do", "create-static-ip"), ("ip_cloud", "azure-westeurope")];
    ada.done(NETWORKS, &desired).await;
    let id = only(&world, "static-ips", "static_ip_address_id").await;
    assert!(ada.page(NETWORKS).await.contains("state-creating"));

    let keep = |service| {
        [
            ("do", "associate"),
            ("static_ip", id.as_str()),
            ("service", service),
        ]
    };
    let reply = ada.post(NETWORKS, &keep("pg-9")).await;
    assert_eq!(reply.status, 404);
    assert!(reply.text.contains("value=\"pg-9\""), "{}", reply.text);
    ada.done(NETWORKS, &keep("pg-1")).await;
    let removal = format!("{NETWORKS}/static-ip/{id}/delete");
    assert!(ada.page(&removal).await.contains("Dissociate it"));

    let release = [("do", "dissociate"), ("static_ip", id.as_str())];
    ada.done(NETWORKS, &release).await;
    ada.done(&removal, &[]).await;
    assert!(ada.page(NETWORKS).await.contains("state-deleting"));
}

#[tokio::test]
async fn who_may_only_look_sees_no_form() {
    let world = World::new().await;
    let id = make_vpc(&world, &world.visitor().await).await;
    let reader = world.reading_visitor().await;
    for path in [NETWORKS.to_owned(), format!("{NETWORKS}/vpc/{id}/delete")] {
        let page = reader.page(&path).await;
        let (_, main) = page.split_once("<main").unwrap();
        assert!(!main.contains("<form"), "{main}");
    }
    let page = reader.page(NETWORKS).await;
    assert!(page.contains(&id) && !page.contains("/delete\""), "{page}");
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let desired = [
        ("do", "create-vpc"),
        ("vpc_cloud", "azure-westeurope"),
        ("network_cidr", "10.70.0.0/24"),
    ];
    let reply = ada.forge(NETWORKS, &desired).await;
    assert_eq!(reply.status, 403);
    let vpcs = world.admin().get("/v1/project/demo/vpcs").await.ok();
    assert_eq!(vpcs["vpcs"], json!([]));
}

/// Makes so many static IPs on a page.
async fn make_static_ips(ada: &Visitor, count: usize) {
    let desired = [("do", "create-static-ip"), ("ip_cloud", "azure-westeurope")];
    for _ in 0..count {
        ada.done(NETWORKS, &desired).await;
    }
}

#[tokio::test]
async fn many_static_ips_are_read_in_pages_and_found() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let vpc = make_vpc(&world, &ada).await;
    world
        .admin()
        .post("/v1/project/demo/service", service(&vpc))
        .await
        .ok();
    make_static_ips(&ada, 50).await;
    let page = ada.page(NETWORKS).await;
    assert!(!page.contains("Filter static IPs"), "one page: {page}");
    make_static_ips(&ada, 2).await;

    let ours = "/v1/underpass/project/demo/static-ips";
    let listed = world.admin().get(&format!("{ours}?limit=1")).await.ok();
    assert_eq!(listed["total"], 52);
    let kept = listed["static_ips"][0]["static_ip_address_id"].clone();
    let kept = kept.as_str().unwrap();
    let keep = [
        ("do", "associate"),
        ("static_ip", kept),
        ("service", "pg-1"),
    ];
    ada.done(NETWORKS, &keep).await;

    let first = ada.page(NETWORKS).await;
    assert!(first.contains("52 in total"), "{first}");
    assert!(!first.contains(kept), "associated ones come last");
    assert!(first.contains("<option value=\"pg-1\">"), "{first}");
    let (before, _) = first.split_once("\" rel=\"next\"").unwrap();
    let (_, next) = before.rsplit_once("href=\"").unwrap();
    let last = ada.page(next).await;
    assert!(last.contains(kept) && last.contains("First page"), "{last}");

    let found = ada.page(&format!("{NETWORKS}?query=PG-1")).await;
    assert!(
        found.contains(kept) && found.contains("1 matching"),
        "{found}"
    );
    let free = ada
        .page(&format!("{NETWORKS}?query={kept}&free=true"))
        .await;
    assert!(free.contains("No static IP matches"), "{free}");
    let of_service = format!("{ours}?service=pg-1");
    let listed = world.admin().get(&of_service).await.ok();
    assert_eq!(listed["static_ips"][0]["static_ip_address_id"], kept);
    assert_eq!(listed["next_after"], Value::Null);

    let astray = world.admin().get(&format!("{ours}?after=nowhere")).await;
    let told = astray.refusal(400);
    assert!(told.contains("after: specify the `next_after`"), "{told}");
}

#[tokio::test]
async fn static_ips_are_found_by_their_addresses() {
    let world = World::new().await;
    make_static_ips(&world.visitor().await, 2).await;
    let ours = "/v1/underpass/project/demo/static-ips";
    let listed = world.admin().get(ours).await.ok();
    let id = listed["static_ips"][1]["static_ip_address_id"].clone();
    let work = WorkKey::StaticIp(project(), id.as_str().unwrap().parse().unwrap());
    let facts = Facts {
        address: Some([20, 1, 2, 3].into()),
        ..Facts::default()
    };
    world
        .observe(
            &work,
            &seen([(Part::Azure(AzurePart::Address), Spec::Present, facts)]),
        )
        .await;
    let found = world
        .admin()
        .get(&format!("{ours}?query=20.1.2"))
        .await
        .ok();
    assert_eq!(found["total"], 1);
    assert_eq!(found["static_ips"][0]["static_ip_address_id"], id);
    assert_eq!(found["static_ips"][0]["ip_address"], "20.1.2.3");
}

#[tokio::test]
async fn project_vpcs_tell_members_who_is_in_them() {
    let world = World::new().await;
    let id = make_vpc(&world, &world.visitor().await).await;
    let services = "/v1/project/demo/service";
    world.admin().post(services, service(&id)).await.ok();
    let ours = "/v1/underpass/project/demo/vpcs";
    let listed = world.reader().await.get(ours).await.ok();
    assert_eq!(listed["vpcs"][0]["project_vpc_id"], id);
    assert_eq!(listed["vpcs"][0]["services"], json!(["pg-1"]));
    let foreigner = world.user("eve@example.net", &[]).await;
    for path in [ours, "/v1/underpass/project/demo/static-ips"] {
        world.stranger().get(path).await.refusal(401);
        foreigner.get(path).await.refusal(403);
    }
}

#[tokio::test]
async fn members_see_which_networks_they_may_adopt() {
    let world = World::new().await;
    let grants = "/v1/underpass/project/demo/grants";
    let scope = "/subscriptions/p/resourceGroups/net";
    let grant = json!({"account": "azure", "scope": scope});
    let page = world.visitor().await.page(NETWORKS).await;
    assert!(page.contains("underpass project grant add demo"), "{page}");
    world.admin().post(grants, grant).await.ok();
    let reader = world.reading_visitor().await.page(NETWORKS).await;
    let shown = between(&reader, "id=\"grants\"", "</section>");
    assert!(
        shown.contains("net") && shown.contains("ada@example.net"),
        "{shown}"
    );
    assert!(!reader.contains("underpass project grant add"), "{reader}");
}

#[tokio::test]
async fn a_network_with_an_orphan_has_no_button_that_deletes_it() {
    let world = World::new().await;
    let ada = world.visitor().await;
    let id = make_vpc(&world, &ada).await;
    let account: AccountName = "azure".parse().unwrap();
    let place = OrphanPlace {
        account: account.clone(),
        provider: Provider::Azure,
        region: "westeurope".to_owned(),
        group: Some(format!("underpass-vpc-{id}")),
    };
    let link: LinkId = "s0a1b2c3d4e5f".parse().unwrap();
    let mut orphan = Orphan::new(place, link.clone(), Timestamp::UNIX_EPOCH);
    "link/demo/pg-1/azure".clone_into(&mut orphan.managed);
    let change = Change::new()
        .put(Key::orphan(&account, &link), &orphan)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    let removal = format!("{NETWORKS}/vpc/{id}/delete");
    let page = ada.page(&removal).await;
    let unknown = between(&page, "id=\"unknown\"", "</ul>");
    assert!(
        unknown.contains("orphan s0a1b2c3d4e5f of demo/pg-1"),
        "{unknown}"
    );
    assert!(!page.contains("Delete this project VPC"), "{page}");
    assert_eq!(ada.post(&removal, &[]).await.status, 409);
}
