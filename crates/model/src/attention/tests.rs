use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::*;
use crate::access::tests::service as pg;
use crate::cloud::Provider;
use crate::connection::{Decision, Identity, RejectReason};
use crate::id::{Generation, LinkId};
use crate::link::Topology;
use crate::part::{Admission, Confirmed, Facts, ObservedPart, Spec};
use crate::service::NodeHandle;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A service with one connection to its link, all of it well.
struct Scene {
    service: Service,
    link: Link,
    connections: Vec<Connection>,
    observed: Observed,
}

impl Scene {
    fn new(provider: Provider) -> Self {
        let mut service = pg();
        service.nodes[0].cloud = Some(match provider {
            Provider::Azure => NodeHandle::Azure {
                nic_id: "/nic".to_owned(),
                ip_configuration: None,
            },
            Provider::Google | Provider::Aws => NodeHandle::Google {
                instance: "projects/p/zones/z/instances/i".to_owned(),
            },
        });
        let link = Link {
            id: LinkId::from_bits(1),
            project: "demo".parse().unwrap(),
            service: service.name.clone(),
            provider,
            vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
            topology: Topology::Direct,
            subscriptions: BTreeSet::new(),
            nat_ranges: vec!["172.24.0.0/28".parse().unwrap()],
            ports: BTreeMap::new(),
            broker_ports: crate::broker_port::BrokerPorts::default(),
            generation: Generation(1),
            deleting: false,
            created_at: at(0),
            updated_at: at(0),
        };
        let mut scene = Self {
            service,
            link,
            connections: Vec::new(),
            observed: Observed::default(),
        };
        scene.connect(1, Decision::Approved, Admission::Approved);
        scene.connections[0].address = Some("10.0.0.5".parse().unwrap());
        scene
    }

    fn connect(&mut self, ordinal: u32, decision: Decision, admission: Admission) -> ConnectionId {
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
            address: None,
            label: None,
            first_seen_at: at(10),
            decided_at: Some(at(20)),
        });
        let last = Some(Confirmed {
            spec: Spec::Admission(admission),
            tag: None,
            facts: Facts::default(),
        });
        let phase = Phase::Awaited {
            since: at(30),
            check_after: at(60),
        };
        let part = Part::Admission(id.clone());
        self.observed
            .parts
            .insert(part, ObservedPart { phase, last });
        id
    }

    fn trouble(&mut self, part: Part, remedy: Option<&str>, lasts: SignedDuration) {
        let trouble = Trouble {
            code: "Conflict".to_owned(),
            message: "put attachment: the name is taken".to_owned(),
            remedy: remedy.map(str::to_owned),
            attempts: 3,
            since: at(40),
            retry_at: at(40) + lasts,
        };
        self.observed.troubles.insert(part, trouble);
    }

    fn found(&self) -> Vec<Attention> {
        of_link(&self.service, &self.link, &self.connections, &self.observed)
    }

    fn urgencies(&self) -> Vec<Urgency> {
        self.found().into_iter().map(|it| it.urgency).collect()
    }
}

const MOMENT: SignedDuration = SignedDuration::from_secs(2);

#[test]
fn a_link_that_is_well_needs_nobody() {
    for provider in [Provider::Azure, Provider::Google] {
        assert_eq!(Scene::new(provider).found(), []);
    }
}

#[test]
fn what_waits_for_a_decision_or_was_decided_needs_no_attention() {
    let mut scene = Scene::new(Provider::Azure);
    scene.connect(2, Decision::Undecided, Admission::Pending);
    let rejected = Decision::Rejected(RejectReason::ByUser);
    scene.connect(3, rejected, Admission::Rejected);
    scene.connect(4, Decision::Approved, Admission::Disconnected);
    assert_eq!(scene.found(), []);
}

#[test]
fn what_merely_takes_its_time_needs_no_attention() {
    let mut scene = Scene::new(Provider::Azure);
    scene.connections.clear();
    scene.observed = Observed::default();
    assert_eq!(scene.found(), [], "a new link without consumers");
    scene.connect(2, Decision::Approved, Admission::Pending);
    assert_eq!(scene.found(), [], "an approval on its way");
}

