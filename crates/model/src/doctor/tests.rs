//! Each way in which a path can be broken, with the hop and the command that the check must name.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::access::tests::service as pg;
use crate::backend_health::{Backend, BackendStatus};
use crate::blueprint;
use crate::cloud::Provider;
use crate::condition::{
    AccountOutage, Condition, ConditionKind, ConditionStatus, NetworkProblem, NetworkSubject,
    ServiceResources, Severity,
};
use crate::connection::{Connection, Decision, Identity, RejectReason};
use crate::ended_connection::EndedConnection;
use crate::google::RejectList;
use crate::id::{ConnectionId, Generation, LinkId};
use crate::link::{Link, Topology};
use crate::name::AccountName;
use crate::part::{
    Admission, AzurePart, AzureSpec, Confirmed, Desired, Facts, GooglePart, GoogleSpec, Observed,
    ObservedPart, Part, PartFailure, Phase, RepeatedWrite, Spec,
};
use crate::reconcile::{AbsenceRule, Picture};
use crate::service::{NodeHandle, Service};

mod faults;
mod late_reads;

const BOTH: [Provider; 2] = [Provider::Azure, Provider::Google];
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const NAME: &str = "privatelink-1-pg-1-demo.underpass.test";
const NIC: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n1";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// The time of the check.
fn now() -> Timestamp {
    at(600)
}

#[derive(Debug, Default)]
struct Zone {
    records: BTreeMap<String, Ipv4Addr>,
    serial: Option<u32>,
}

impl ServedZone for Zone {
    fn domain(&self) -> &'static str {
        "underpass.test"
    }

    fn serial(&self) -> Option<u32> {
        self.serial
    }

    fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.records.get(name).copied()
    }
}

/// A service with one active connection to its link, all of it well.
struct World {
    service: Service,
    link: Option<Link>,
    connections: Vec<Connection>,
    ended: Option<EndedConnection>,
    observed: Observed,
    account: AccountName,
    resources: ServiceResources,
    listing: Listing,
    networks: Listing,
    zone: Zone,
    shadowed: Vec<Rule>,
    connection: Option<ConnectionId>,
    component: Option<&'static str>,
    provider: Provider,
}

impl World {
    fn new(provider: Provider) -> Self {
        let mut service = pg();
        service.nodes[0].cloud = Some(match provider {
            Provider::Azure => NodeHandle::Azure {
                nic_id: NIC.to_owned(),
                ip_configuration: None,
            },
            Provider::Google | Provider::Aws => NodeHandle::Google {
                instance: "projects/p/zones/europe-west1-b/instances/i".to_owned(),
            },
        });
        let on = serde_json::Value::Bool(true);
        service.user_config.insert("static_ips".to_owned(), on);
        let link = Link {
            id: LinkId::from_bits(1),
            project: "demo".parse().unwrap(),
            service: service.name.clone(),
            provider,
            vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
            topology: Topology::Direct,
            subscriptions: std::iter::once("3f0c1d2e-0000-4000-8000-000000000003".parse().unwrap())
                .collect(),
            nat_ranges: vec!["172.24.0.0/28".parse().unwrap()],
            refused_ranges: Vec::new(),
            ports: BTreeMap::new(),
            broker_ports: crate::broker_port::BrokerPorts::default(),
            generation: Generation(1),
            deleting: false,
            created_at: at(0),
            updated_at: at(0),
        };
        let done = Listing::Done {
            at: now(),
            differences: Vec::new(),
        };
        let mut world = Self {
            resources: ServiceResources {
                static_ips: 2,
                backends: vec![backend("n1", BackendStatus::Healthy)],
                ..ServiceResources::default()
            },
            account: provider.as_str().parse().unwrap(),
            service,
            link: Some(link),
            connections: Vec::new(),
            ended: None,
            observed: Observed::default(),
            listing: done.clone(),
            networks: done,
            zone: Zone {
                records: BTreeMap::from([(NAME.to_owned(), ADDRESS)]),
                serial: Some(7),
            },
            shadowed: Vec::new(),
            connection: None,
            component: None,
            provider,
        };
        world.connect(1, Decision::Approved, Admission::Approved);
        world.connections[0].address = Some(ADDRESS);
        world.build();
        world
    }

    fn connect(&mut self, ordinal: u32, decision: Decision, admission: Admission) {
        let id = ConnectionId::from_bits(u64::from(ordinal));
        self.connections.push(Connection {
            id: id.clone(),
            ordinal,
            identity: Identity {
                name: format!("pe{ordinal}"),
                link_identifier: None,
                endpoint: format!("/pe{ordinal}"),
                location: None,
                message: None,
            },
            decision,
            revision: 0,
            address: None,
            label: None,
            first_seen_at: at(10),
            decided_at: Some(at(20)),
        });
        self.confirm(Part::Admission(id), Spec::Admission(admission));
    }

