use jiff::Timestamp;

use super::*;
use crate::id::Generation;
use crate::part::{
    AzurePart, Confirmed, Facts, GooglePart, ObservedPart, PartFailure, Phase, Spec,
};
use crate::vpc::VpcNetwork;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn confirmed() -> Confirmed {
    Confirmed {
        spec: Spec::Present,
        tag: None,
        facts: Facts {
            id: None,
            alias: None,
            address: Some("203.0.113.7".parse().unwrap()),
            ..Facts::default()
        },
    }
}

fn ready(parts: &[Part]) -> Observed {
    let mut observed = Observed::default();
    for part in parts {
        let seen = ObservedPart {
            phase: Phase::Ready,
            last: Some(confirmed()),
        };
        observed.parts.insert(part.clone(), seen);
    }
    observed
}

fn deviate(observed: &mut Observed, part: Part, cause: DeviationCause) {
    if cause == DeviationCause::Deleted {
        let gone = ObservedPart {
            phase: Phase::Gone,
            last: None,
        };
        observed.parts.insert(part.clone(), gone);
    }
    let deviation = Deviation {
        cause,
        since: at(5),
        last: confirmed(),
    };
    observed.deviations.insert(part, deviation);
}

fn vpc() -> ProjectVpc {
    ProjectVpc {
        id: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
        project: "demo".parse().unwrap(),
        cloud: "google-europe-west1".parse().unwrap(),
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

fn vpc_parts() -> [Part; 3] {
    [
        Part::Network,
        Part::Google(GooglePart::Subnet),
        Part::Google(GooglePart::Probes),
    ]
}

fn static_ip() -> StaticIp {
    StaticIp {
        id: StaticIpId::from_bits(7),
        project: "demo".parse().unwrap(),
        cloud: "azure-westeurope".parse().unwrap(),
        account: Some("main".parse().unwrap()),
        service: Some("pg-1".parse().unwrap()),
        termination_protection: false,
        generation: Generation(1),
        deleting: false,
        created_at: at(0),
    }
}

/// The type, status, reason and time of each condition.
fn told(conditions: &[Condition]) -> Vec<String> {
    let told = conditions.iter().map(|it| {
        let since = it.since.map(|since| since.duration_since(at(0)).as_secs());
        format!("{:?} {:?} {} {since:?}", it.kind, it.status, it.reason)
    });
    told.collect()
}

#[test]
fn a_settled_vpc_is_as_desired_and_a_new_one_is_reconciling() {
    let settled = of_vpc(&vpc(), &ready(&vpc_parts()), None);
    assert_eq!(told(&settled), ["Reconciled True AsDesired None"]);
    assert_eq!(problem(settled), None);
    let new = of_vpc(&vpc(), &Observed::default(), None);
    assert_eq!(told(&new), ["Reconciled Unknown Reconciling None"]);
    assert_eq!(problem(new), None, "it becomes active by itself");
}

#[test]
fn a_suspicion_is_shown_with_its_time() {
    let probes = Part::Google(GooglePart::Probes);
    let mut observed = ready(&vpc_parts());
    observed.suspect(&probes, at(3));
    let found = of_vpc(&vpc(), &observed, None);
    assert_eq!(
        told(&found),
        ["Reconciled Unknown AbsenceSuspected Some(3)"]
    );
    assert!(problem(found).is_some());
}

#[test]
fn a_rule_is_being_restored_and_a_network_is_not() {
    let mut observed = ready(&vpc_parts());
    let probes = Part::Google(GooglePart::Probes);
    deviate(&mut observed, probes, DeviationCause::Deleted);
    let found = of_vpc(&vpc(), &observed, None);
    assert_eq!(told(&found), ["Reconciled Unknown BeingRestored Some(5)"]);

    deviate(&mut observed, Part::Network, DeviationCause::Deleted);
    let found = of_vpc(&vpc(), &observed, None);
    assert_eq!(
        told(&found),
        [
            "Reconciled False NetworkDeleted Some(5)",
            "Reconciled Unknown BeingRestored Some(5)"
        ]
    );
    let remedy = found[0].remedy.clone().unwrap();
    let Remedy::Manual { text } = remedy else {
        panic!("a sentence")
    };
    assert!(text.contains("underpass vpc create --cloud google-europe-west1"));
}

#[test]
fn the_group_of_a_deleted_network_is_no_second_problem() {
    let mut vpc = vpc();
    vpc.cloud = "azure-westeurope".parse().unwrap();
    let group = Part::Azure(AzurePart::Group);
    let mut observed = ready(&[group.clone(), Part::Network]);
    deviate(&mut observed, group, DeviationCause::Deleted);
    deviate(&mut observed, Part::Network, DeviationCause::Deleted);
    let found = of_vpc(&vpc, &observed, None);
    assert_eq!(told(&found), ["Reconciled False NetworkDeleted Some(5)"]);
}

#[test]
fn a_network_that_was_made_again_elsewhere_is_shown_alone() {
    let mut observed = ready(&vpc_parts());
    let probes = Part::Google(GooglePart::Probes);
    deviate(&mut observed, probes, DeviationCause::Deleted);
    deviate(&mut observed, Part::Network, DeviationCause::Changed);
    let known = observed.deviations.get_mut(&Part::Network).unwrap();
    known.last.facts.instance = Some("1".to_owned());
    let seen = observed.parts.get_mut(&Part::Network).unwrap();
    seen.last.as_mut().unwrap().facts.instance = Some("2".to_owned());
    let found = of_vpc(&vpc(), &observed, None);
    assert_eq!(told(&found), ["Reconciled False NetworkReplaced Some(5)"]);
    let Some(Remedy::Manual { text }) = &found[0].remedy else {
        panic!("a sentence")
    };
    assert!(text.contains("underpass vpc create --cloud google-europe-west1"));
    assert!(problem(found).is_some(), "links tell of it");
}

#[test]
fn a_repair_that_fails_is_shown_beside_its_cause() {
    let probes = Part::Google(GooglePart::Probes);
    let mut observed = ready(&vpc_parts());
    deviate(&mut observed, probes.clone(), DeviationCause::Deleted);
    let failure = PartFailure {
        code: "Denied".to_owned(),
        message: "no".to_owned(),
        remedy: Some("Allow it".to_owned()),
        attempts: 3,
        since: at(9),
        retry_at: at(900),
    };
    observed.failures.insert(probes, failure);
    let found = of_vpc(&vpc(), &observed, None);
    assert_eq!(
        told(&found),
        [
            "Reconciled Unknown BeingRestored Some(5)",
            "Reconciled False Denied Some(9)"
        ]
    );
}

#[test]
fn a_deleted_address_tells_how_to_replace_it() {
    let address = Part::Azure(AzurePart::Address);
    let mut observed = ready(std::slice::from_ref(&address));
    deviate(&mut observed, address, DeviationCause::Deleted);
    let mut ip = static_ip();
    let found = of_static_ip(&ip, &observed, None);
    assert_eq!(told(&found), ["Reconciled False AddressDeleted Some(5)"]);
    assert!(found[0].message.contains("203.0.113.7"));
    let Some(Remedy::Manual { text }) = &found[0].remedy else {
        panic!("a sentence")
    };
    let id = &ip.id;
    assert!(text.contains("static-ip associate NEW --service pg-1"));
    assert!(text.contains(&format!("underpass static-ip delete {id}")));
    ip.deleting = true;
    let found = of_static_ip(&ip, &observed, None);
    assert_eq!(told(&found), ["Reconciled Unknown Reconciling None"]);
}

#[test]
fn a_changed_address_is_shown_with_the_former_one() {
    let address = Part::Azure(AzurePart::Address);
    let mut observed = ready(std::slice::from_ref(&address));
    deviate(&mut observed, address.clone(), DeviationCause::Changed);
    let last = observed.parts.get_mut(&address).unwrap().last.as_mut();
    last.unwrap().facts.address = Some("203.0.113.8".parse().unwrap());
    let found = of_static_ip(&static_ip(), &observed, None);
    assert_eq!(told(&found), ["Reconciled False AddressChanged Some(5)"]);
    let message = &found[0].message;
    assert!(message.contains("was 203.0.113.7 and is now 203.0.113.8"));
    assert!(problem(found).is_some());
}

#[test]
fn a_link_tells_which_of_its_networks_has_a_problem() {
    let address = Part::Azure(AzurePart::Address);
    let mut observed = ready(std::slice::from_ref(&address));
    deviate(&mut observed, address, DeviationCause::Deleted);
    let ip = static_ip();
    let condition = problem(of_static_ip(&ip, &observed, None)).unwrap();
    let of_link = network_intact(&NetworkProblem {
        subject: NetworkSubject::StaticIp(ip.id.clone()),
        condition: condition.clone(),
    });
    assert_eq!(of_link.kind, ConditionKind::NetworkIntact);
    assert_eq!(of_link.status, ConditionStatus::False);
    assert!(
        of_link
            .message
            .starts_with(&format!("Static IP {}: ", ip.id))
    );
    assert_eq!(of_link.remedy, condition.remedy);
}

#[test]
fn nothing_is_promised_that_fails_or_is_not_done() {
    let probes = Part::Google(GooglePart::Probes);
    let mut observed = ready(&vpc_parts());
    deviate(&mut observed, probes.clone(), DeviationCause::Changed);
    let first = |observed: &Observed| of_vpc(&vpc(), observed, None)[0].message.clone();
    assert!(first(&observed).ends_with("It is put right"));
    let failure = |code: &str| PartFailure {
        code: code.to_owned(),
        message: "no".to_owned(),
        remedy: Some("Allow it".to_owned()),
        attempts: 3,
        since: at(9),
        retry_at: at(900),
    };
    let mut failing = observed.clone();
    failing.failures.insert(probes, failure("Denied"));
    assert!(first(&failing).ends_with("put right failed, and is tried again"));
    observed.held_since = Some(at(1));
    let held = of_vpc(&vpc(), &observed, None);
    assert!(
        held.iter()
            .all(|it| !it.message.contains("It is put right"))
    );

    // On Azure, a write of the network says that the range of a subnet differs.
    let mut azure = vpc();
    azure.cloud = "azure-westeurope".parse().unwrap();
    let mut observed = ready(&[Part::Azure(AzurePart::Group), Part::Network]);
    deviate(&mut observed, Part::Network, DeviationCause::Changed);
    let differs = failure(SUBNET_RANGE_DIFFERS);
    observed.failures.insert(Part::Network, differs);
    let found = of_vpc(&azure, &observed, None);
    assert_eq!(
        told(&found),
        ["Reconciled False SubnetRangeDiffers Some(9)"]
    );
}
