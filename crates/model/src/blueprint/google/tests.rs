//! The parts of a link on Google, and those that stay unchanged.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::access::tests::service as pg;
use crate::cloud::Provider;
use crate::connection::{Identity, RejectReason};
use crate::id::{ConnectionId, Generation, LinkId};
use crate::link::Topology;
use crate::service::{Component, Node};

fn link() -> Link {
    Link {
        id: LinkId::from_bits(1),
        project: "demo".parse().unwrap(),
        service: "pg-1".parse().unwrap(),
        provider: Provider::Google,
        vpc: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        topology: Topology::Direct,
        subscriptions: BTreeSet::new(),
        nat_ranges: vec!["172.24.0.0/28".parse().unwrap()],
        refused_ranges: Vec::new(),
        ports: BTreeMap::from([("pg".to_owned(), 5432)]),
        broker_ports: crate::broker_port::BrokerPorts::default(),
        generation: Generation(1),
        deleting: false,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn service(open: &[&str], zones: &[&str]) -> Service {
    let mut service = pg();
    service.cloud = "google-europe-west1".parse().unwrap();
    let access: serde_json::Map<_, _> = open
        .iter()
        .map(|component| ((*component).to_owned(), json!(true)))
        .collect();
    service.user_config = json!({"privatelink_access": access})
        .as_object()
        .cloned()
        .unwrap();
    service.components.sort_by_key(|it| it.component.clone());
    for component in &mut service.components {
        component.link_port = component.port;
    }
    let node = |(number, zone): (usize, &&str)| Node {
        name: format!("n{number}").parse().unwrap(),
        address: "127.0.0.1".parse().unwrap(),
        cloud: Some(NodeHandle::Google {
            instance: format!(
                "https://www.googleapis.com/compute/v1/projects/p/zones/{zone}/instances/n{number}"
            ),
        }),
        public_address: None,
        private_address: None,
    };
    service.nodes = zones.iter().enumerate().map(node).collect();
    service
}

fn connection(number: u32, decision: Decision) -> Connection {
    Connection {
        id: ConnectionId::from_bits(u64::from(number)),
        ordinal: number,
        identity: Identity {
            name: format!("projects/c/regions/europe-west1/forwardingRules/{number}"),
            link_identifier: Some(number.to_string()),
            endpoint: format!("projects/c/regions/europe-west1/forwardingRules/e{number}"),
            location: None,
            message: None,
        },
        decision,
        revision: 0,
        address: None,
        first_seen_at: Timestamp::UNIX_EPOCH,
        label: None,
        decided_at: Some(Timestamp::from_second(i64::from(number)).unwrap()),
    }
}

fn parts(service: &Service, connections: &[Connection]) -> BTreeMap<Part, Desired> {
    of_link(
        &link(),
        service,
        connections,
        &Observed::default(),
        RejectList::List,
    )
}

fn names(parts: &BTreeMap<Part, Desired>) -> Vec<String> {
    parts.keys().map(ToString::to_string).collect()
}

#[test]
fn a_link_is_the_whole_graph() {
    let parts = parts(
        &service(&["pg"], &["europe-west1-b", "europe-west1-c"]),
        &[],
    );
    insta::assert_debug_snapshot!(names(&parts), @r#"
    [
        "nat-subnet:172.24.0.0/28",
        "deny",
        "allow",
        "health-check",
        "endpoint-group:europe-west1-b",
        "endpoint-group:europe-west1-c",
        "endpoints:europe-west1-b",
        "endpoints:europe-west1-c",
        "backend-service",
        "forwarding-rule",
        "attachment",
    ]
    "#);
}

#[test]
fn opening_and_closing_touch_the_rule_that_allows_and_nothing_else() {
    let zones = ["europe-west1-b"];
    let [none, one, both] =
        [&[][..], &["pg"], &["pg", "pgbouncer"]].map(|open| parts(&service(open, &zones), &[]));
    assert!(
        !none.contains_key(&Part::Google(GooglePart::Allow)),
        "a rule without ports opens all"
    );
    for other in [&one, &both] {
        let rest = other
            .iter()
            .filter(|(part, _)| **part != Part::Google(GooglePart::Allow));
        assert!(rest.eq(none.iter()));
    }
    assert_ne!(
        one[&Part::Google(GooglePart::Allow)],
        both[&Part::Google(GooglePart::Allow)]
    );
}

#[test]
fn a_single_broker_is_let_in_on_its_own_port() {
    use crate::link::brokers::tests::{kafka, link};
    let service = kafka(1);
    let link = link(&service, Provider::Google);
    let parts = of_link(&link, &service, &[], &Observed::default(), RejectList::Omit);
    let Desired::Be(Spec::Google(GoogleSpec::Firewall { ports, .. })) =
        &parts[&Part::Google(GooglePart::Allow)]
    else {
        panic!("{parts:?}")
    };
    let expected = BTreeSet::from([8081, 9094, 9095, 10_000, 10_001]);
    assert_eq!(*ports, expected);
}

#[test]
fn a_link_survives_the_removal_of_what_listened() {
    let mut bare = service(&[], &["europe-west1-b"]);
    bare.components = Vec::<Component>::new();
    assert!(parts(&bare, &[]).contains_key(&Part::Attachment));
    let never = Link {
        ports: BTreeMap::new(),
        broker_ports: crate::broker_port::BrokerPorts::default(),
        ..link()
    };
    let desired = of_link(&never, &bare, &[], &Observed::default(), RejectList::Omit);
    assert_eq!(names(&desired), ["nat-subnet:172.24.0.0/28", "deny"]);
}

#[test]
fn decisions_are_lists_of_the_attachment() {
    let connections = [
        connection(1, Decision::Approved),
        connection(2, Decision::Undecided),
        connection(3, Decision::Rejected(RejectReason::ByUser)),
    ];
    let parts = parts(&service(&[], &[]), &connections);
    let Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment { accept, reject, .. })) =
        &parts[&Part::Attachment]
    else {
        panic!("{parts:?}");
    };
    let one = |at: usize| BTreeSet::from([connections[at].identity.name.clone()]);
    assert_eq!((accept, reject), (&one(0), &one(2)));
    let desired = |at: usize| &parts[&Part::Admission(connections[at].id.clone())];
    assert_eq!(
        desired(0),
        &Desired::Await(Spec::Admission(Admission::Approved))
    );
    assert_eq!(desired(1), &Desired::Leave);
    assert_eq!(
        desired(2),
        &Desired::Await(Spec::Admission(Admission::Rejected))
    );
}

#[test]
fn the_list_of_those_turned_away_keeps_the_latest() {
    let rejected = |number| connection(number, Decision::Rejected(RejectReason::ByUser));
    let connections: Vec<_> = (1..=70).map(rejected).collect();
    let parts = parts(&service(&[], &[]), &connections);
    let Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment { reject, .. })) =
        &parts[&Part::Attachment]
    else {
        panic!("{parts:?}");
    };
    assert_eq!(reject.len(), MOST_REJECTED);
    assert!(!reject.contains(&connections[5].identity.name));
    assert!(reject.contains(&connections[6].identity.name));
    let oldest = &parts[&Part::Admission(connections[0].id.clone())];
    assert_eq!(oldest, &Desired::Await(Spec::Admission(Admission::Pending)));
}

