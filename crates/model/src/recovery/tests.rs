use super::*;
use crate::part::Admission;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn identity() -> Identity {
    Identity {
        name: "pe.guid".to_owned(),
        link_identifier: Some("7".to_owned()),
        endpoint: "/pe".to_owned(),
        location: None,
        message: Some("please".to_owned()),
    }
}

fn connection(decision: Decision, revision: u32) -> Connection {
    Connection {
        id: ConnectionId::from_bits(1),
        ordinal: 1,
        identity: identity(),
        decision,
        revision,
        address: Some("10.0.0.4".parse().unwrap()),
        label: Some("team blue".parse().unwrap()),
        first_seen_at: now(),
        decided_at: None,
    }
}

fn listed() -> ObservedConnection {
    ObservedConnection {
        identity: Identity {
            message: Some("Approved by the provider".to_owned()),
            ..identity()
        },
        admission: Admission::Approved,
        id: "/pe".to_owned(),
        tag: None,
        proof: None,
    }
}

fn proven(decision: ProvenDecision, revision: u32) -> Attestation {
    Attestation {
        connection: ConnectionId::from_bits(1),
        ordinal: 1,
        decision,
        revision,
        address: None,
    }
}

/// The difference between a stored connection and a proof.
fn difference(own: Option<&Connection>, proven: Attestation) -> Option<ConnectionDifference> {
    let own: Vec<_> = own.into_iter().cloned().collect();
    let listed = listed();
    let proven = ProvenConnection {
        listed: &listed,
        proven,
    };
    let mut found = compare(&own, &[], &[proven]);
    found.remove(&ConnectionId::from_bits(1))
}

#[test]
fn what_the_store_decided_or_will_carry_out_is_no_difference() {
    let approved = ProvenDecision::Approved;
    let rejected = Decision::Rejected(RejectReason::ByUser);
    let current = connection(Decision::Approved, 1);
    assert_eq!(difference(Some(&current), proven(approved, 1)), None);
    let ahead = connection(rejected, 2);
    assert_eq!(
        difference(Some(&ahead), proven(approved, 1)),
        None,
        "a rejection that is not carried out yet"
    );
}

#[test]
fn a_decision_that_the_store_does_not_know_is_a_difference() {
    let approved = ProvenDecision::Approved;
    let pending = connection(Decision::Undecided, 0);
    assert!(difference(Some(&pending), proven(approved, 1)).is_some());
    assert!(difference(None, proven(approved, 1)).is_some());
    let by_user = Decision::Rejected(RejectReason::ByUser);
    let rejected = connection(by_user, 1);
    assert!(
        difference(Some(&rejected), proven(approved, 1)).is_some(),
        "two histories"
    );
    let before = connection(Decision::Approved, 1);
    assert!(difference(Some(&before), proven(ProvenDecision::Rejected, 2)).is_some());
    let other = Connection {
        id: ConnectionId::from_bits(2),
        ..connection(Decision::Approved, 1)
    };
    assert!(
        difference(Some(&other), proven(approved, 1)).is_some(),
        "another connection of the same endpoint"
    );
}

#[test]
fn an_ended_connection_is_known() {
    let row = EndedConnection {
        connection: connection(Decision::Approved, 1),
        ended_at: now(),
    };
    let listed = listed();
    let proven = ProvenConnection {
        listed: &listed,
        proven: proven(ProvenDecision::Approved, 1),
    };
    assert!(compare(&[], &[row], &[proven]).is_empty());
}

#[test]
fn adopting_takes_the_provider_s_decision_and_keeps_what_it_does_not_show() {
    let own = connection(Decision::Undecided, 0);
    let found = difference(Some(&own), proven(ProvenDecision::Approved, 3)).unwrap();
    let adopted = found.adopt(Some(&own), now());
    let expected = Connection {
        decision: Decision::Approved,
        revision: 3,
        decided_at: Some(now()),
        ..own
    };
    assert_eq!(adopted, expected);
    assert_eq!(difference(Some(&adopted), found.proven.clone()), None);
    let found = difference(None, proven(ProvenDecision::Approved, 3)).unwrap();
    let adopted = found.adopt(None, now());
    assert_eq!(adopted.identity.message, None, "our own text is no message");
    assert_eq!(difference(Some(&adopted), found.proven), None);
}

#[test]
fn overruling_is_newer_than_the_provider_s_decision() {
    let rejected = Decision::Rejected(RejectReason::ByUser);
    for (own, expected) in [
        (Some(connection(rejected.clone(), 1)), rejected.clone()),
        (Some(connection(Decision::Undecided, 0)), rejected.clone()),
        (None, rejected),
    ] {
        let found = difference(own.as_ref(), proven(ProvenDecision::Approved, 4)).unwrap();
        let overruled = found.overrule(own.as_ref(), now());
        assert_eq!(overruled.decision, expected);
        assert_eq!(overruled.revision, 5);
        assert_eq!(difference(Some(&overruled), found.proven), None);
    }
}

#[test]
fn an_address_that_was_set_after_the_decision_is_not_known_any_more() {
    let approved = proven(ProvenDecision::Approved, 1);
    let unknown = difference(None, approved.clone()).unwrap();
    assert_eq!(unknown.address(), None);
    assert_eq!(unknown.adopt(None, now()).address, None);
    let before = connection(Decision::Undecided, 0);
    let kept = difference(Some(&before), approved.clone()).unwrap();
    assert_eq!(kept.address(), before.address);
    assert_eq!(kept.adopt(Some(&before), now()).address, before.address);
    let with_address = Attestation {
        address: Some("10.0.0.9".parse().unwrap()),
        ..approved
    };
    let proven = difference(Some(&before), with_address).unwrap();
    assert_eq!(proven.address(), Some("10.0.0.9".parse().unwrap()));
}
