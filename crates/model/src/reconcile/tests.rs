//! Properties of the loop, folded through a cloud that does as told, or does not.

mod google;
mod weather;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::id::ConnectionId;
use crate::part::{
    Admission, AzurePart, AzureSpec, Facts, GooglePart, GoogleSpec, OperationKind, Rule,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn confirmed(spec: &Spec, tag: &str) -> Confirmed {
    Confirmed {
        spec: spec.clone(),
        tag: Some(tag.to_owned()),
        facts: Facts::default(),
    }
}

fn balancer(ports: &[u16]) -> Spec {
    let rule = |port: &u16| Rule {
        name: format!("c{port}"),
        link_port: *port,
        backend_port: *port,
        node: None,
    };
    Spec::Azure(AzureSpec::Balancer {
        rules: ports.iter().map(rule).collect(),
        pools: BTreeSet::new(),
    })
}

fn link_parts(ports: &[u16], nodes: &[&str]) -> BTreeMap<Part, Desired> {
    let mut desired = BTreeMap::from([
        (
            Part::Azure(AzurePart::Balancer),
            Desired::Be(balancer(ports)),
        ),
        (
            Part::Attachment,
            Desired::Be(Spec::Azure(AzureSpec::Attachment {
                visibility: BTreeSet::new(),
            })),
        ),
    ]);
    for node in nodes {
        desired.insert(
            Part::Azure(AzurePart::Member((*node).to_owned())),
            Desired::Be(Spec::Present),
        );
    }
    desired
}

fn picture(desired: BTreeMap<Part, Desired>) -> Picture {
    Picture {
        generation: Generation(1),
        desired,
        observed: Observed::default(),
        absence: AbsenceRule {
            window: SignedDuration::ZERO,
        },
    }
}

/// Performs steps immediately until nothing is left to do; returns the writes in order.
fn settle(picture: &mut Picture) -> Vec<String> {
    let mut writes = Vec::new();
    for round in 0..1_000 {
        let now = at(round);
        let Next::Do(step) = next(picture, now) else {
            return writes;
        };
        let outcome = match &step {
            Step::Put { part, spec, .. } => {
                writes.push(format!("put {part}"));
                Outcome::Ready(confirmed(spec, &format!("t{round}")))
            }
            Step::Survey(_) => Outcome::Empty,
            Step::Delete(part) => {
                writes.push(format!("delete {part}"));
                Outcome::Gone
            }
            Step::Read(part) | Step::Poll { part, .. } => match picture.observed.last(part) {
                Some(last) => Outcome::Ready(confirmed(&last.spec, &format!("t{round}"))),
                None => Outcome::Gone,
            },
        };
        if step.is_write() {
            picture.observed.mark_unknown(step.part(), now);
        }
        picture.record(&step, outcome, now);
    }
    panic!("does not settle: {picture:?}");
}

#[test]
fn a_link_is_built_balancer_first_and_attachment_last() {
    let mut picture = picture(link_parts(&[5432], &["nic-a", "nic-b"]));
    let writes = settle(&mut picture);
    assert_eq!(
        writes,
        [
            "put balancer",
            "put member:nic-a",
            "put member:nic-b",
            "put attachment"
        ]
    );
    assert!(picture.is_settled());
}

#[test]
fn opening_a_port_is_one_write() {
    let mut picture = picture(link_parts(&[5432], &["nic-a"]));
    settle(&mut picture);
    picture.desired = link_parts(&[5432, 6432], &["nic-a"]);
    assert_eq!(settle(&mut picture), ["put balancer"]);
}

#[test]
fn a_link_goes_in_the_opposite_order() {
    let id = ConnectionId::from_bits(1);
    let mut picture = picture(link_parts(&[5432], &["nic-a"]));
    settle(&mut picture);
    let admission = confirmed(&Spec::Admission(Admission::Pending), "t");
    let seen = ObservedPart {
        phase: Phase::Ready,
        last: Some(admission),
    };
    picture
        .observed
        .parts
        .insert(Part::Admission(id.clone()), seen);
    picture.desired.clear();
    let writes = settle(&mut picture);
    assert_eq!(
        writes,
        [
            format!("delete admission:{id}").as_str(),
            "delete attachment",
            "delete member:nic-a",
            "delete balancer"
        ]
    );
}

#[test]
fn a_part_in_doubt_is_read_before_anything_else() {
    let mut picture = picture(link_parts(&[5432], &["nic-a"]));
    settle(&mut picture);
    picture.observed.mark_unknown(&Part::Attachment, at(0));
    picture.desired.clear();
    assert_eq!(
        next(&picture, at(1)),
        Next::Do(Step::Read(Part::Attachment))
    );
}

#[test]
fn a_change_to_a_guarded_part_carries_the_tag_it_was_decided_on() {
    let mut picture = picture(link_parts(&[5432], &[]));
    settle(&mut picture);
    picture.desired = link_parts(&[], &[]);
    // The attachment was written after the balancer, which may have moved the balancer's tag.
    assert_eq!(
        next(&picture, at(9)),
        Next::Do(Step::Read(Part::Azure(AzurePart::Balancer)))
    );
    let last = confirmed(&balancer(&[5432]), "fresh");
    let read = Step::Read(Part::Azure(AzurePart::Balancer));
    picture.record(&read, Outcome::Ready(last), at(9));
    let Next::Do(Step::Put { tag, .. }) = next(&picture, at(9)) else {
        panic!("expected a put")
    };
    assert_eq!(tag.as_deref(), Some("fresh"));
}

#[test]
fn a_write_that_keeps_failing_meets_growing_pauses() {
    let mut picture = picture(link_parts(&[5432], &[]));
    let failure = Failure {
        recovery: Recovery::Retry { after: None },
        code: "Busy".to_owned(),
        message: "create balancer: busy".to_owned(),
        remedy: None,
    };
    let mut now = at(0);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let step = loop {
            match next(&picture, now) {
                Next::Do(Step::Read(part)) => {
                    picture.record(&Step::Read(part), Outcome::Gone, now);
                }
                Next::Do(step) => break step,
                Next::Wait { until, .. } => {
                    pauses.push(until.duration_since(now).as_millis());
                    now = until;
                }
                Next::Rest => panic!("there is something to do"),
            }
        };
        picture
            .observed
            .fail(&step, &failure, Generation(1), now, 1.0);
    }
    assert_eq!(pauses, [1_000, 2_000, 4_000]);
}

