//! The moves of links and connections, against what is shown.

mod google;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::*;
use crate::cloud::Provider;
use crate::connection::Identity;
use crate::connection::{Connection, Decision, RejectReason};
use crate::id::{ConnectionId, Generation, LinkId};
use crate::part::{Admission, Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec};
use crate::refusal::Refusal;

const ALLOWED: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";
const OTHER: &str = "11111111-1111-4111-8111-111111111111";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn link() -> Link {
    Link {
        id: LinkId::from_bits(1),
        project: "demo".parse().unwrap(),
        service: "pg-1".parse().unwrap(),
        provider: Provider::Azure,
        vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        topology: Topology::Direct,
        subscriptions: BTreeSet::from([ALLOWED.parse().unwrap()]),
        nat_ranges: Vec::new(),
        refused_ranges: Vec::new(),
        ports: BTreeMap::from([("pg".to_owned(), 5432)]),
        broker_ports: crate::broker_port::BrokerPorts::default(),
        generation: Generation(1),
        deleting: false,
        created_at: now(),
        updated_at: now(),
    }
}

fn connection(subscription: &str) -> Connection {
    Connection {
        id: ConnectionId::from_bits(7),
        ordinal: 1,
        identity: Identity {
            name: "pe.guid".to_owned(),
            link_identifier: Some("1".to_owned()),
            endpoint: format!(
                "/subscriptions/{subscription}/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/pe"
            ),
            location: None,
            message: None,
        },
        decision: Decision::Undecided,
        revision: 0,
        address: None,
        first_seen_at: now(),
        label: None,
        decided_at: None,
    }
}

fn seen(connection: &Connection, admission: Admission) -> Observed {
    let last = Some(Confirmed {
        spec: Spec::Admission(admission),
        tag: None,
        facts: Facts::default(),
    });
    let mut observed = Observed::default();
    let part = Part::Admission(connection.id.clone());
    observed.parts.insert(
        part,
        ObservedPart {
            phase: Phase::Ready,
            last,
        },
    );
    observed
}

/// A connection with everything that decides its state.
#[derive(Clone)]
struct Scene {
    link: Link,
    connection: Connection,
    observed: Observed,
}

impl Scene {
    fn state(&self) -> ConnectionState {
        shown_connection(&self.link, &self.connection, &self.observed)
    }

    /// Lets something happen; false when it is refused or cannot happen.
    fn happen(&mut self, trigger: Trigger) -> bool {
        let Self {
            link,
            connection,
            observed,
        } = self;
        match trigger {
            Trigger::Approve => link.approve(connection, observed, now()).is_ok(),
            Trigger::Reject => {
                let disconnected =
                    shown_connection(link, connection, observed) == ConnectionState::Disconnected;
                !disconnected && link.reject(connection, now()).is_ok()
            }
            Trigger::Restore => link.restore(connection, observed, now()).is_ok(),
            Trigger::SetAddress => link
                .set_address(connection, Ipv4Addr::new(10, 0, 0, 5), observed, now())
                .is_ok(),
            Trigger::Confirm => match connection.decision {
                Decision::Approved => {
                    *observed = seen(connection, Admission::Approved);
                    true
                }
                Decision::Undecided | Decision::Rejected(_) => false,
            },
            Trigger::Disconnect => match connection.decision {
                Decision::Undecided | Decision::Approved => {
                    *observed = seen(connection, Admission::Disconnected);
                    true
                }
                Decision::Rejected(_) => false,
            },
        }
    }
}

/// Every scene that can be reached, one for each state.
fn reachable() -> BTreeMap<ConnectionState, Scene> {
    let first = connection(ALLOWED);
    let observed = seen(&first, Admission::Pending);
    let start = Scene {
        link: link(),
        connection: first,
        observed,
    };
    let mut found = BTreeMap::from([(start.state(), start)]);
    loop {
        let mut grown = found.clone();
        for scene in found.values() {
            for trigger in Trigger::ALL {
                let mut after = scene.clone();
                // Confirmation of a restored connection starts from what rejection left behind.
                if after.happen(trigger) {
                    grown.entry(after.state()).or_insert(after);
                }
            }
        }
        if grown.len() == found.len() {
            return grown;
        }
        found = grown;
    }
}

#[test]
fn every_state_is_reachable() {
    let found: Vec<_> = reachable().into_keys().collect();
    assert_eq!(found, ConnectionState::ALL);
}

