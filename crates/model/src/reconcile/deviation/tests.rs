use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::*;
use crate::blueprint;
use crate::id::Generation;
use crate::part::{AzurePart, Facts, GooglePart, GoogleSpec, Observed, Spec};
use crate::reconcile::{AbsenceRule, Next, Outcome, Step, next};
use crate::static_ip::{StaticIp, StaticIpState};
use crate::vpc::{ProjectVpc, VpcNetwork, VpcState};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn confirmed(spec: Spec) -> Confirmed {
    Confirmed {
        spec,
        tag: None,
        facts: Facts {
            id: Some("id".to_owned()),
            alias: None,
            address: Some("203.0.113.7".parse().unwrap()),
            ..Facts::default()
        },
    }
}

/// A picture in which everything is as desired.
fn settled(desired: BTreeMap<Part, Desired>) -> Picture {
    let mut observed = Observed::default();
    for (part, desired) in &desired {
        let Desired::Be(spec) = desired else { continue };
        let seen = ObservedPart {
            phase: Phase::Ready,
            last: Some(confirmed(spec.clone())),
        };
        observed.parts.insert(part.clone(), seen);
    }
    Picture {
        generation: Generation(1),
        desired,
        observed,
        absence: AbsenceRule { window: WINDOW },
    }
}

