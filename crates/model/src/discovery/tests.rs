use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::connection::Identity;
use crate::id::{Generation, LinkId};
use crate::link::Topology;
use crate::part::RepeatedWrite;

const ALLOWED: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";
const FOREIGN: &str = "11111111-1111-4111-8111-111111111111";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn link() -> Link {
    Link {
        id: LinkId::from_bits(1),
        project: "demo".parse().unwrap(),
        service: "pg-1".parse().unwrap(),
        provider: crate::cloud::Provider::Azure,
        vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        topology: Topology::Direct,
        subscriptions: BTreeSet::from([ALLOWED.parse().unwrap()]),
        nat_ranges: Vec::new(),
        refused_ranges: Vec::new(),
        ports: BTreeMap::new(),
        broker_ports: crate::broker_port::BrokerPorts::default(),
        generation: Generation(1),
        deleting: false,
        created_at: now(),
        updated_at: now(),
    }
}

fn reported(name: &str, subscription: &str, admission: Admission) -> ObservedConnection {
    let endpoint = format!(
        "/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/{name}"
    );
    ObservedConnection {
        identity: Identity {
            name: format!("{name}.guid"),
            link_identifier: Some("7".to_owned()),
            endpoint,
            location: None,
            message: None,
        },
        admission,
        id: format!("/connections/{name}"),
        tag: None,
        proof: None,
    }
}

struct World {
    link: Link,
    observed: Observed,
    ordinals: ConnectionOrdinals,
    connections: Vec<Connection>,
    ended: Vec<EndedConnection>,
    ids: u64,
    policy: ExternalApproval,
}

impl World {
    fn new() -> Self {
        let policy = ExternalApproval::Reject;
        Self {
            link: link(),
            observed: Observed::default(),
            ordinals: ConnectionOrdinals::default(),
            connections: Vec::new(),
            ended: Vec::new(),
            ids: 0,
            policy,
        }
    }

    fn list(&mut self, listed: &[ObservedConnection]) -> Discovery {
        let Self {
            link,
            observed,
            ordinals,
            connections,
            ended,
            ids,
            policy,
        } = self;
        let mut new_id = || {
            *ids += 1;
            ConnectionId::from_bits(*ids)
        };
        let known = Known {
            link,
            policy: *policy,
            connections,
            ended,
        };
        let found = take_in(&known, observed, ordinals, listed, &mut new_id, now());
        ended.retain(|row| found.new.iter().all(|new| new.id != row.connection.id));
        connections.retain(|own| !found.ended.iter().any(|ended| ended.id == own.id));
        for changed in &found.changed {
            *connections
                .iter_mut()
                .find(|own| own.id == changed.id)
                .unwrap() = changed.clone();
        }
        connections.extend(found.new.iter().cloned());
        found
    }

    /// Ends the connection of an endpoint, as after the last read of a proof.
    fn prove_absence(&mut self, name: &str) -> Discovery {
        let of_endpoint = |own: &&Connection| own.identity.name == format!("{name}.guid");
        let id = &self.connections.iter().find(of_endpoint).unwrap().id;
        let gone = ObservedPart {
            phase: Phase::Gone,
            last: None,
        };
        let part = Part::Admission(id.clone());
        self.observed.parts.insert(part, gone);
        let mut found = Discovery::default();
        found.end(&self.connections, &mut self.observed);
        self.connections
            .retain(|own| !found.ended.iter().any(|ended| ended.id == own.id));
        self.ended
            .extend(found.ended.iter().map(|connection| EndedConnection {
                connection: connection.clone(),
                ended_at: now(),
            }));
        found
    }
}

#[test]
fn a_new_endpoint_waits_for_a_decision() {
    let mut world = World::new();
    let found = world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    assert_eq!(found.new[0].decision, Decision::Undecided);
    assert_eq!(found.new[0].ordinal, 1);
    assert!(
        world
            .list(&[reported("a", ALLOWED, Admission::Pending)])
            .is_empty()
    );
}