#[test]
fn the_table_of_moves_is_what_happens() {
    let mut happened = Vec::new();
    for (from, scene) in reachable() {
        for trigger in Trigger::ALL {
            let mut after = scene.clone();
            if after.happen(trigger) && after.state() != from {
                happened.push((from, trigger, after.state()));
            }
        }
    }
    let mut expected = moves(Provider::Azure).to_vec();
    happened.sort_unstable();
    expected.sort_unstable();
    assert_eq!(happened, expected);
}

#[test]
fn the_only_dead_end_is_disconnection() {
    for state in ConnectionState::ALL {
        let leaves = moves(Provider::Azure)
            .iter()
            .any(|(from, ..)| *from == state);
        assert_eq!(leaves, state != ConnectionState::Disconnected, "{state:?}");
    }
}

#[test]
fn the_diagram_is_the_table() {
    insta::assert_snapshot!(diagram(Provider::Azure), @"
    stateDiagram-v2
        [*] --> pending_user_approval
        pending_user_approval --> user_approved: Approve
        pending_user_approval --> rejected: Reject
        pending_user_approval --> disconnected: Disconnect
        user_approved --> connected: Confirm
        user_approved --> rejected: Reject
        user_approved --> disconnected: Disconnect
        connected --> active: SetAddress
        connected --> rejected: Reject
        connected --> disconnected: Disconnect
        active --> rejected: Reject
        active --> disconnected: Disconnect
        rejected --> user_approved: Restore
    ");
}

#[test]
fn approving_twice_changes_nothing() {
    let (mut link, mut connection) = (link(), connection(ALLOWED));
    let observed = seen(&connection, Admission::Pending);
    assert!(link.approve(&mut connection, &observed, now()).unwrap());
    let generation = link.generation;
    assert!(!link.approve(&mut connection, &observed, now()).unwrap());
    assert_eq!(link.generation, generation);
}

#[test]
fn an_approved_connection_is_never_cut_by_the_list() {
    let mut link = link();
    let mut connection = connection(ALLOWED);
    connection.decision = Decision::Approved;
    let before = link.clone();
    let refusal = link
        .allow(
            BTreeSet::from([OTHER.parse().unwrap()]),
            &[connection],
            now(),
        )
        .unwrap_err();
    assert_eq!(refusal.code, "would_cut_connections");
    assert!(refusal.message.contains("plc"), "{refusal}");
    assert_eq!(link, before);
}

#[test]
fn a_waiting_connection_is_turned_away_when_its_subscription_leaves_the_list() {
    let mut link = link();
    let list = BTreeSet::from([OTHER.parse().unwrap()]);
    let changed = link.allow(list, &[connection(ALLOWED)], now()).unwrap();
    assert_eq!(
        changed[0].decision,
        Decision::Rejected(RejectReason::NotAllowed)
    );
}

#[test]
fn a_rejected_connection_comes_back_only_from_an_allowed_subscription() {
    let mut link = link();
    let mut connection = connection(OTHER);
    connection.decision = Decision::Rejected(RejectReason::NotAllowed);
    let observed = seen(&connection, Admission::Rejected);
    let refusal = link.restore(&mut connection, &observed, now()).unwrap_err();
    assert_eq!(refusal.code, "subscription_not_allowed");
}

#[test]
fn a_link_being_deleted_takes_no_more_decisions() {
    let mut link = link();
    link.delete(now());
    let generation = link.generation;
    link.delete(now());
    assert_eq!(link.generation, generation, "asking twice changes nothing");
    let mut connection = connection(ALLOWED);
    let observed = seen(&connection, Admission::Pending);
    assert!(link.approve(&mut connection, &observed, now()).is_err());
    assert!(link.allow(BTreeSet::new(), &[], now()).is_err());
}

#[test]
fn a_reserved_port_does_not_move() {
    use crate::service::{Component, Usage};
    let component = |port| Component {
        component: "pg".to_owned(),
        port: 5432,
        link_port: port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
        kafka_ssl_ca: crate::service::KafkaSslCa::ProjectCa,
        tls: crate::service::Tls::On,
    };
    let mut link = link();
    link.reserve_ports(&[component(5432)]).unwrap();
    assert_eq!(
        link.reserve_ports(&[component(6000)]).unwrap_err().code,
        "link_port_reserved"
    );
}

#[test]
fn a_state_is_read_as_it_is_written() {
    for state in ConnectionState::ALL {
        assert_eq!(state.as_str().parse::<ConnectionState>().unwrap(), state);
    }
    let refusal = "pending".parse::<ConnectionState>().unwrap_err();
    assert_eq!(refusal.code, "unknown_connection_state");
    assert!(refusal.message.contains("pending-user-approval, "));
}