fn vpc(cloud: &str) -> ProjectVpc {
    ProjectVpc {
        id: "5f7b5a5e-9a4c-4a3e-8d3b-0f6f0f6f0f6f".parse().unwrap(),
        project: "demo".parse().unwrap(),
        cloud: cloud.parse().unwrap(),
        cidr: "10.70.0.0/24".parse().unwrap(),
        account: Some("main".parse().unwrap()),
        place: VpcNetwork::Made,
        byoc: false,
        generation: Generation(1),
        deleting: false,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn read(picture: &mut Picture, part: &Part, outcome: Outcome, now: Timestamp) {
    picture.record(&Step::Read(part.clone()), outcome, now);
}

/// Reads a part that is missing, until its absence is proven.
fn prove_absent(picture: &mut Picture, part: &Part, evidence: Evidence) {
    picture.observed.suspect(part, at(0));
    for second in [0, 30, 60] {
        read(picture, part, Outcome::Absent(evidence), at(second));
    }
}

#[test]
fn a_deleted_probe_rule_is_made_again_after_the_proof_and_the_state_stays() {
    let vpc = vpc("google-europe-west1");
    let probes = Part::Google(GooglePart::Probes);
    let mut picture = settled(blueprint::of_vpc(&vpc, true, &Observed::default()));
    picture.observed.suspect(&probes, at(0));
    for second in [0, 30, 59] {
        let lacks = Outcome::Absent(Evidence::ParentLacks);
        read(&mut picture, &probes, lacks, at(second));
        assert!(matches!(next(&picture, at(second)), Next::Wait { .. }));
        assert_eq!(vpc.state(&picture.observed), VpcState::Active);
        assert!(picture.observed.deviations.is_empty(), "only a suspicion");
    }
    let lacks = Outcome::Absent(Evidence::ParentLacks);
    read(&mut picture, &probes, lacks, at(60));
    let deviation = &picture.observed.deviations[&probes];
    assert_eq!(deviation.cause, DeviationCause::Deleted);
    assert_eq!(deviation.since, at(0));
    assert_eq!(vpc.state(&picture.observed), VpcState::Active);
    picture.desired = blueprint::of_vpc(&vpc, true, &picture.observed);
    let Next::Do(step @ Step::Put { .. }) = next(&picture, at(60)) else {
        panic!("expected a put")
    };
    picture.record(&step, Outcome::Ready(confirmed(Spec::Present)), at(61));
    assert!(picture.observed.deviations.is_empty());
    assert!(picture.is_settled());
}

#[test]
fn one_read_that_finds_a_part_ends_the_suspicion() {
    let vpc = vpc("google-europe-west1");
    let probes = Part::Google(GooglePart::Probes);
    let mut picture = settled(blueprint::of_vpc(&vpc, true, &Observed::default()));
    picture.observed.suspect(&probes, at(0));
    let lacks = Outcome::Absent(Evidence::ParentLacks);
    read(&mut picture, &probes, lacks, at(0));
    let found = Outcome::Ready(confirmed(Spec::Present));
    read(&mut picture, &probes, found, at(30));
    assert!(picture.is_settled());
    assert!(picture.observed.deviations.is_empty());
}

#[test]
fn a_changed_rule_is_written_again() {
    let vpc = vpc("google-europe-west1");
    let probes = Part::Google(GooglePart::Probes);
    let mut picture = settled(blueprint::of_vpc(&vpc, true, &Observed::default()));
    let narrowed = Spec::Google(GoogleSpec::Firewall {
        sources: ["35.191.0.0/16".parse().unwrap()].into(),
        ports: [22].into(),
    });
    read(
        &mut picture,
        &probes,
        Outcome::Ready(confirmed(narrowed)),
        at(0),
    );
    let deviation = &picture.observed.deviations[&probes];
    assert_eq!(deviation.cause, DeviationCause::Changed);
    let Next::Do(step @ Step::Put { .. }) = next(&picture, at(0)) else {
        panic!("expected a put")
    };
    picture.record(&step, Outcome::Ready(confirmed(Spec::Present)), at(1));
    assert!(picture.observed.deviations.is_empty());
    assert!(picture.is_settled());
}

#[test]
fn a_policy_that_was_switched_back_is_set_without_a_proof_but_a_missing_subnet_needs_one() {
    let policy = Part::Azure(AzurePart::NatPolicy);
    let desired = BTreeMap::from([(policy.clone(), Desired::Be(Spec::Present))]);
    let mut picture = settled(desired.clone());
    let reset = Outcome::Absent(Evidence::FieldReset);
    read(&mut picture, &policy, reset, at(0));
    let deviation = &picture.observed.deviations[&policy];
    assert_eq!(deviation.cause, DeviationCause::Changed);
    assert!(matches!(next(&picture, at(0)), Next::Do(Step::Put { .. })));

    let mut picture = settled(desired);
    let lacks = Outcome::Absent(Evidence::ParentLacks);
    read(&mut picture, &policy, lacks, at(0));
    assert!(picture.observed.is_suspected(&policy), "one false 404");
    assert!(picture.observed.last(&policy).is_some());
}

#[test]
fn a_deleted_network_is_made_again_only_if_no_service_is_in_it() {
    for cloud in ["azure-westeurope", "google-europe-west1"] {
        let vpc = vpc(cloud);
        let mut picture = settled(blueprint::of_vpc(&vpc, true, &Observed::default()));
        prove_absent(&mut picture, &Part::Network, Evidence::ParentLacks);
        picture.desired = blueprint::of_vpc(&vpc, true, &picture.observed);
        assert_eq!(picture.desired[&Part::Network], Desired::Leave);
        assert_eq!(next(&picture, at(61)), Next::Rest, "{cloud}");
        assert_eq!(vpc.state(&picture.observed), VpcState::Active);

        let mut emptied = picture.clone();
        emptied.desired = blueprint::of_vpc(&vpc, false, &emptied.observed);
        let Next::Do(Step::Put { part, .. }) = next(&emptied, at(61)) else {
            panic!("expected a put on {cloud}")
        };
        assert_eq!(part, Part::Network);
    }
}

/// The desired network, as the provider's object of this number.
fn network(desired: &BTreeMap<Part, Desired>, number: &str) -> Outcome {
    let Desired::Be(spec) = &desired[&Part::Network] else {
        panic!("it is to be made")
    };
    let mut found = confirmed(spec.clone());
    found.facts.instance = Some(number.to_owned());
    Outcome::Ready(found)
}

#[test]
fn a_network_that_was_made_again_elsewhere_is_left_alone_while_services_are_in_it() {
    for cloud in ["azure-westeurope", "google-europe-west1"] {
        for is_deleted_first in [false, true] {
            let vpc = vpc(cloud);
            let mut picture = settled(blueprint::of_vpc(&vpc, true, &Observed::default()));
            let [known, other] = ["1", "2"].map(|number| network(&picture.desired, number));
            read(&mut picture, &Part::Network, known.clone(), at(0));
            if is_deleted_first {
                prove_absent(&mut picture, &Part::Network, Evidence::ParentLacks);
                picture.desired = blueprint::of_vpc(&vpc, true, &picture.observed);
            }
            read(&mut picture, &Part::Network, other, at(70));
            picture.desired = blueprint::of_vpc(&vpc, true, &picture.observed);
            picture.adopt_replacements();
            assert!(picture.observed.is_replaced(&Part::Network), "{cloud}");
            assert!(!picture.observed.is_lost(&Part::Network));
            assert!(picture.desired.values().all(|it| *it == Desired::Leave));
            assert_eq!(next(&picture, at(70)), Next::Rest);
            assert_eq!(vpc.state(&picture.observed), VpcState::Active);

            let mut emptied = picture.clone();
            emptied.desired = blueprint::of_vpc(&vpc, false, &emptied.observed);
            emptied.adopt_replacements();
            assert!(emptied.observed.deviations.is_empty(), "it is taken over");

            // The other one was shown by mistake.
            read(&mut picture, &Part::Network, known, at(80));
            assert!(picture.observed.deviations.is_empty());
        }
    }
}

#[test]
fn a_network_that_underpass_makes_again_is_no_other_one() {
    for is_interrupted in [false, true] {
        let vpc = vpc("azure-westeurope");
        let mut picture = settled(blueprint::of_vpc(&vpc, false, &Observed::default()));
        let [known, other] = ["1", "2"].map(|number| network(&picture.desired, number));
        read(&mut picture, &Part::Network, known, at(0));
        prove_absent(&mut picture, &Part::Network, Evidence::ParentLacks);
        picture.desired = blueprint::of_vpc(&vpc, false, &picture.observed);
        let Next::Do(mut step @ Step::Put { .. }) = next(&picture, at(61)) else {
            panic!("expected a put")
        };
        picture.observed.mark_unknown(&Part::Network, at(61));
        if is_interrupted {
            step = Step::Read(Part::Network);
        } else {
            // A service arrives meanwhile.
            picture.desired = blueprint::of_vpc(&vpc, true, &picture.observed);
        }
        picture.record(&step, other, at(62));
        assert!(picture.observed.deviations.is_empty());
    }
}

#[test]
fn a_network_without_its_group_starts_the_suspicion_of_the_group() {
    let vpc = vpc("azure-westeurope");
    let group = Part::Azure(AzurePart::Group);
    let mut picture = settled(blueprint::of_vpc(&vpc, false, &Observed::default()));
    prove_absent(&mut picture, &Part::Network, Evidence::ParentAbsent);
    assert!(picture.observed.is_suspected(&group));
    let Next::Do(step) = next(&picture, at(60)) else {
        panic!("expected a read")
    };
    assert_eq!(step, Step::Read(group.clone()));
    prove_absent(&mut picture, &group, Evidence::ParentLacks);
    let Next::Do(Step::Put { part, .. }) = next(&picture, at(61)) else {
        panic!("expected a put")
    };
    assert_eq!(part, group);
}

#[test]
fn a_deleted_address_is_never_replaced_and_returns_by_itself() {
    let ip = StaticIp {
        id: crate::id::StaticIpId::from_bits(7),
        project: "demo".parse().unwrap(),
        cloud: "azure-westeurope".parse().unwrap(),
        account: Some("main".parse().unwrap()),
        service: Some("pg-1".parse().unwrap()),
        termination_protection: false,
        generation: Generation(1),
        deleting: false,
        created_at: at(0),
    };
    let part = Part::Azure(AzurePart::Address);
    let mut picture = settled(blueprint::of_static_ip(&ip, &Observed::default()));
    let address = ip.address(&picture.observed);
    assert!(address.is_some());
    prove_absent(&mut picture, &part, Evidence::ParentLacks);
    picture.desired = blueprint::of_static_ip(&ip, &picture.observed);
    assert!(picture.observed.is_lost(&part));
    assert_eq!(next(&picture, at(61)), Next::Rest);
    assert!(picture.is_settled());
    assert_eq!(ip.address(&picture.observed), address);
    assert_eq!(ip.state(&picture.observed, true), StaticIpState::Assigned);

    // A later listing shows it again.
    picture.observed.mark_unknown(&part, at(70));
    assert_eq!(next(&picture, at(70)), Next::Do(Step::Read(part.clone())));
    let found = Outcome::Ready(confirmed(Spec::Present));
    read(&mut picture, &part, found, at(70));
    assert!(!picture.observed.is_lost(&part));
    picture.desired = blueprint::of_static_ip(&ip, &picture.observed);
    assert_eq!(next(&picture, at(70)), Next::Rest);

    let mut deleting = ip;
    deleting.delete().unwrap_err();
    deleting.service = None;
    deleting.delete().unwrap();
    prove_absent(&mut picture, &part, Evidence::ParentLacks);
    picture.desired = blueprint::of_static_ip(&deleting, &picture.observed);
    assert!(picture.is_settled(), "a lost address can be deleted");
}

#[test]
fn an_address_that_is_another_one_is_noted_until_it_is_the_former() {
    let part = Part::Azure(AzurePart::Address);
    let desired = BTreeMap::from([(part.clone(), Desired::Be(Spec::Present))]);
    let mut other = confirmed(Spec::Present);
    other.facts.address = Some("203.0.113.8".parse().unwrap());
    let former = confirmed(Spec::Present);
    let addresses = former.facts.address.zip(other.facts.address);
    for is_deleted_first in [false, true] {
        let mut picture = settled(desired.clone());
        if is_deleted_first {
            prove_absent(&mut picture, &part, Evidence::ParentLacks);
        }
        read(&mut picture, &part, Outcome::Ready(other.clone()), at(70));
        let deviation = &picture.observed.deviations[&part];
        assert_eq!(deviation.cause, DeviationCause::Changed);
        assert_eq!(picture.observed.changed_address(&part), addresses);
        assert!(!picture.observed.is_lost(&part));
        assert_eq!(next(&picture, at(70)), Next::Rest, "it cannot be put right");

        read(&mut picture, &part, Outcome::Ready(former.clone()), at(80));
        assert!(picture.observed.deviations.is_empty());
    }
}

#[test]
fn notes_of_links_parts_are_not_made() {
    let part = Part::Attachment;
    let desired = BTreeMap::from([(part.clone(), Desired::Be(Spec::Present))]);
    let mut picture = settled(desired);
    prove_absent(&mut picture, &part, Evidence::ParentLacks);
    assert!(picture.observed.is_gone(&part));
    assert!(picture.observed.deviations.is_empty());
}
