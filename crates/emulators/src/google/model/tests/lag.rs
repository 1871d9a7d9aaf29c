use std::time::Duration;

use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const LAG: Duration = Duration::from_secs(4);

/// Long enough to tell two moments apart, short enough to stay within the lag.
const MOMENT: Duration = Duration::from_secs(1);

/// The statuses the attachment shows.
fn shown(fixture: &mut Fixture) -> Vec<String> {
    let entries = fixture.connected();
    entries
        .iter()
        .map(|it| it["status"].as_str().unwrap().to_owned())
        .collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

/// Sends lists that accept all of the consumer's, or nobody, and lets no time pass.
fn accept(fixture: &mut Fixture, limit: u32) {
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": limit }]);
    operation(&fixture.change(&regional(SA), json!({ "consumerAcceptLists": list })));
}

#[test]
fn a_new_endpoint_shows_on_its_own_side_at_once_and_on_the_other_late() {
    let mut fixture = Fixture::lagging(LAG).with_attachment();
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    ));
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
    assert_eq!(shown(&mut fixture), nothing());
    assert_eq!(fixture.google.next_due(), Some(fixture.now + LAG));
    fixture.advance(MOMENT * 3);
    assert_eq!(shown(&mut fixture), nothing());
    fixture.advance(MOMENT);
    assert_eq!(shown(&mut fixture), ["PENDING"]);
    assert_eq!(fixture.google.next_due(), None);
}

#[test]
fn bytes_follow_a_decision_at_once_while_the_attachment_shows_it_late() {
    let mut fixture = Fixture::lagging(LAG).with_endpoint();
    accept(&mut fixture, 1);
    assert_eq!(fixture.google.bindings().len(), 1);
    assert_eq!(fixture.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(shown(&mut fixture), ["PENDING"]);
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), ["ACCEPTED"]);
    accept(&mut fixture, 0);
    assert!(fixture.google.bindings().is_empty());
    assert_eq!(shown(&mut fixture), ["ACCEPTED"]);
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), ["PENDING"]);
}

#[test]
fn every_decision_shows_in_its_turn() {
    let mut fixture = Fixture::lagging(LAG).with_endpoint();
    accept(&mut fixture, 1);
    fixture.advance(MOMENT);
    accept(&mut fixture, 0);
    fixture.advance(MOMENT);
    accept(&mut fixture, 1);
    for status in ["PENDING", "ACCEPTED", "PENDING", "ACCEPTED"] {
        assert_eq!(shown(&mut fixture), [status]);
        fixture.advance(match fixture.google.next_due() {
            Some(due) => due.duration_since(fixture.now).try_into().unwrap(),
            None => Duration::ZERO,
        });
    }
}

#[test]
fn an_endpoint_that_went_is_shown_for_a_while() {
    let mut fixture = Fixture::lagging(LAG).with_accepted();
    operation(&fixture.delete(&consumer_regional(CONSUMER, "forwardingRules/e")));
    assert!(fixture.google.bindings().is_empty());
    assert_eq!(shown(&mut fixture), ["ACCEPTED"]);
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), nothing());
}

#[test]
fn the_lag_begins_when_the_operation_ends() {
    let mut fixture = Fixture::with_timing(DELAY, LAG)
        .with_networks()
        .with_endpoint();
    accept(&mut fixture, 1);
    fixture.advance(DELAY);
    assert_eq!(fixture.google.bindings().len(), 1);
    assert_eq!(shown(&mut fixture), ["PENDING"]);
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), ["ACCEPTED"]);
}

#[test]
fn time_that_passes_in_one_step_does_the_same_as_in_many() {
    let mut one = Fixture::with_timing(DELAY, LAG)
        .with_networks()
        .with_endpoint();
    accept(&mut one, 1);
    operation(&one.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    ));
    let mut other = one.copy();
    one.advance(DELAY + LAG + MOMENT);
    for _ in 0..15 {
        other.advance(MOMENT);
    }
    assert_eq!(one.google.snapshot(), other.google.snapshot());
    assert_eq!(shown(&mut one), ["ACCEPTED", "PENDING"]);
}

#[test]
fn an_attachment_of_the_same_name_shows_nothing_of_the_last() {
    let mut fixture = Fixture::lagging(LAG).with_endpoint();
    accept(&mut fixture, 1);
    operation(&fixture.delete(&regional(SA)));
    operation(&fixture.post(&regional("serviceAttachments"), attachment("sa")));
    assert_eq!(shown(&mut fixture), nothing());
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), nothing());
}