#[test]
fn an_endpoint_of_a_foreign_subscription_is_turned_away() {
    let mut world = World::new();
    let found = world.list(&[reported("a", FOREIGN, Admission::Pending)]);
    assert_eq!(
        found.new[0].decision,
        Decision::Rejected(RejectReason::NotAllowed)
    );
}

#[test]
fn ordinals_are_never_reused() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    let found = world.list(&[reported("b", ALLOWED, Admission::Pending)]);
    assert_eq!(found.new[0].ordinal, 2);
    assert_eq!(world.prove_absence("b").ended[0].ordinal, 2);
    let found = world.list(&[reported("c", ALLOWED, Admission::Pending)]);
    assert_eq!(found.new[0].ordinal, 3);
}

#[test]
fn an_ended_connection_that_is_listed_again_is_the_same_one() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    world.connections[0].decision = Decision::Approved;
    world.connections[0].address = Some("10.1.2.3".parse().unwrap());
    world.connections[0].label = Some("team blue".parse().unwrap());
    world.list(&[reported("a", ALLOWED, Admission::Approved)]);
    let before = world.connections[0].clone();
    world.prove_absence("a");
    assert!(world.connections.is_empty());
    let found = world.list(&[reported("a", ALLOWED, Admission::Approved)]);
    assert_eq!(
        found.new,
        std::slice::from_ref(&before),
        "approved here, never elsewhere"
    );
    assert_eq!(found.news[0].0, "connection.returned");
    assert!(
        world
            .list(&[reported("a", ALLOWED, Admission::Approved)])
            .is_empty()
    );
    assert_eq!(world.connections, [before]);
    assert!(world.ended.is_empty(), "it exists again");
}

#[test]
fn a_rejected_connection_returns_rejected() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    let by_user = Decision::Rejected(RejectReason::ByUser);
    world.connections[0].decision = by_user.clone();
    world.list(&[reported("a", ALLOWED, Admission::Rejected)]);
    world.prove_absence("a");
    for shown in [Admission::Pending, Admission::Approved] {
        world.list(&[reported("a", ALLOWED, shown)]);
        assert_eq!(world.connections[0].decision, by_user, "{shown:?}");
        world.prove_absence("a");
    }
}

#[test]
fn a_connection_whose_subscription_left_the_list_returns_rejected() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    world.connections[0].decision = Decision::Approved;
    world.prove_absence("a");
    world.link.subscriptions.clear();
    let found = world.list(&[reported("a", ALLOWED, Admission::Approved)]);
    let expected = Decision::Rejected(RejectReason::NotAllowed);
    assert_eq!(found.new[0].decision, expected);
}

#[test]
fn an_endpoint_created_again_under_its_name_is_a_new_connection() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    world.connections[0].decision = Decision::Approved;
    world.prove_absence("a");
    let mut again = reported("a", ALLOWED, Admission::Pending);
    again.identity.link_identifier = Some("8".to_owned());
    let found = world.list(&[again]);
    assert_eq!(found.new[0].decision, Decision::Undecided);
    assert_eq!(found.new[0].ordinal, 2);
}

#[test]
fn a_connection_that_is_not_listed_stays_until_its_absence_is_proven() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    world.connections[0].decision = Decision::Approved;
    world.list(&[reported("a", ALLOWED, Admission::Approved)]);
    let before = world.connections.clone();
    let part = Part::Admission(before[0].id.clone());
    for _ in 0..3 {
        assert!(world.list(&[]).is_empty());
        assert_eq!(world.connections, before);
        assert!(world.observed.is_suspected(&part));
        assert!(world.observed.last(&part).is_some());
    }
    assert!(
        world
            .list(&[reported("a", ALLOWED, Admission::Approved)])
            .is_empty()
    );
    assert!(world.observed.is_ready(&part), "it is listed again");
}

#[test]
fn an_approval_behind_our_back_is_put_to_rejected() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    let found = world.list(&[reported("a", ALLOWED, Admission::Approved)]);
    let expected = Decision::Rejected(RejectReason::ApprovedElsewhere);
    assert_eq!(found.changed[0].decision, expected);
    let mut adopting = World {
        policy: ExternalApproval::Adopt,
        ..World::new()
    };
    let found = adopting.list(&[reported("a", ALLOWED, Admission::Approved)]);
    assert_eq!(found.new[0].decision, Decision::Approved);
}

