//! Links on Google: what is refused, what a decision needs, and how room is made.

use serde_json::json;

use super::*;
use crate::access::tests::service as pg;
use crate::condition;
use crate::id::ProjectIncarnation;
use crate::part::GoogleSpec;
use crate::project::ExternalApproval;
use crate::project::{Feature, Project};
use crate::remedy::Remedy;
use crate::service::Service;
use crate::vpc::ProjectVpc;
use crate::vpc::VpcNetwork;

const CLOUD: &str = "google-europe-west1";

fn project(features: &[Feature]) -> Project {
    Project {
        name: "demo".parse().unwrap(),
        ca_pem: String::new(),
        features: features.iter().copied().collect(),
        external_approval: ExternalApproval::Reject,
        grants: Vec::new(),
        limits: crate::project_limits::OwnLimits::default(),
        tags: BTreeMap::new(),
        created_at: now(),
        incarnation: ProjectIncarnation::default(),
        history_after: 0,
    }
}

fn vpc() -> ProjectVpc {
    ProjectVpc {
        id: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        project: "demo".parse().unwrap(),
        cloud: CLOUD.parse().unwrap(),
        cidr: "10.64.0.0/24".parse().unwrap(),
        account: Some("google".parse().unwrap()),
        place: VpcNetwork::Made,
        byoc: false,
        generation: Generation(1),
        deleting: false,
        created_at: now(),
        updated_at: now(),
    }
}

fn service(service_type: &str) -> Service {
    let mut service = pg();
    service.service_type = service_type.to_owned();
    service.cloud = CLOUD.parse().unwrap();
    service.user_config = json!({}).as_object().cloned().unwrap();
    for component in &mut service.components {
        component.link_port = component.port;
    }
    service
}

fn create(project: &Project, service: &Service, vpc: Option<&ProjectVpc>) -> Result<Link, Refusal> {
    let context = CreateContext {
        project,
        service,
        vpc,
        static_ips: 0,
        existing: None,
        neighbours: &crate::link::Neighbours::default(),
    };
    Link::create_google(context, &[], LinkId::from_bits(1), now())
}

fn refused(project: &Project, service: &Service, vpc: Option<&ProjectVpc>) -> Refusal {
    create(project, service, vpc).unwrap_err()
}

#[test]
fn a_link_needs_no_static_ips_and_has_a_range() {
    let link = create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    assert_eq!(link.nat_ranges, ["172.24.0.0/28".parse().unwrap()]);
    assert_eq!(link.provider, Provider::Google);
}

#[test]
fn postgresql_is_a_feature_of_its_own() {
    let usual = project(&[Feature::PrivatelinkGoogle]);
    create(&usual, &service("redis"), Some(&vpc())).unwrap();
    let refusal = refused(&usual, &service("pg"), Some(&vpc()));
    insta::assert_snapshot!(refusal, @"Publishing PostgreSQL with Google Private Service Connect is off for project `demo`");
    let none = refused(&project(&[]), &service("redis"), Some(&vpc()));
    insta::assert_snapshot!(none, @"Publishing with Google Private Service Connect is off for project `demo`");
}

#[test]
fn the_network_must_fit() {
    let all = project(&Feature::ALL);
    let code = |vpc: Option<&ProjectVpc>| refused(&all, &service("redis"), vpc).code;
    assert_eq!(code(None), "no_project_vpc");
    let byoc = ProjectVpc {
        byoc: true,
        ..vpc()
    };
    assert_eq!(code(Some(&byoc)), "byoc");
    let elsewhere = ProjectVpc {
        cloud: "google-us-east1".parse().unwrap(),
        ..vpc()
    };
    assert_eq!(code(Some(&elsewhere)), "region_differs");
}

#[test]
fn ports_are_not_translated() {
    let mut moved = service("redis");
    moved.components[0].link_port += 1;
    let refusal = refused(&project(&Feature::ALL), &moved, Some(&vpc()));
    insta::assert_snapshot!(refusal, @"Component `pgbouncer` listens on port 6432, but has port 6433 on the link. Google Private Service Connect does not translate ports. Omit `link_port`, or let the component listen on 6433");
}

#[test]
fn room_is_made_before_it_runs_out_and_never_given_back() {
    let mut link = create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    let connection = |number: u64| Connection {
        id: ConnectionId::from_bits(number),
        decision: Decision::Approved,
        revision: 0,
        ..connection(ALLOWED)
    };
    let ten: Vec<_> = (0..10).map(connection).collect();
    let eleven: Vec<_> = (0..11).map(connection).collect();
    assert_eq!(link.make_room(&ten, &[], now()).unwrap(), None);
    let taken = ["172.24.0.0/28".parse().unwrap()];
    let range = link.make_room(&eleven, &taken, now()).unwrap();
    assert_eq!(range, Some("172.24.0.32/27".parse().unwrap()));
    assert_eq!(link.make_room(&ten, &taken, now()).unwrap(), None);
    assert_eq!(link.nat_ranges.len(), 2);
}

/// A connection on Google with everything that decides its state.
#[derive(Clone)]
struct Scene {
    link: Link,
    connection: Connection,
    observed: Observed,
}

impl Scene {
    /// The key that distinguishes scenes with the same shown state.
    fn key(&self) -> (ConnectionState, bool) {
        let state = shown_connection(&self.link, &self.connection, &self.observed);
        (state, self.connection.address.is_some())
    }

