//! Stored state of a link on Google and its consumers' endpoints, for tests of the API.

use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Decision, Identity};
use underpass_model::discovery::{self, Known};
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::nat_range;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::part::{
    Admission, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec,
};
use underpass_model::project::ExternalApproval;
use underpass_model::vpc::{GOOGLE_RESERVED, ProjectVpc};
use underpass_store::{Change, Key, Kind, Lookup, NatRangeReservation};

use crate::published_google::work;
use crate::world::{World, project};

pub(crate) const OURS: &str = "/v1/underpass/project/demo/service/pg-1/privatelink/google";

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