#[test]
fn without_a_reject_list_a_rejected_endpoint_stays_pending_at_its_consumer() {
    let connections = [
        connection(1, Decision::Approved),
        connection(2, Decision::Rejected(RejectReason::ByUser)),
    ];
    let observed = Observed::default();
    let service = service(&[], &["europe-west1-b"]);
    let parts = of_link(
        &link(),
        &service,
        &connections,
        &observed,
        RejectList::default(),
    );
    let Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment { accept, reject, .. })) =
        &parts[&Part::Attachment]
    else {
        panic!("{parts:?}");
    };
    assert_eq!(
        accept,
        &BTreeSet::from([connections[0].identity.name.clone()])
    );
    assert!(reject.is_empty());
    let rejected = &parts[&Part::Admission(connections[1].id.clone())];
    assert_eq!(
        rejected,
        &Desired::Await(Spec::Admission(Admission::Pending))
    );
}

#[test]
fn the_rejection_of_a_pending_endpoint_writes_nothing() {
    let service = service(&["pg"], &["europe-west1-b"]);
    let parts = |decision: Decision| {
        let connections = [connection(1, Decision::Approved), connection(2, decision)];
        let observed = Observed::default();
        of_link(&link(), &service, &connections, &observed, RejectList::Omit)
    };
    let attachment = |decision| parts(decision).remove(&Part::Attachment);
    let rejected = Decision::Rejected(RejectReason::ByUser);
    // Without a write there is no proof either: an older store sees the endpoint as pending.
    assert_eq!(attachment(rejected), attachment(Decision::Undecided));
}

