use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::connection::Identity;
use crate::id::{Generation, LinkId};
use crate::link::Topology;

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
    }
}

struct World {
    observed: Observed,
    connections: Vec<Connection>,
    ids: u64,
    policy: ExternalApproval,
}

impl World {
    fn new() -> Self {
        let policy = ExternalApproval::Reject;
        Self {
            observed: Observed::default(),
            connections: Vec::new(),
            ids: 0,
            policy,
        }
    }

    fn list(&mut self, listed: &[ObservedConnection]) -> Discovery {
        let Self {
            observed,
            connections,
            ids,
            policy,
        } = self;
        let mut new_id = || {
            *ids += 1;
            ConnectionId::from_bits(*ids)
        };
        let found = take_in(
            &link(),
            *policy,
            connections,
            observed,
            listed,
            &mut new_id,
            now(),
        );
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
    assert_eq!(world.prove_absence("a").ended[0].ordinal, 1);
    let again = world.list(&[reported("a", ALLOWED, Admission::Pending)]);
    assert_eq!(again.new[0].ordinal, 3);
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