    /// Has the cloud hold what is desired.
    fn build(&mut self) {
        for (part, desired) in self.picture().desired {
            match desired {
                Desired::Be(spec) | Desired::Await(spec) => self.confirm(part, spec),
                Desired::Leave => {}
            }
        }
    }

    fn confirm(&mut self, part: Part, spec: Spec) {
        let facts = Facts {
            id: Some("/id".to_owned()),
            alias: Some("alias".to_owned()),
            ..Facts::default()
        };
        let last = Some(Confirmed {
            spec,
            tag: None,
            facts,
        });
        let phase = Phase::Ready;
        self.observed
            .parts
            .insert(part, ObservedPart { phase, last });
    }

    fn set_phase(&mut self, part: &Part, phase: Phase) {
        self.observed.parts.get_mut(part).unwrap().phase = phase;
    }

    fn miss(&mut self, part: &Part) {
        let since = at(540);
        self.set_phase(
            part,
            Phase::Missing {
                since,
                reads: 2,
                check_after: at(700),
            },
        );
    }

    fn fail(&mut self, part: Part, remedy: Option<&str>) {
        let failure = PartFailure {
            code: "Denied".to_owned(),
            message: "put it: denied.".to_owned(),
            remedy: remedy.map(str::to_owned),
            attempts: 4,
            since: at(0),
            retry_at: at(700),
        };
        self.observed.failures.insert(part, failure);
    }

    /// Has the listing of the check show a part otherwise than desired, which was put right since.
    fn list(&mut self, part: Part, kind: DifferenceKind) {
        self.listing = Listing::Done {
            at: now(),
            differences: vec![Difference { part, kind }],
        };
    }

    /// Has a part written after the listing.
    fn write_again(&mut self, part: &Part) {
        let written = RepeatedWrite {
            spec: self.observed.last(part).unwrap().spec.clone(),
            generation: Generation(1),
            count: 1,
            since: at(596),
            last: at(596),
        };
        self.observed.repeated_writes.insert(part.clone(), written);
    }

    fn decide(&mut self, decision: Decision, admission: Admission) {
        self.connections[0].decision = decision;
        let part = Part::Admission(self.connections[0].id.clone());
        self.confirm(part, Spec::Admission(admission));
    }

    /// Leaves the first connection without a name.
    fn deactivate(&mut self) {
        self.zone.records.clear();
    }

    fn access(&mut self, component: &str, is_open: bool) {
        let access = &mut self.service.user_config["privatelink_access"];
        access[component] = serde_json::Value::Bool(is_open);
    }

    fn picture(&self) -> Picture {
        let link = self.link.as_ref().unwrap();
        Picture {
            generation: link.generation,
            desired: blueprint::of_link(
                link,
                &self.service,
                &self.connections,
                &self.observed,
                RejectList::Omit,
            ),
            observed: self.observed.clone(),
            absence: AbsenceRule::default(),
        }
    }

    fn hops(&self) -> Vec<Hop> {
        let picture = self.link.as_ref().map(|_| self.picture());
        let link = self.link.as_ref().zip(picture.as_ref());
        let named = |id: &ConnectionId| {
            let known = self.connections.iter().find(|it| it.id == *id);
            let ended = self.ended.as_ref().map(Asked::Ended);
            known.map(Asked::Known).or(ended).unwrap()
        };
        examine(&PathPicture {
            service: &self.service,
            provider: self.provider,
            static_ips: self.resources.static_ips,
            link: link.map(|(link, picture)| LinkPicture {
                link,
                picture,
                connections: &self.connections,
                account: Some(&self.account),
                resources: &self.resources,
                listing: &self.listing,
                networks: &self.networks,
                zone: &self.zone,
                shadowed: &self.shadowed,
            }),
            connection: self.connection.as_ref().map(named),
            component: self.component,
            now: now(),
        })
    }
}

fn backend(node: &str, status: BackendStatus) -> Backend {
    let is_known = status != BackendStatus::NotChecked;
    Backend {
        node: node.parse().unwrap(),
        rule: "pg".to_owned(),
        port: 5432,
        status,
        since: is_known.then_some(at(300)),
        checked_at: is_known.then_some(at(598)),
        reason: None,
    }
}

fn of(hops: &[Hop], kind: HopKind) -> &Hop {
    hops.iter().find(|hop| hop.kind == kind).unwrap()
}

/// One fault: its name, its injection, the hop that must be named, the action.
#[test]
fn a_path_without_faults_has_no_broken_hop_and_green_is_checked() {
    for provider in BOTH {
        let hops = World::new(provider).hops();
        let kinds: Vec<_> = hops.iter().map(|hop| hop.kind).collect();
        assert_eq!(kinds, HopKind::ALL);
        for hop in &hops {
            // The cloud does not tell the address of an endpoint.
            let is_unknown = hop.kind.is_of_client() || hop.kind == HopKind::Endpoint;
            let expected = if is_unknown {
                HopStatus::NotChecked
            } else {
                HopStatus::Ok
            };
            assert_eq!(hop.status, expected, "{provider}: {hop:#?}");
            assert_eq!(hop.status == HopStatus::Ok, hop.checked_at.is_some());
        }
    }
}

