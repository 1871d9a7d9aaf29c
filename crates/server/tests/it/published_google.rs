//! A service on Google on its way to being published, for tests that begin in the middle.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Decision, Identity, ObservedConnection};
use underpass_model::discovery;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::nat_range;
use underpass_model::part::{
    Admission, Confirmed, Facts, GooglePart, GoogleSpec, Observed, ObservedPart, Part, Phase, Spec,
};
use underpass_model::project::ExternalApproval;
use underpass_model::vpc::{GOOGLE_RESERVED, ProjectVpc};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup, NatRangeReservation};

use crate::published::SERVICES;
use crate::world::{World, project, seen};

pub(crate) const LINK: &str = "/v1/project/demo/service/pg-1/privatelink/google";
pub(crate) const OURS: &str = "/v1/underpass/project/demo/service/pg-1/privatelink/google";
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

/// The link of `pg-1`, its connections and what was seen of it.
pub(crate) async fn stored(world: &World) -> (Link, Vec<Connection>, Observed) {
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Google);
    let observed = Key::observed(&work());
    let lookups = [
        Lookup::One(Kind::Link, key.clone()),
        Lookup::Under(Kind::Connection, key.clone()),
        Lookup::One(Kind::Observed, observed.clone()),
    ];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let link = fetched.one::<Link>(&key).unwrap().unwrap().value;
    let connections = fetched.all::<Connection>().unwrap();
    let observed = fetched.one::<Observed>(&observed).unwrap();
    (
        link,
        connections.into_iter().map(|row| row.value).collect(),
        observed.map(|row| row.value).unwrap_or_default(),
    )
}

/// The ranges for address translation that are claimed, each with its service.
pub(crate) async fn claims(world: &World) -> Vec<(String, String)> {
    let lookup = Lookup::Under(Kind::NatRange, Key::root());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let mut claims: Vec<_> = fetched
        .all::<NatRangeReservation>()
        .unwrap()
        .into_iter()
        .map(|row| (row.value.piece, row.value.service))
        .collect();
    claims.sort();
    claims
        .into_iter()
        .map(|(piece, service)| (piece.to_string(), service.to_string()))
        .collect()
}

/// Plays other links that have taken every range of the network.
pub(crate) async fn exhaust(world: &World) {
    let lookup = Lookup::Under(Kind::Vpc, Key::project(&project()));
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let vpc = &fetched.all::<ProjectVpc>().unwrap()[0].value;
    let account = vpc.account.as_ref().unwrap();
    let mut change = Change::new();
    for piece in nat_range::pieces(GOOGLE_RESERVED) {
        let claim = NatRangeReservation {
            project: project(),
            service: "other".parse().unwrap(),
            piece,
        };
        let key = Key::nat_range(account, &vpc.network_key(), piece);
        change = change.put(key, &claim).unwrap();
    }
    world.app.store.commit(change).await.unwrap();
}

/// Plays a sweep that takes over the approval of a connection from the provider, and a person who
/// tells its address.
pub(crate) async fn adopt(world: &World, id: &ConnectionId) {
    let (link, connections, _) = stored(world).await;
    let found = connections.into_iter().find(|it| it.id == *id).unwrap();
    let connection = Connection {
        decision: Decision::Approved,
        address: Some("127.64.0.4".parse().unwrap()),
        ..found
    };
    let key = Key::connection(&project(), &link.service, Provider::Google, id);
    let change = Change::new().put(key, &connection).unwrap();
    world.app.store.commit(change).await.unwrap();
}

/// Plays a sweep that sees one more endpoint; the id of its connection.
pub(crate) async fn discover_endpoint(world: &World, number: u32) -> ConnectionId {
    let (link, known, mut observed) = stored(world).await;
    let reported = |identity: Identity, admission| ObservedConnection {
        id: identity.name.clone(),
        identity,
        admission,
        tag: None,
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
    let path = "projects/consumer/regions/europe-west1/forwardingRules";
    let identity = Identity {
        name: format!("{path}/{number}"),
        link_identifier: Some((12_870_921_937_223_780 + u64::from(number)).to_string()),
        endpoint: format!("{path}/e{number}"),
        location: Some("europe-west1".to_owned()),
        message: None,
    };
    listed.push(reported(identity, Admission::Pending));
    let mut draw = || world.app.ids.connection();
    let (policy, now) = (ExternalApproval::Reject, world.now());
    let found = discovery::take_in(
        &link,
        policy,
        &known,
        &mut observed,
        &listed,
        &mut draw,
        now,
    );
    let connection = found.new.first().unwrap();
    let row = Key::connection(&project(), &link.service, Provider::Google, &connection.id);
    let change = Change::new().insert(row, connection).unwrap();
    let change = change.put(Key::observed(&work()), &observed).unwrap();
    world.app.store.commit(change).await.unwrap();
    connection.id.clone()
}

/// Plays the provider's answer about a connection.
pub(crate) async fn admit(world: &World, id: &ConnectionId, admission: Admission) {
    let (_, _, mut observed) = stored(world).await;
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