    fn happen(&mut self, trigger: Trigger) -> bool {
        let Self {
            link,
            connection,
            observed,
        } = self;
        let address = Ipv4Addr::new(10, 0, 0, 5);
        let state = shown_connection(link, connection, observed);
        match trigger {
            Trigger::Approve => link
                .approve_at(connection, address, observed, now())
                .is_ok(),
            Trigger::Reject => {
                state != ConnectionState::Disconnected && link.reject(connection, now()).is_ok()
            }
            Trigger::Restore => {
                // The provider has shown the rejection by now.
                if matches!(connection.decision, Decision::Rejected(_)) {
                    *observed = seen(connection, Admission::Rejected);
                }
                link.restore(connection, observed, now()).is_ok()
            }
            Trigger::SetAddress => link
                .set_address(connection, address, observed, now())
                .is_ok(),
            Trigger::Confirm => {
                let approved = connection.decision == Decision::Approved
                    && state != ConnectionState::Disconnected;
                if approved {
                    *observed = seen(connection, Admission::Approved);
                }
                approved
            }
            Trigger::Disconnect => {
                let there = !matches!(connection.decision, Decision::Rejected(_));
                if there {
                    *observed = seen(connection, Admission::Disconnected);
                }
                there
            }
        }
    }
}

#[test]
fn the_table_of_moves_is_what_happens() {
    let first = connection(ALLOWED);
    let start = Scene {
        link: create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap(),
        observed: seen(&first, Admission::Pending),
        connection: first,
    };
    let mut scenes = BTreeMap::from([(start.key(), start)]);
    let mut happened = BTreeSet::new();
    loop {
        let before = scenes.len();
        for scene in scenes.clone().into_values() {
            for trigger in Trigger::ALL {
                let mut after = scene.clone();
                if after.happen(trigger) {
                    let (from, to) = (scene.key().0, after.key().0);
                    if from != to {
                        happened.insert((from, trigger, to));
                    }
                    scenes.entry(after.key()).or_insert(after);
                }
            }
        }
        if scenes.len() == before {
            break;
        }
    }
    let expected: BTreeSet<_> = moves(Provider::Google).iter().copied().collect();
    assert_eq!(happened, expected);
}

#[test]
fn approving_again_corrects_the_address_and_else_changes_nothing() {
    let mut link = create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    let mut connection = connection(ALLOWED);
    let observed = seen(&connection, Admission::Pending);
    let (one, other) = (Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(10, 0, 0, 6));
    for (address, changes) in [(one, true), (one, false), (other, true), (other, false)] {
        let generation = link.generation;
        let changed = link.approve_at(&mut connection, address, &observed, now());
        assert_eq!(changed.unwrap(), changes, "{address}");
        assert_eq!(link.generation != generation, changes);
        assert_eq!(connection.address, Some(address));
    }
}

#[test]
fn a_connection_the_provider_cannot_carry_has_no_name() {
    let mut link = create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    let mut connection = connection(ALLOWED);
    let observed = seen(&connection, Admission::Pending);
    let address = Ipv4Addr::new(10, 0, 0, 5);
    link.approve_at(&mut connection, address, &observed, now())
        .unwrap();
    let observed = seen(&connection, Admission::NeedsAttention);
    let state = shown_connection(&link, &connection, &observed);
    assert_eq!(state, ConnectionState::UserApproved);
}

#[test]
fn a_connection_and_its_link_have_the_same_remedy() {
    let mut link = create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    let mut connection = connection(ALLOWED);
    let observed = seen(&connection, Admission::Pending);
    let address = Ipv4Addr::new(10, 0, 0, 5);
    link.approve_at(&mut connection, address, &observed, now())
        .unwrap();
    let observed = seen(&connection, Admission::NeedsAttention);
    let remedy = |link: &Link| {
        let all = std::slice::from_ref(&connection);
        condition::remedy_for_connection(link, &connection, all, &observed)
    };
    // The ranges are not exhausted, so it is something else.
    assert_eq!(
        remedy(&link),
        Some(Remedy::InspectAttachment(link.reference()))
    );
    link.nat_ranges = Vec::new();
    let expected = Some(Remedy::AddNatRange(link.reference_to(&connection.id)));
    assert_eq!(remedy(&link), expected);
    let all = std::slice::from_ref(&connection);
    let of_link = condition::remedy_for_link(&service("redis"), &link, all, &observed, 0);
    assert_eq!(of_link, expected);
}

#[test]
fn a_refused_range_is_replaced_only_while_it_was_never_used() {
    let new = || create(&project(&Feature::ALL), &service("redis"), Some(&vpc())).unwrap();
    let mut link = new();
    let first = link.nat_ranges[0];
    let mut observed = Observed::default();
    let replaced = link.replace_refused_range(first, &[], &observed).unwrap();
    assert_eq!(link.nat_ranges, [replaced]);
    assert_eq!(link.refused_ranges, [first]);
    assert_eq!(link.replace_refused_range(first, &[], &observed), None);
    let all = [crate::vpc::GOOGLE_RESERVED];
    assert_eq!(link.replace_refused_range(replaced, &all, &observed), None);
    assert_eq!(link.nat_ranges, [replaced], "it stays when none is left");

    let mut deleting = new();
    deleting.delete(now());
    assert_eq!(deleting.replace_refused_range(first, &[], &observed), None);

    let mut used = new();
    let nat = BTreeSet::from([first]);
    let (accept, reject) = (BTreeSet::new(), BTreeSet::new());
    let spec = GoogleSpec::ServiceAttachment {
        nat,
        accept,
        reject,
    };
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(Confirmed {
            spec: Spec::Google(spec),
            tag: None,
            facts: Facts::default(),
        }),
    };
    observed.parts.insert(Part::Attachment, seen);
    assert_eq!(used.replace_refused_range(first, &[], &observed), None);
}