#[test]
fn a_failure_that_may_pass_by_itself_is_given_the_time_it_may_take() {
    let mut scene = Scene::new(Provider::Azure);
    scene.trouble(Part::Attachment, None, MOMENT);
    assert_eq!(scene.found(), []);
    scene.trouble(Part::Attachment, None, BACKOFF_LONGEST);
    let [found] = scene.found().try_into().unwrap();
    assert_eq!(found.urgency, Urgency::Trouble);
    assert_eq!(found.reason, "put attachment: the name is taken");
    assert!(found.next_action.contains("look at attachment"));
    assert_eq!(found.since, Some(at(40)));
}

#[test]
fn a_failure_with_a_remedy_asks_for_it_at_once() {
    let mut scene = Scene::new(Provider::Google);
    scene.trouble(Part::Attachment, Some("grant the role"), MOMENT);
    let [found] = scene.found().try_into().unwrap();
    assert_eq!(found.next_action, "grant the role");
}

#[test]
fn a_connection_is_told_of_once_by_its_most_pressing_matter() {
    let mut scene = Scene::new(Provider::Google);
    let id = scene.connect(2, Decision::Approved, Admission::NeedsAttention);
    let [found] = scene.found().try_into().unwrap();
    assert_eq!(found.urgency, Urgency::Hindrance);
    assert_eq!(found.connection.as_ref(), Some(&id));
    assert_eq!(found.since, Some(at(30)));
    let part = Part::Admission(id.clone());
    scene.trouble(part, Some("grant the role"), MOMENT);
    let [found] = scene.found().try_into().unwrap();
    assert_eq!(
        (found.urgency, found.connection),
        (Urgency::Trouble, Some(id))
    );
}

#[test]
fn whoever_is_let_in_without_an_address_waits_for_a_person() {
    let mut scene = Scene::new(Provider::Azure);
    let id = scene.connect(2, Decision::Approved, Admission::Approved);
    let [found] = scene.found().try_into().unwrap();
    assert_eq!(
        (found.urgency, found.connection),
        (Urgency::Address, Some(id))
    );
    assert!(found.next_action.contains("--endpoint-ip-address"));
    assert_eq!(found.since, Some(at(20)));
}

#[test]
fn a_link_that_leads_nowhere_says_what_is_missing() {
    let mut scene = Scene::new(Provider::Azure);
    let mut reasons = Vec::new();
    let mut note = |scene: &Scene| {
        let [found] = scene.found().try_into().unwrap();
        assert_eq!(found.urgency, Urgency::Gap);
        reasons.push(found.reason);
    };
    scene.service.user_config.clear();
    note(&scene);
    scene.service.nodes[0].cloud = None;
    note(&scene);
    scene.service.components.clear();
    note(&scene);
    scene.service.nodes.clear();
    note(&scene);
    insta::assert_debug_snapshot!(reasons, @r#"
    [
        "no component is open",
        "node `n1` is not known to its cloud",
        "the service has no components",
        "the service has no nodes",
    ]
    "#);
}

#[test]
fn the_most_pressing_comes_first() {
    let mut scene = Scene::new(Provider::Google);
    scene.connect(2, Decision::Approved, Admission::Approved);
    scene.connect(3, Decision::Approved, Admission::NeedsAttention);
    scene.service.user_config.clear();
    scene.trouble(Part::Attachment, Some("grant the role"), MOMENT);
    let expected = [
        Urgency::Trouble,
        Urgency::Hindrance,
        Urgency::Gap,
        Urgency::Address,
    ];
    assert_eq!(scene.urgencies(), expected);
}

#[test]
fn a_link_on_its_way_out_is_in_trouble_or_not_spoken_of() {
    let mut scene = Scene::new(Provider::Google);
    scene.connect(2, Decision::Approved, Admission::NeedsAttention);
    scene.service.nodes.clear();
    scene.link.deleting = true;
    assert_eq!(scene.found(), []);
    scene.trouble(Part::Attachment, Some("grant the role"), MOMENT);
    assert_eq!(scene.urgencies(), [Urgency::Trouble]);
}