#[test]
fn a_failure_ends_when_its_part_is_no_longer_desired() {
    let mut picture = picture(link_parts(&[5432], &["nic-a"]));
    let step = Step::Read(Part::Azure(AzurePart::Member("nic-a".to_owned())));
    let failure = Failure {
        recovery: Recovery::Refused,
        code: "Denied".to_owned(),
        message: String::new(),
        remedy: None,
    };
    picture
        .observed
        .fail(&step, &failure, Generation(1), at(0), 0.0);
    picture.end_idle_failures();
    assert_eq!(picture.observed.failures.len(), 1);
    picture.observed.parts.clear();
    picture.desired = link_parts(&[5432], &[]);
    picture.end_idle_failures();
    assert!(picture.observed.failures.is_empty());
}

#[test]
fn a_newer_generation_is_tried_immediately() {
    let mut picture = picture(link_parts(&[5432], &[]));
    let failure = Failure {
        recovery: Recovery::Refused,
        code: "Denied".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let Next::Do(step) = next(&picture, at(0)) else {
        panic!("expected a step")
    };
    picture
        .observed
        .fail(&step, &failure, Generation(1), at(0), 0.0);
    assert!(matches!(next(&picture, at(1)), Next::Wait { .. }));
    picture.generation = Generation(2);
    assert!(matches!(next(&picture, at(1)), Next::Do(_)));
}

#[test]
fn one_missing_interface_does_not_hold_up_the_rest() {
    let mut picture = picture(link_parts(&[5432], &["nic-gone"]));
    let failure = Failure {
        recovery: Recovery::Retry { after: None },
        code: "NotFound".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let mut puts = Vec::new();
    for round in 0..20 {
        let now = at(0);
        let Next::Do(step) = next(&picture, now) else {
            break;
        };
        match &step {
            Step::Put {
                part: Part::Azure(AzurePart::Member(_)),
                ..
            } => {
                picture
                    .observed
                    .fail(&step, &failure, Generation(1), now, 0.0);
            }
            Step::Put { part, spec, .. } => {
                puts.push(part.to_string());
                let outcome = Outcome::Ready(confirmed(spec, &format!("t{round}")));
                picture.record(&step, outcome, now);
            }
            Step::Read(_) | Step::Survey(_) | Step::Delete(_) | Step::Poll { .. } => {
                picture.record(&step, Outcome::Gone, now);
            }
        }
    }
    assert_eq!(puts, ["balancer", "attachment"]);
}

/// The reaction of a cloud to a step on one part.
#[derive(Debug, Clone, Copy)]
enum Weather {
    Calm,
    Slow,
    Lost,
    LostReply,
    Refused,
}

fn weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        4 => Just(Weather::Calm),
        2 => Just(Weather::Slow),
        1 => Just(Weather::Lost),
        1 => Just(Weather::LostReply),
        1 => Just(Weather::Refused),
    ]
}

