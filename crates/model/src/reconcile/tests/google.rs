//! The loop with parts that turn out by what is written elsewhere, and with groups that are let go.

use super::*;

const ZONES: [&str; 3] = ["europe-west1-b", "europe-west1-c", "europe-west1-d"];

/// A link on Google with one node in each of as many zones.
pub(super) fn link_parts(ports: &[u16], nodes: &[&str]) -> BTreeMap<Part, Desired> {
    let range = "172.24.0.0/28".parse().unwrap();
    let sources = BTreeSet::from([range]);
    let firewall = |ports: &[u16]| {
        Desired::Be(Spec::Google(GoogleSpec::Firewall {
            sources: sources.clone(),
            ports: ports.iter().copied().collect(),
        }))
    };
    let zones = &ZONES[..nodes.len()];
    let mut desired = BTreeMap::from([
        (
            Part::Google(GooglePart::NatSubnet(range)),
            Desired::Be(Spec::Present),
        ),
        (Part::Google(GooglePart::Deny), firewall(&[])),
        (
            Part::Google(GooglePart::HealthCheck),
            Desired::Be(Spec::Google(GoogleSpec::HealthCheck { port: 5432 })),
        ),
        (
            Part::Google(GooglePart::BackendService),
            Desired::Be(Spec::Google(GoogleSpec::BackendService {
                zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
            })),
        ),
        (
            Part::Google(GooglePart::ForwardingRule),
            Desired::Be(Spec::Present),
        ),
        (Part::Attachment, attachment(&[])),
    ]);
    if !ports.is_empty() {
        desired.insert(Part::Google(GooglePart::Allow), firewall(ports));
    }
    for zone in zones {
        let instances = BTreeSet::from([format!("node-of-{zone}")]);
        desired.insert(
            Part::Google(GooglePart::EndpointGroup((*zone).to_owned())),
            Desired::Be(Spec::Present),
        );
        desired.insert(
            Part::Google(GooglePart::Endpoints((*zone).to_owned())),
            Desired::Be(Spec::Google(GoogleSpec::Endpoints { instances })),
        );
    }
    desired
}

/// Reports whether a cloud would refuse to delete `needed` because of `other`.
pub(super) fn refers(other: &Part, spec: &Spec, needed: &Part) -> bool {
    match (needed, spec) {
        (
            Part::Google(GooglePart::EndpointGroup(zone)),
            Spec::Google(GoogleSpec::BackendService { zones }),
        ) => zones.contains(zone),
        _ => other.needs(needed),
    }
}

fn attachment(accept: &[&str]) -> Desired {
    Desired::Be(Spec::Google(GoogleSpec::ServiceAttachment {
        nat: BTreeSet::from(["172.24.0.0/28".parse().unwrap()]),
        accept: accept.iter().map(|name| (*name).to_owned()).collect(),
        reject: BTreeSet::new(),
    }))
}

fn admission() -> Part {
    Part::Admission(ConnectionId::from_bits(7))
}

fn approved() -> Spec {
    Spec::Admission(Admission::Approved)
}

fn pending() -> Spec {
    Spec::Admission(Admission::Pending)
}

/// A settled link at which one connection was approved just now; the lists are written.
fn awaiting() -> Picture {
    let mut picture = picture(link_parts(&[5432], &["a"]));
    settle(&mut picture);
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(confirmed(&pending(), "t")),
    };
    picture.observed.parts.insert(admission(), seen);
    picture
        .desired
        .insert(Part::Attachment, attachment(&["ep"]));
    picture
        .desired
        .insert(admission(), Desired::Await(approved()));
    picture
}

/// Performs every step immediately, with the connection showing `shown`. Returns the steps and the
/// final result.
fn steps_at(picture: &mut Picture, now: Timestamp, shown: &Spec) -> (Vec<String>, Next) {
    let mut steps = Vec::new();
    for _ in 0..100 {
        let step = match next(picture, now) {
            Next::Do(step) => step,
            end => return (steps, end),
        };
        steps.push(step.to_string());
        if step.is_write() {
            picture.observed.mark_unknown(step.part(), now);
        }
        let outcome = match &step {
            Step::Put { spec, .. } => Outcome::Ready(confirmed(spec, "t")),
            Step::Survey(_) => Outcome::Empty,
            Step::Delete(_) => Outcome::Gone,
            Step::Read(_) | Step::Poll { .. } => Outcome::Ready(confirmed(shown, "t")),
        };
        picture.record(&step, outcome, now);
    }
    panic!("does not rest: {steps:?}");
}

#[test]
fn building_is_seven_writes_and_two_for_each_zone() {
    for nodes in 1..=3 {
        let names = vec!["n"; nodes];
        let mut picture = picture(link_parts(&[5432], &names));
        assert_eq!(settle(&mut picture).len(), 7 + 2 * nodes);
        assert!(picture.is_settled());
    }
}

