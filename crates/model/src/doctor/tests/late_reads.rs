//! Differences that may be of the past, or of another component.

use jiff::Timestamp;

use super::*;
use crate::part::WriteAttempt;

pub(super) fn changed(doubtful_since: Option<Timestamp>) -> DifferenceKind {
    DifferenceKind::Changed(Change {
        kind: ChangeKind::Other,
        doubtful_since,
    })
}

#[test]
fn what_a_listing_shows_otherwise_soon_after_a_write_is_a_fault_if_it_is_written_again() {
    for provider in BOTH {
        let mut world = World::new(provider);
        world.list(Part::Attachment, changed(Some(at(590))));
        assert_eq!(first_broken(&world.hops()), None, "{provider}");
        world.write_again(&Part::Attachment);
        let hops = world.hops();
        assert_eq!(first_broken(&hops).unwrap().kind, HopKind::Objects);
    }
}

#[test]
fn a_rule_that_was_just_written_and_is_read_otherwise_is_not_checked() {
    let mut world = World::new(Provider::Azure);
    let part = Part::Azure(AzurePart::Balancer);
    let Spec::Azure(AzureSpec::Balancer { rules, pools }) =
        world.observed.last(&part).unwrap().spec.clone()
    else {
        unreachable!()
    };
    world.write_again(&part);
    let before = rules.iter().map(|rule| Rule {
        name: "kafka".to_owned(),
        ..rule.clone()
    });
    let rules = rules.iter().cloned().chain(before).collect();
    let spec = Spec::Azure(AzureSpec::Balancer { rules, pools });
    world.confirm(part.clone(), spec);
    let hops = world.hops();
    let hop = of(&hops, HopKind::Rules);
    assert_eq!(hop.status, HopStatus::NotChecked);
    insta::assert_snapshot!(hop.evidence, @"The load balancer has rules that are not desired: `kafka`. It was written 4 s ago, and the cloud may still show its state before that");
    // Long after the write it is a fault, unless the check is about another component.
    world.observed.repeated_writes.clear();
    assert_eq!(of(&world.hops(), HopKind::Rules).status, HopStatus::Broken);
    world.component = Some("pg");
    assert_eq!(of(&world.hops(), HopKind::Rules).status, HopStatus::Ok);
}

#[test]
fn a_component_is_not_broken_by_what_another_one_lacks() {
    for provider in BOTH {
        let mut world = World::new(provider);
        let part = match provider {
            Provider::Azure => Part::Azure(AzurePart::Balancer),
            Provider::Google | Provider::Aws => Part::Google(GooglePart::Allow),
        };
        let before = world.observed.last(&part).unwrap().spec.clone();
        world.access("pgbouncer", true);
        world.build();
        world.confirm(part, before);
        let rules = |world: &World| of(&world.hops(), HopKind::Rules).clone();
        assert_eq!(rules(&world).status, HopStatus::Broken, "{provider}");
        world.component = Some("pgbouncer");
        assert_eq!(rules(&world).status, HopStatus::Broken, "{provider}");
        world.component = Some("pg");
        assert_eq!(rules(&world).status, HopStatus::Ok, "{provider}");
    }
}

#[test]
fn one_answer_that_lacks_something_is_no_fault() {
    for provider in BOTH {
        let mut world = World::new(provider);
        let suspected = |reads| Phase::Missing {
            since: at(598),
            reads,
            check_after: at(700),
        };
        let since = at(598);
        let part = Part::Attachment;
        let objects = |world: &World| of(&world.hops(), HopKind::Objects).status;
        let ready = world.observed.parts[&part].phase.clone();
        for (reads, is_listed, expected) in [
            (0, true, HopStatus::NotChecked),
            (1, true, HopStatus::NotChecked),
            (0, false, HopStatus::NotChecked),
            (1, false, HopStatus::Broken),
            (2, true, HopStatus::Broken),
        ] {
            world.set_phase(&part, suspected(reads));
            if is_listed {
                world.listing = world.networks.clone();
            } else {
                world.list(part.clone(), DifferenceKind::Missing { since, answers: 0 });
            }
            assert_eq!(objects(&world), expected, "{reads} {is_listed}");
        }
        world.set_phase(&part, ready);
        world.listing = world.networks.clone();
        let endpoint = Part::Admission(world.connections[0].id.clone());
        let status = |world: &World| of(&world.hops(), HopKind::Endpoint).status;
        for (reads, expected) in [
            (0, HopStatus::NotChecked),
            (1, HopStatus::NotChecked),
            (2, HopStatus::Broken),
        ] {
            world.set_phase(&endpoint, suspected(reads));
            assert_eq!(status(&world), expected, "{reads}");
        }
    }
}

#[test]
fn a_step_that_failed_just_now_and_is_repeated_is_no_fault() {
    for provider in BOTH {
        let mut world = World::new(provider);
        world.set_phase(&Part::Attachment, Phase::Unknown { since: at(590) });
        world.fail(Part::Attachment, None);
        let objects = |world: &World| of(&world.hops(), HopKind::Objects).status;
        assert_eq!(objects(&world), HopStatus::Broken, "for ten minutes");
        let failure = world.observed.failures.get_mut(&Part::Attachment).unwrap();
        failure.since = at(590);
        assert_eq!(objects(&world), HopStatus::NotChecked);
        world.fail(Part::Attachment, Some("Raise the quota"));
        assert_eq!(objects(&world), HopStatus::Broken, "retries do not help");
    }
}

#[test]
fn what_a_listing_lacks_and_is_written_again_is_a_fault() {
    for provider in BOTH {
        let mut world = World::new(provider);
        let part = Part::Attachment;
        let since = at(595);
        world.list(part.clone(), DifferenceKind::Missing { since, answers: 0 });
        world.set_phase(&part, Phase::Unknown { since: at(596) });
        let objects = |world: &World| of(&world.hops(), HopKind::Objects).status;
        assert_eq!(objects(&world), HopStatus::NotChecked, "it is read again");
        let attempt = WriteAttempt {
            spec: None,
            at: at(596),
        };
        let attempts = &mut world.observed.write_attempts;
        attempts.insert(part.clone(), vec![attempt]);
        assert_eq!(objects(&world), HopStatus::Broken);
    }
}

#[test]
fn an_approval_that_a_read_contradicts_soon_after_it_is_not_checked() {
    for provider in BOTH {
        let mut world = World::new(provider);
        let part = Part::Admission(world.connections[0].id.clone());
        world.observed.contradictions.insert(part, at(600));
        let hops = world.hops();
        assert_eq!(first_broken(&hops), None, "{provider}");
        let hop = of(&hops, HopKind::Approval);
        assert_eq!(hop.status, HopStatus::NotChecked);
    }
}