#[test]
fn what_was_not_read_now_is_not_shown_as_working() {
    for provider in BOTH {
        let mut world = World::new(provider);
        world.listing = Listing::NotDone("The cloud was not listed within 15 s".to_owned());
        world.networks = world.listing.clone();
        world.resources.backends[0].checked_at = Some(now() - SignedDuration::from_mins(3));
        world.zone.serial = None;
        let hops = world.hops();
        assert_eq!(first_broken(&hops), None);
        for kind in [
            HopKind::Account,
            HopKind::Network,
            HopKind::Objects,
            HopKind::Rules,
            HopKind::Backends,
            HopKind::Approval,
            HopKind::Name,
        ] {
            assert_eq!(of(&hops, kind).status, HopStatus::NotChecked, "{kind:?}");
        }
    }
}

#[test]
fn what_a_listing_lacks_and_a_read_finds_is_in_place() {
    let mut world = World::new(Provider::Azure);
    let (since, answers) = (at(595), 0);
    world.list(Part::Attachment, DifferenceKind::Missing { since, answers });
    assert_eq!(first_broken(&world.hops()), None);
}

#[test]
fn a_node_that_is_down_beside_one_that_works_breaks_no_path() {
    let mut world = World::new(Provider::Azure);
    let unhealthy = backend("n2", BackendStatus::Unhealthy);
    world.resources.backends.push(unhealthy);
    let hops = world.hops();
    let hop = of(&hops, HopKind::Backends);
    assert_eq!(hop.status, HopStatus::Ok);
    insta::assert_snapshot!(hop.evidence, @"Node `n2` on port 5432 (`pg`) fails the health probe for 5 min. Healthy as of 2 s ago: node `n1` on port 5432");
}

#[test]
fn ports_that_are_not_probed_are_not_checked() {
    let mut world = World::new(Provider::Google);
    world.access("pgbouncer", true);
    world.build();
    let mut other = backend("n1", BackendStatus::NotChecked);
    other.rule = "pgbouncer".to_owned();
    world.resources.backends.push(other);
    let hops = world.hops();
    let hop = of(&hops, HopKind::Backends);
    assert_eq!(hop.status, HopStatus::NotChecked);
    assert!(
        hop.evidence.ends_with("about the health of `pgbouncer`"),
        "{}",
        hop.evidence
    );
    world.component = Some("pg");
    assert_eq!(of(&world.hops(), HopKind::Backends).status, HopStatus::Ok);
}

#[test]
fn the_connection_that_needs_an_action_is_checked_unless_one_is_named() {
    let mut world = World::new(Provider::Azure);
    world.connect(2, Decision::Undecided, Admission::Pending);
    let rejected = Decision::Rejected(RejectReason::ByUser);
    world.connect(3, rejected, Admission::Rejected);
    let approval = |world: &World| of(&world.hops(), HopKind::Approval).clone();
    assert!(
        approval(&world)
            .evidence
            .starts_with("plc000000000002 waits")
    );
    world.connection = Some(ConnectionId::from_bits(1));
    assert_eq!(approval(&world).status, HopStatus::Ok);
    world.connection = Some(ConnectionId::from_bits(3));
    assert!(
        approval(&world)
            .evidence
            .starts_with("plc000000000003 is rejected")
    );
}

#[test]
fn evidence_names_what_differs() {
    let mut world = World::new(Provider::Azure);
    let other = AzureSpec::Balancer {
        rules: world.link.as_ref().unwrap().open_rules(&world.service),
        pools: std::collections::BTreeSet::new(),
    };
    world.access("pgbouncer", true);
    world.confirm(Part::Azure(AzurePart::Balancer), Spec::Azure(other));
    let evidence = |world: &World, kind| of(&world.hops(), kind).evidence.clone();
    insta::assert_snapshot!(evidence(&world, HopKind::Rules), @"The load balancer lacks the rule `pgbouncer`");
    let mut world = World::new(Provider::Google);
    world.miss(&Part::Google(GooglePart::Allow));
    insta::assert_snapshot!(evidence(&world, HopKind::Rules), @"The cloud does not show the firewall rule that allows, for 1 min");
    let world = World::new(Provider::Azure);
    insta::assert_snapshot!(evidence(&world, HopKind::Rules), @"Open: `pg` on port 15432, to port 5432 of the nodes; closed: `pgbouncer`");
    insta::assert_snapshot!(evidence(&world, HopKind::Name), @"`privatelink-1-pg-1-demo.underpass.test` is 10.0.0.5 in the zone (serial 7)");
}
