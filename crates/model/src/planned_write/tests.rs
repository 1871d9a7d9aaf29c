use std::collections::BTreeMap;

use super::*;
use crate::id::{ConnectionId, Generation};
use crate::part::Observed;
use crate::reconcile::AbsenceRule;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn rules(components: &[(&str, u16)]) -> Spec {
    let rule = |(name, port): &(&str, u16)| Rule {
        name: (*name).to_owned(),
        link_port: *port,
        backend_port: *port,
        node: None,
    };
    Spec::Azure(AzureSpec::Balancer {
        rules: components.iter().map(rule).collect(),
        pools: BTreeSet::new(),
    })
}

fn visible(subscriptions: &[&str]) -> Spec {
    let all = subscriptions.iter().map(|it| it.parse().unwrap());
    Spec::Azure(AzureSpec::Attachment {
        visibility: all.collect(),
    })
}

const FIRST: &str = "8eefec94-5d63-40c9-983c-03ab083b4111";
const SECOND: &str = "8eefec94-5d63-40c9-983c-03ab083b4222";

fn balancer() -> Part {
    Part::Azure(AzurePart::Balancer)
}

fn ready(spec: Spec) -> ObservedPart {
    ObservedPart {
        phase: Phase::Ready,
        last: Some(Confirmed {
            spec,
            tag: Some("1".to_owned()),
            facts: Facts::default(),
        }),
    }
}

fn missing(spec: Spec) -> ObservedPart {
    ObservedPart {
        phase: Phase::Missing {
            since: NOW,
            reads: 1,
            check_after: NOW,
        },
        ..ready(spec)
    }
}

fn picture(desired: &[(Part, Spec)], seen: Vec<(Part, ObservedPart)>) -> Picture {
    let desired = desired.iter().cloned();
    Picture {
        generation: Generation(1),
        desired: desired
            .map(|(part, spec)| (part, Desired::Be(spec)))
            .collect(),
        observed: Observed {
            parts: BTreeMap::from_iter(seen),
            ..Observed::default()
        },
        absence: AbsenceRule::default(),
    }
}

fn text(picture: &Picture) -> Vec<String> {
    let text = |write: &PlannedWrite| {
        let adds = write.adds.iter().map(|it| format!(" +{it}"));
        let cuts = write.cuts.iter().map(|it| format!(" -{it}"));
        let changes: String = adds.chain(cuts).collect();
        format!("{} {}{changes}", write.action, write.part.display_name())
    };
    writes(picture, NOW).iter().map(text).collect()
}

#[test]
fn what_was_changed_since_is_undone_and_named() {
    let plc = ConnectionId::from_bits(7);
    let desired = [
        (balancer(), rules(&[("pg", 5432)])),
        (Part::Attachment, visible(&[FIRST])),
        (
            Part::Admission(plc.clone()),
            Spec::Admission(Admission::Rejected),
        ),
    ];
    let seen = vec![
        (
            balancer(),
            ready(rules(&[("pg", 5432), ("pgbouncer", 6432)])),
        ),
        (Part::Attachment, ready(visible(&[FIRST, SECOND]))),
        (
            Part::Admission(plc),
            ready(Spec::Admission(Admission::Approved)),
        ),
    ];
    let picture = picture(&desired, seen);
    assert!(is_read(&picture));
    assert_eq!(
        text(&picture),
        [
            "update load balancer -pgbouncer on port 6432",
            "update published service -subscription 8eefec94-5d63-40c9-983c-03ab083b4222",
            "update connection plc000000000007 -connection plc000000000007",
        ]
    );
}

#[test]
fn a_link_that_the_cloud_lacks_is_created_again() {
    let plc = Part::Admission(ConnectionId::from_bits(7));
    let approved = Spec::Admission(Admission::Approved);
    let desired = [
        (balancer(), rules(&[("pg", 5432)])),
        (Part::Attachment, visible(&[FIRST])),
        (plc.clone(), approved.clone()),
    ];
    let seen = vec![
        (balancer(), missing(rules(&[("pg", 5432)]))),
        (Part::Attachment, missing(visible(&[FIRST]))),
        (plc, ready(approved)),
    ];
    let picture = picture(&desired, seen);
    assert!(is_read(&picture), "it was not found");
    assert_eq!(
        text(&picture),
        [
            "create load balancer +pg on port 5432",
            "create published service +subscription 8eefec94-5d63-40c9-983c-03ab083b4111",
        ]
    );
}

#[test]
fn parts_that_were_not_read_are_not_planned_and_are_missing_from_the_plan() {
    let desired = [
        (balancer(), rules(&[("pg", 5432)])),
        (Part::Attachment, visible(&[FIRST])),
    ];
    let unknown = ObservedPart {
        phase: Phase::Unknown { since: NOW },
        last: None,
    };
    let none = picture(&desired, Vec::new());
    let one = picture(&desired, vec![(balancer(), unknown)]);
    for picture in [none, one] {
        assert!(!is_read(&picture));
        assert_eq!(text(&picture), [""; 0]);
    }
}

#[test]
fn ports_endpoints_and_nodes_on_google_are_named() {
    let allow = |ports: &[u16]| {
        Spec::Google(GoogleSpec::Firewall {
            sources: BTreeSet::new(),
            ports: ports.iter().copied().collect(),
        })
    };
    let accepting = |endpoints: &[&str]| {
        Spec::Google(GoogleSpec::ServiceAttachment {
            nat: BTreeSet::new(),
            accept: endpoints.iter().map(|&it| it.to_owned()).collect(),
            reject: BTreeSet::new(),
        })
    };
    let zone = || "europe-west1-b".to_owned();
    let endpoints = Part::Google(GooglePart::Endpoints(zone()));
    let nodes = Spec::Google(GoogleSpec::Endpoints {
        instances: BTreeSet::from(["a".to_owned()]),
    });
    let desired = [
        (Part::Google(GooglePart::Allow), allow(&[5432])),
        (endpoints.clone(), nodes),
        (Part::Attachment, accepting(&["one"])),
    ];
    let seen = vec![
        (Part::Google(GooglePart::Allow), ready(allow(&[5432, 6432]))),
        (endpoints, ready(Spec::Google(GoogleSpec::EndpointCount(2)))),
        (Part::Attachment, ready(accepting(&["one", "two"]))),
    ];
    assert_eq!(
        text(&picture(&desired, seen)),
        [
            "update firewall rule that allows -port 6432",
            "update network endpoints in europe-west1-b -1 node(s)",
            "update published service -endpoint two",
        ]
    );
}

#[test]
fn a_node_that_is_not_desired_is_cut() {
    let member = Part::Azure(AzurePart::Member("/nic".to_owned()));
    let desired = [(balancer(), rules(&[]))];
    let seen = vec![
        (balancer(), ready(rules(&[]))),
        (member, ready(Spec::Present)),
    ];
    assert_eq!(
        text(&picture(&desired, seen)),
        ["delete backend /nic -backend /nic"]
    );
}