#[test]
fn a_toggle_is_one_write_to_the_firewall() {
    let mut picture = picture(link_parts(&[5432], &["a"]));
    settle(&mut picture);
    for (ports, write) in [
        (&[5432, 6432][..], "put allow"),
        (&[], "delete allow"),
        (&[6432], "put allow"),
    ] {
        picture.desired = link_parts(ports, &["a"]);
        assert_eq!(settle(&mut picture), [write]);
    }
}

/// The NAT range of a link cannot be made, because another link or a foreign subnet has it.
fn with_taken_range() -> Picture {
    let mut picture = picture(link_parts(&[5432], &["a"]));
    let subnet = Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    let put = Step::Put {
        part: subnet,
        spec: Spec::Present,
        tag: None,
    };
    let failure = Failure {
        code: "invalid".to_owned(),
        message: "overlaps".to_owned(),
        remedy: None,
        recovery: Recovery::Refused,
    };
    picture
        .observed
        .fail(&put, &failure, Generation(1), at(0), 0.0);
    picture
}

#[test]
fn no_port_is_opened_or_closed_to_a_range_that_others_have() {
    let mut picture = with_taken_range();
    let written: Vec<_> = std::iter::from_fn(|| match next(&picture, at(1)) {
        Next::Do(step @ Step::Put { .. }) => {
            let Step::Put { spec, .. } = &step else {
                return None;
            };
            let outcome = Outcome::Ready(confirmed(spec, "t"));
            picture.record(&step, outcome, at(1));
            Some(step.part().to_string())
        }
        _ => None,
    })
    .collect();
    assert!(
        written.contains(&"forwarding-rule".to_owned()),
        "{written:?}"
    );
    for part in ["deny", "allow", "attachment"] {
        assert!(!written.contains(&part.to_owned()), "{written:?}");
    }
}

#[test]
fn closing_a_port_does_not_wait_for_a_subnet() {
    let mut picture = picture(link_parts(&[5432, 6432], &["a"]));
    settle(&mut picture);
    let subnet = Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    picture.observed.suspect(&subnet, at(1));
    if let Some(seen) = picture.observed.parts.get_mut(&subnet) {
        seen.phase = Phase::Missing {
            since: at(1),
            reads: 1,
            check_after: at(60),
        };
    }
    picture.desired = link_parts(&[5432], &["a"]);
    let closing = next(&picture, at(2));
    assert!(
        matches!(&closing, Next::Do(Step::Put { part, .. }) if *part == Part::Google(GooglePart::Allow)),
        "{closing:?}"
    );
    picture.desired = link_parts(&[5432, 6432, 9000], &["a"]);
    assert!(
        matches!(next(&picture, at(2)), Next::Wait { .. }),
        "opening does"
    );
}

#[test]
fn a_part_that_may_be_gone_is_read_after_what_does_not_need_it() {
    let mut picture = picture(link_parts(&[5432, 6432], &["a"]));
    settle(&mut picture);
    let subnet = Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    if let Some(seen) = picture.observed.parts.get_mut(&subnet) {
        seen.phase = Phase::Missing {
            since: at(1),
            reads: 1,
            check_after: at(2),
        };
    }
    let read = Next::Do(Step::Read(subnet));
    assert_eq!(next(&picture, at(2)), read);
    picture.desired = link_parts(&[5432], &["a"]);
    let closing = next(&picture, at(2));
    let Next::Do(step @ Step::Put { part, spec, .. }) = &closing else {
        panic!("{closing:?}");
    };
    assert_eq!(*part, Part::Google(GooglePart::Allow));
    let done = Outcome::Ready(confirmed(spec, "t"));
    picture.record(step, done, at(2));
    assert_eq!(next(&picture, at(2)), read, "it is read all the same");
}

#[test]
fn the_rule_that_closes_is_repaired_while_its_subnet_is_in_doubt() {
    let mut picture = picture(link_parts(&[5432], &["a"]));
    settle(&mut picture);
    let subnet = Part::Google(GooglePart::NatSubnet("172.24.0.0/28".parse().unwrap()));
    if let Some(seen) = picture.observed.parts.get_mut(&subnet) {
        seen.phase = Phase::Missing {
            since: at(1),
            reads: 1,
            check_after: at(60),
        };
    }
    let changed = ObservedPart {
        phase: Phase::Ready,
        last: Some(confirmed(&Spec::Present, "t")),
    };
    let deny = Part::Google(GooglePart::Deny);
    picture.observed.parts.insert(deny.clone(), changed);
    let repair = next(&picture, at(2));
    assert!(
        matches!(&repair, Next::Do(Step::Put { part, .. }) if *part == deny),
        "{repair:?}"
    );
}

