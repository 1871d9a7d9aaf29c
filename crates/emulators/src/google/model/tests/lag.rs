use std::time::Duration;

use serde_json::json;

use super::fixture::*;
use crate::cloud_model::CloudModel as _;

const LAG: Duration = Duration::from_secs(4);

/// A time step that is shorter than the lag.
const TIME_STEP: Duration = Duration::from_secs(1);

/// The statuses of the connected endpoints.
fn shown(fixture: &mut Fixture) -> Vec<String> {
    let entries = fixture.connected();
    entries
        .iter()
        .map(|it| it["status"].as_str().unwrap().to_owned())
        .collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

/// Sets the consumer's connection limit, without advancing time.
fn accept(fixture: &mut Fixture, limit: u32) {
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": limit }]);
    operation(&fixture.change(&regional(SA), json!({ "consumerAcceptLists": list })));
}

#[test]
fn a_new_endpoint_is_visible_immediately_and_listed_with_the_lag() {
    let mut fixture = Fixture::lagging(LAG).with_attachment();
    operation(&fixture.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("e"),
    ));
    assert_eq!(fixture.status(CONSUMER, "e"), "PENDING");
    assert_eq!(shown(&mut fixture), none());
    assert_eq!(fixture.google.next_due(), Some(fixture.now + LAG));
    fixture.advance(TIME_STEP * 3);
    assert_eq!(shown(&mut fixture), none());
    fixture.advance(TIME_STEP);
    assert_eq!(shown(&mut fixture), ["PENDING"]);
    assert_eq!(fixture.google.next_due(), None);
}

#[test]
fn listeners_follow_a_decision_immediately_and_the_list_with_the_lag() {
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
fn every_decision_is_listed_in_order() {
    let mut fixture = Fixture::lagging(LAG).with_endpoint();
    accept(&mut fixture, 1);
    fixture.advance(TIME_STEP);
    accept(&mut fixture, 0);
    fixture.advance(TIME_STEP);
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
fn a_deleted_endpoint_is_listed_until_the_lag_ends() {
    let mut fixture = Fixture::lagging(LAG).with_accepted();
    operation(&fixture.delete(&consumer_regional(CONSUMER, "forwardingRules/e")));
    assert!(fixture.google.bindings().is_empty());
    assert_eq!(shown(&mut fixture), ["ACCEPTED"]);
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), none());
}

#[test]
fn the_lag_begins_when_the_operation_completes() {
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
fn one_large_time_step_equals_many_small_ones() {
    let mut one = Fixture::with_timing(DELAY, LAG)
        .with_networks()
        .with_endpoint();
    accept(&mut one, 1);
    operation(&one.post(
        &consumer_regional(CONSUMER, "forwardingRules"),
        endpoint("f"),
    ));
    let mut other = one.copy();
    one.advance(DELAY + LAG + TIME_STEP);
    for _ in 0..15 {
        other.advance(TIME_STEP);
    }
    assert_eq!(one.google.snapshot(), other.google.snapshot());
    assert_eq!(shown(&mut one), ["ACCEPTED", "PENDING"]);
}

#[test]
fn an_attachment_of_the_same_name_lists_no_old_endpoints() {
    let mut fixture = Fixture::lagging(LAG).with_endpoint();
    accept(&mut fixture, 1);
    operation(&fixture.delete(&regional(SA)));
    operation(&fixture.post(&regional("serviceAttachments"), attachment("sa")));
    assert_eq!(shown(&mut fixture), none());
    fixture.advance(LAG);
    assert_eq!(shown(&mut fixture), none());
}