fn confirm(observed: &mut Observed, part: Part, spec: Spec) {
    let last = Some(crate::part::Confirmed {
        spec,
        tag: None,
        facts: crate::part::Facts::default(),
    });
    let phase = crate::part::Phase::Ready;
    let seen = crate::part::ObservedPart { phase, last };
    observed.parts.insert(part, seen);
}

/// The ranges of the rules that deny and allow, and of the attachment.
fn used_ranges(link: &Link, observed: &Observed) -> [BTreeSet<Ipv4Net>; 3] {
    let service = service(&["pg"], &["europe-west1-b"]);
    let parts = of_link(link, &service, &[], observed, RejectList::List);
    [
        Part::Google(GooglePart::Deny),
        Part::Google(GooglePart::Allow),
        Part::Attachment,
    ]
    .map(|part| match &parts[&part] {
        Desired::Be(Spec::Google(
            GoogleSpec::Firewall {
                sources: ranges, ..
            }
            | GoogleSpec::ServiceAttachment { nat: ranges, .. },
        )) => ranges.clone(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_further_range_is_used_once_its_subnet_is_ours() {
    let mut link = link();
    let (first, second) = (
        "172.24.0.0/28".parse().unwrap(),
        "172.24.0.32/27".parse().unwrap(),
    );
    link.nat_ranges.push(second);
    let (one, both) = (BTreeSet::from([first]), BTreeSet::from([first, second]));
    let all = |ranges: &BTreeSet<Ipv4Net>| [ranges.clone(), ranges.clone(), ranges.clone()];
    let mut observed = Observed::default();
    assert_eq!(
        used_ranges(&link, &observed),
        all(&both),
        "they wait for it"
    );
    let rule = |sources: &BTreeSet<Ipv4Net>, ports: &[u16]| {
        Spec::Google(GoogleSpec::Firewall {
            sources: sources.clone(),
            ports: ports.iter().copied().collect(),
        })
    };
    let subnet = |range| Part::Google(GooglePart::NatSubnet(range));
    confirm(&mut observed, subnet(first), Spec::Present);
    confirm(
        &mut observed,
        Part::Google(GooglePart::Deny),
        rule(&one, &[]),
    );
    assert_eq!(used_ranges(&link, &observed), all(&one));
    confirm(&mut observed, subnet(second), Spec::Present);
    assert_eq!(
        used_ranges(&link, &observed),
        [both.clone(), both.clone(), one.clone()],
        "the attachment has it once its ports are closed"
    );
    confirm(
        &mut observed,
        Part::Google(GooglePart::Deny),
        rule(&both, &[]),
    );
    assert_eq!(used_ranges(&link, &observed), all(&both));
}

#[test]
fn a_range_in_use_stays_in_use_without_its_subnet() {
    let link = link();
    let ranges = link.nat_ranges.iter().copied().collect::<BTreeSet<_>>();
    let mut more = link.clone();
    more.nat_ranges.push("172.24.0.32/27".parse().unwrap());
    let mut observed = Observed::default();
    for (part, ports) in [(GooglePart::Deny, &[][..]), (GooglePart::Allow, &[5432])] {
        let spec = GoogleSpec::Firewall {
            sources: ranges.clone(),
            ports: ports.iter().copied().collect(),
        };
        confirm(&mut observed, Part::Google(part), Spec::Google(spec));
    }
    let attachment = GoogleSpec::ServiceAttachment {
        nat: ranges.clone(),
        accept: BTreeSet::new(),
        reject: BTreeSet::new(),
    };
    confirm(&mut observed, Part::Attachment, Spec::Google(attachment));
    for used in used_ranges(&more, &observed) {
        assert_eq!(used, ranges);
    }
}