#[test]
fn a_listing_does_not_end_a_doubt() {
    let mut world = World::new();
    world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    let part = Part::Admission(world.connections[0].id.clone());
    world.connections[0].decision = Decision::Approved;
    world.observed.mark_unknown(&part, now());
    let found = world.list(&[]);
    assert!(
        found.ended.is_empty(),
        "only a read of the part itself may end it"
    );
    assert!(matches!(
        world.observed.parts[&part].phase,
        Phase::Unknown { .. }
    ));
}

#[test]
fn a_listing_alone_takes_no_approval_back() {
    let mut world = World::new();
    let listed = |admission| [reported("a", ALLOWED, admission)];
    world.list(&listed(Admission::Pending));
    let part = Part::Admission(world.connections[0].id.clone());
    world.connections[0].decision = Decision::Approved;
    world.list(&listed(Admission::Approved));
    let shown = |world: &World| {
        let seen = &world.observed.parts[&part];
        (seen.phase.clone(), seen.last.as_ref().unwrap().spec.clone())
    };
    let approved = Spec::Admission(Admission::Approved);
    for earlier in [Admission::Pending, Admission::Rejected] {
        world.list(&listed(Admission::Approved));
        world.list(&listed(earlier));
        let unread = Phase::Unknown { since: now() };
        assert_eq!(shown(&world), (unread, approved.clone()), "{earlier:?}");
        world.observed.parts.get_mut(&part).unwrap().phase = Phase::Ready;
    }
    // A read that agrees has the decision written again, and is not repeated meanwhile.
    world.list(&listed(Admission::Approved));
    world.observed.contradictions.insert(part.clone(), now());
    world.list(&listed(Admission::Pending));
    assert_eq!(shown(&world), (Phase::Ready, approved));
    assert!(world.observed.is_contradicted(&part));
    world.list(&listed(Admission::Approved));
    assert!(!world.observed.is_contradicted(&part));
    // It never connects again.
    world.list(&listed(Admission::Disconnected));
    let disconnected = Spec::Admission(Admission::Disconnected);
    assert_eq!(shown(&world), (Phase::Ready, disconnected));
    // After a rejection the listing shows what was desired.
    world.list(&listed(Admission::Approved));
    world.connections[0].decision = Decision::Rejected(RejectReason::ByUser);
    world.list(&listed(Admission::Rejected));
    let rejected = Spec::Admission(Admission::Rejected);
    assert_eq!(shown(&world), (Phase::Ready, rejected));
}

#[test]
fn nothing_is_noted_about_a_connection_that_ended() {
    let mut world = World::new();
    let listed = ["a", "b"].map(|name| reported(name, ALLOWED, Admission::Pending));
    world.list(&listed);
    let [ended, other] = [0, 1].map(|index| Part::Admission(world.connections[index].id.clone()));
    let written = RepeatedWrite {
        spec: Spec::Admission(Admission::Approved),
        generation: Generation(1),
        count: 9,
        since: now(),
        last: now(),
    };
    for part in [&ended, &other, &Part::Attachment] {
        let writes = &mut world.observed.repeated_writes;
        writes.insert(part.clone(), written.clone());
    }
    world.prove_absence("a");
    let noted: Vec<_> = world.observed.repeated_writes.keys().collect();
    assert_eq!(noted, [&Part::Attachment, &other]);
}

#[test]
fn an_endpoint_without_a_proof_is_pending_after_a_restore() {
    // It was rejected while pending, which Google does not store, and then the store was restored.
    let mut world = World::new();
    world.link.provider = crate::cloud::Provider::Google;
    let mut pending = reported("e1", ALLOWED, Admission::Pending);
    pending.identity.name = "projects/c/regions/r/forwardingRules/1".to_owned();
    let found = world.list(&[pending]);
    let [connection] = found.new.try_into().unwrap();
    assert_eq!(connection.decision, Decision::Undecided);
    let state = crate::link::shown_connection(&world.link, &connection, &world.observed);
    assert_eq!(state, crate::link::ConnectionState::PendingUserApproval);
}