fn desired_states() -> impl Strategy<Value = Vec<(bool, Vec<u16>, usize)>> {
    let state = (
        any::<bool>(),
        proptest::collection::vec(1..5_u16, 0..3),
        0..3_usize,
    );
    proptest::collection::vec(state, 1..4)
}

proptest! {
    /// For any failures, once the cloud is stable every desired state is reached within 4 steps a
    /// part, and a settled picture stays at rest.
    #[test]
    fn every_desired_state_is_reached_once_the_cloud_is_stable(
        states in desired_states(),
        storms in proptest::collection::vec(weather(), 0..40),
        on_google in any::<bool>(),
    ) {
        let parts_of = if on_google { google::link_parts } else { link_parts };
        let mut cloud: BTreeMap<Part, Spec> = BTreeMap::new();
        let mut picture = picture(BTreeMap::new());
        let mut storms = storms.into_iter();
        let mut clock = 0;
        for (generation, (present, ports, nodes)) in states.into_iter().enumerate() {
            let names: Vec<String> = (0..nodes).map(|n| format!("nic-{n}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            picture.desired = if present { parts_of(&ports, &names) } else { BTreeMap::new() };
            picture.generation = Generation(generation as u64 + 2);
            for _ in 0..12 {
                clock += 1;
                step_in(&mut picture, &mut cloud, at(clock), storms.next().unwrap_or(Weather::Calm));
            }
        }
        let bound = 4 * (picture.desired.len() + picture.observed.parts.len() + 1);
        let mut steps = 0;
        loop {
            clock += 1_000;
            if !step_in(&mut picture, &mut cloud, at(clock), Weather::Calm) {
                break;
            }
            steps += 1;
            prop_assert!(steps <= bound, "{steps} steps and still not at rest: {picture:?}");
        }
        prop_assert!(picture.is_settled());
        let desired: BTreeMap<Part, Spec> = picture
            .desired
            .iter()
            .filter_map(|(part, desired)| match desired {
                Desired::Be(spec) => Some((part.clone(), spec.clone())),
                Desired::Await(_) | Desired::Leave => None,
            })
            .collect();
        prop_assert_eq!(&cloud, &desired);
        prop_assert_eq!(next(&picture, at(clock + 1)), Next::Rest);
    }
}

/// One look and one step in the given weather; false when there was nothing to do.
fn step_in(
    picture: &mut Picture,
    cloud: &mut BTreeMap<Part, Spec>,
    now: Timestamp,
    weather: Weather,
) -> bool {
    let Next::Do(step) = next(picture, now) else {
        return false;
    };
    let tag = now.to_string();
    if step.is_write() {
        picture.observed.mark_unknown(step.part(), now);
    }
    let lost = Failure {
        recovery: Recovery::Retry { after: None },
        code: "InDoubt".to_owned(),
        message: String::new(),
        remedy: None,
    };
    let carried_out = !matches!(weather, Weather::Lost | Weather::Refused);
    match &step {
        Step::Put { part, spec, .. } if carried_out => {
            // What the part stands on must be there, or the order is wrong. What closes ports does not
            // wait for a read of what was confirmed, though a deletion of it may have succeeded.
            let observed = &picture.observed;
            let is_met = |other: &Part| {
                cloud.contains_key(other) || part.is_closing() && observed.last(other).is_some()
            };
            let mut needed = picture.desired.keys().filter(|other| part.needs(other));
            assert!(needed.all(is_met), "{part}");
            cloud.insert(part.clone(), spec.clone());
        }
        Step::Delete(part) if carried_out => {
            assert!(
                !cloud
                    .iter()
                    .any(|(other, spec)| google::refers(other, spec, part)),
                "{part} is still needed"
            );
            cloud.remove(part);
        }
        Step::Put { .. }
        | Step::Delete(_)
        | Step::Read(_)
        | Step::Survey(_)
        | Step::Poll { .. } => {}
    }
    let present = match cloud.get(step.part()) {
        Some(spec) => Outcome::Ready(confirmed(spec, &tag)),
        None => Outcome::Gone,
    };
    match weather {
        Weather::Slow if step.is_write() => {
            let kind = if matches!(step, Step::Delete(_)) {
                OperationKind::Delete
            } else {
                OperationKind::Put
            };
            let operation = Some("op".to_owned());
            let making = Outcome::Making {
                operation,
                check_after: now,
                kind,
            };
            picture.record(&step, making, now);
        }
        Weather::Calm | Weather::Slow => picture.record(&step, present, now),
        Weather::Lost | Weather::LostReply | Weather::Refused => {
            picture
                .observed
                .fail(&step, &lost, picture.generation, now, 0.5);
        }
    }
    true
}
