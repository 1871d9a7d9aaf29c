//! A service on its way to being published, step by step, for tests that begin in the middle.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Identity};
use underpass_model::discovery::{self, Known};
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::part::{
    Admission, AzurePart, AzureSpec, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec,
};
use underpass_model::project::ExternalApproval;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::world::{World, project, seen};

/// The subscription that links in tests allow.
pub(crate) const ALLOWED: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

pub(crate) const SERVICES: &str = "/v1/project/demo/service";
pub(crate) const PG: &str = "/v1/project/demo/service/pg-1";
pub(crate) const LINK: &str = "/v1/project/demo/service/pg-1/privatelink/azure";
pub(crate) const OURS: &str = "/v1/underpass/project/demo/service/pg-1";

/// The resource id of a network interface.
pub(crate) fn nic(name: &str) -> String {
    format!(
        "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/\
         Microsoft.Network/networkInterfaces/{name}"
    )
}

/// A body that registers `pg-1` in a project VPC.
pub(crate) fn pg(vpc: &str) -> Value {
    json!({
        "service_name": "pg-1",
        "service_type": "pg",
        "plan": "startup-4",
        "cloud": "azure-westeurope",
        "project_vpc_id": vpc,
        "user_config": {"privatelink_access": {"pg": true}},
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1", "cloud": {"azure": {"nic_id": nic("n1")}}}],
            "components": [
                {"component": "pgbouncer", "port": 16432},
                {"component": "pg", "port": 15432, "link_port": 25432},
            ],
            "users": [{"username": "avnadmin", "password": "s3cret/pw"}],
        },
    })
}

/// A project VPC that is active.
pub(crate) async fn active_vpc(world: &World) -> String {
    let asked = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let vpc = world
        .admin()
        .post("/v1/project/demo/vpcs", asked)
        .await
        .ok();
    let id = vpc["project_vpc_id"].as_str().unwrap().to_owned();
    let key = WorkKey::Vpc(project(), id.parse().unwrap());
    let network = Spec::Azure(AzureSpec::Network {
        cidr: "10.64.0.0/24".parse().unwrap(),
    });
    let parts = [
        (
            Part::Azure(AzurePart::Group),
            Spec::Present,
            Facts::default(),
        ),
        (Part::Network, network, Facts::default()),
    ];
    world.observe(&key, &seen(parts)).await;
    id
}

/// The service `pg-1` in an active project VPC.
pub(crate) async fn with_service(world: &World) {
    let vpc = active_vpc(world).await;
    world.admin().post(SERVICES, pg(&vpc)).await.ok();
}

/// Makes a static IP and associates it with `pg-1`. Returns its id.
pub(crate) async fn associate_static_ip(world: &World) -> String {
    let path = "/v1/project/demo/static-ips";
    let asked = json!({"cloud_name": "azure-westeurope"});
    let ip = world.admin().post(path, asked).await.ok();
    let id = ip["static_ip_address_id"].as_str().unwrap().to_owned();
    let path = format!("{path}/{id}/association");
    let service = json!({"service_name": "pg-1"});
    world.admin().post(&path, service).await.ok();
    id
}

/// The same with the two static IPs that a link needs, in use.
pub(crate) async fn with_static_ips(world: &World) {
    with_service(world).await;
    for _ in 0..2 {
        associate_static_ip(world).await;
    }
    world
        .admin()
        .put(PG, json!({"user_config": {"static_ips": true}}))
        .await
        .ok();
}

/// The same with a link that is asked for.
pub(crate) async fn with_link(world: &World) {
    with_static_ips(world).await;
    let allowed = json!({"user_subscription_ids": [ALLOWED]});
    world.admin().post(LINK, allowed).await.ok();
}

/// The same with the link active.
pub(crate) async fn with_active_link(world: &World) {
    with_link(world).await;
    publish(world).await;
}

/// Plays the worker that has published the link.
pub(crate) async fn publish(world: &World) {
    let facts = Facts {
        id: Some("/subscriptions/p/privateLinkServices/underpass-s1".to_owned()),
        alias: Some("underpass-s1.guid.westeurope.azure.privatelinkservice".to_owned()),
        address: None,
        ..Facts::default()
    };
    let visibility = BTreeSet::from([ALLOWED.parse().unwrap()]);
    let parts = [(
        Part::Attachment,
        Spec::Azure(AzureSpec::Attachment { visibility }),
        facts,
    )];
    world.observe(&work(), &seen(parts)).await;
}