#[test]
fn a_zone_without_nodes_is_let_go_once_no_flow_is_led_there() {
    let mut picture = picture(link_parts(&[5432], &["a", "b"]));
    settle(&mut picture);
    picture.desired = link_parts(&[5432], &["a"]);
    assert_eq!(
        settle(&mut picture),
        [
            "delete endpoints:europe-west1-c",
            "put backend-service",
            "delete endpoint-group:europe-west1-c"
        ]
    );
    assert!(picture.is_settled());
}

#[test]
fn an_approval_is_one_write_and_then_looks() {
    let mut picture = awaiting();
    let (steps, end) = steps_at(&mut picture, at(100), &pending());
    let read = format!("read {}", admission());
    assert_eq!(steps, ["put attachment".to_owned(), read.clone()]);
    assert_eq!(
        end,
        Next::Wait {
            until: at(100) + AWAIT_FIRST,
            why: WaitReason::Awaited(admission())
        }
    );
    assert!(!picture.is_settled());
    let (steps, end) = steps_at(&mut picture, at(102), &approved());
    assert_eq!((steps, end), (vec![read], Next::Rest));
    assert!(picture.is_settled());
}

#[test]
fn looks_grow_rare_and_end() {
    let mut picture = awaiting();
    let (mut now, mut reads) = (at(100), Vec::new());
    while let (_, Next::Wait { until, .. }) = steps_at(&mut picture, now, &pending()) {
        reads.push(until.duration_since(now).as_secs());
        now = until;
    }
    assert_eq!(reads.first(), Some(&2));
    assert!(reads.iter().all(|pause| *pause <= 30), "{reads:?}");
    assert!(reads.len() < 20, "{reads:?}");
    assert!(!picture.is_settled(), "a sweep will tell");
}

#[test]
fn a_new_decision_is_looked_after_at_once() {
    let mut picture = awaiting();
    steps_at(&mut picture, at(100), &pending());
    picture.desired.insert(Part::Attachment, attachment(&[]));
    picture
        .desired
        .insert(admission(), Desired::Await(pending()));
    let (steps, end) = steps_at(&mut picture, at(101), &pending());
    assert_eq!(
        (steps, end),
        (vec!["put attachment".to_owned()], Next::Rest)
    );
}

#[test]
fn connections_go_with_the_attachment() {
    let mut picture = awaiting();
    steps_at(&mut picture, at(100), &approved());
    picture.desired = BTreeMap::from([(admission(), Desired::Leave)]);
    let (steps, end) = steps_at(&mut picture, at(200), &approved());
    assert_eq!(steps.first().map(String::as_str), Some("delete attachment"));
    assert!(!steps.iter().any(|step| step.contains("admission")));
    assert_eq!(end, Next::Rest);
    assert!(picture.is_settled() && picture.observed.is_gone(&admission()));
}

#[test]
fn the_rule_for_health_checks_goes_only_after_the_subnet_is_gone() {
    let (probes, subnet) = (
        Part::Google(GooglePart::Probes),
        Part::Google(GooglePart::Subnet),
    );
    let cidr = "10.64.0.0/24".parse().unwrap();
    let mut picture = picture(BTreeMap::from([
        (Part::Network, Desired::Be(Spec::Present)),
        (
            subnet.clone(),
            Desired::Be(Spec::Google(GoogleSpec::Subnet { cidr })),
        ),
        (probes.clone(), Desired::Be(Spec::Present)),
    ]));
    settle(&mut picture);
    picture.desired.clear();
    // The subnet contains something that Underpass does not know.
    let delete = Step::Delete(subnet.clone());
    assert_eq!(next(&picture, at(0)), Next::Do(delete.clone()));
    let failure = Failure {
        recovery: Recovery::Refused,
        code: "resourceInUse".to_owned(),
        message: String::new(),
        remedy: None,
    };
    picture
        .observed
        .fail(&delete, &failure, Generation(1), at(0), 0.0);
    for second in [0, 1, 60] {
        let next = next(&picture, at(second));
        assert!(matches!(next, Next::Wait { .. }), "{next:?}");
    }
    // The subnet is not proven gone yet.
    picture.observed.failures.clear();
    picture.observed.parts.get_mut(&subnet).unwrap().phase = Phase::Missing {
        since: at(60),
        reads: 1,
        check_after: at(120),
    };
    assert!(matches!(next(&picture, at(61)), Next::Wait { .. }));
    picture.observed.parts.get_mut(&subnet).unwrap().phase = Phase::Gone;
    assert_eq!(settle(&mut picture), ["delete probes", "delete network"]);
}