/// The work of the link of `pg-1`.
pub(crate) fn work() -> WorkKey {
    WorkKey::Link(project(), "pg-1".parse().unwrap(), Provider::Azure)
}

/// The path of the consumer's endpoint of that name.
pub(crate) fn endpoint(subscription: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/rg1/providers/Microsoft.Network/\
         privateEndpoints/{name}"
    )
}

/// Plays a sweep that sees one more endpoint; the id of its connection.
pub(crate) async fn discover_endpoint(
    world: &World,
    subscription: &str,
    name: &str,
) -> ConnectionId {
    let service = "pg-1".parse().unwrap();
    let key = Key::link(&project(), &service, Provider::Azure);
    let observed_key = Key::observed(&work());
    let lookups = [
        Lookup::One(Kind::Link, key.clone()),
        Lookup::Under(Kind::Connection, key.clone()),
        Lookup::One(Kind::Observed, observed_key.clone()),
    ];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let link = fetched.one::<Link>(&key).unwrap().unwrap().value;
    let known: Vec<_> = fetched
        .all::<Connection>()
        .unwrap()
        .into_iter()
        .map(|row| row.value)
        .collect();
    let mut observed = fetched
        .one::<Observed>(&observed_key)
        .unwrap()
        .map(|row| row.value)
        .unwrap_or_default();
    let reported = |identity: Identity, admission| ObservedConnection {
        id: format!("{}-connection", identity.name),
        identity,
        admission,
        tag: None,
        proof: None,
    };
    let mut listed: Vec<_> = known
        .iter()
        .map(|connection| {
            let part = Part::Admission(connection.id.clone());
            let admission = match observed.last(&part).map(|last| &last.spec) {
                Some(Spec::Admission(admission)) => *admission,
                _ => Admission::Pending,
            };
            reported(connection.identity.clone(), admission)
        })
        .collect();
    let identity = Identity {
        name: format!("{name}.guid"),
        link_identifier: Some("536871".to_owned()),
        endpoint: endpoint(subscription, name),
        location: Some("westeurope".to_owned()),
        message: Some("please".to_owned()),
    };
    listed.push(reported(identity, Admission::Pending));
    let mut draw = || world.app.ids.connection();
    let policy = ExternalApproval::Reject;
    let now = world.now();
    let mut ordinals =
        ConnectionOrdinals::default().including(known.iter().map(|connection| connection.ordinal));
    let compared = Known {
        link: &link,
        policy,
        connections: &known,
        ended: &[],
    };
    let found = discovery::take_in(
        &compared,
        &mut observed,
        &mut ordinals,
        &listed,
        &mut draw,
        now,
    );
    let connection = found.new.first().unwrap();
    let row = Key::connection(&project(), &service, Provider::Azure, &connection.id);
    let change = Change::new().insert(row, connection).unwrap();
    world
        .app
        .store
        .commit(change.put(observed_key, &observed).unwrap())
        .await
        .unwrap();
    connection.id.clone()
}

/// Observed state of the link of `pg-1`.
pub(crate) async fn stored(world: &World) -> Observed {
    let key = Key::observed(&work());
    let lookups = [Lookup::One(Kind::Observed, key.clone())];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    fetched.one::<Observed>(&key).unwrap().unwrap().value
}

/// Plays the provider's answer about a connection.
pub(crate) async fn admit(world: &World, id: &ConnectionId, admission: Admission) {
    let mut observed = stored(world).await;
    let last = Confirmed {
        spec: Spec::Admission(admission),
        tag: None,
        facts: Facts::default(),
    };
    let entry = ObservedPart {
        phase: Phase::Ready,
        last: Some(last),
    };
    observed.parts.insert(Part::Admission(id.clone()), entry);
    world.observe(&work(), &observed).await;
}

/// A connection that is active, at this address.
pub(crate) async fn with_active_connection(world: &World, name: &str, ip: &str) -> ConnectionId {
    let id = discover_endpoint(world, ALLOWED, name).await;
    let path = format!("{LINK}/connections/{id}");
    world
        .admin()
        .post(&format!("{path}/approve"), json!({}))
        .await
        .ok();
    admit(world, &id, Admission::Approved).await;
    world
        .admin()
        .put(&path, json!({"user_ip_address": ip}))
        .await
        .ok();
    id
}
