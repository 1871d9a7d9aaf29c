use std::time::Duration;

use serde_json::json;

use super::world::*;
use crate::cloud_model::CloudModel as _;

const LAG: Duration = Duration::from_secs(4);

/// Long enough to tell two moments apart, short enough to stay within the lag.
const MOMENT: Duration = Duration::from_secs(1);

/// The statuses the attachment shows.
fn shown(world: &mut World) -> Vec<String> {
    let entries = world.connected();
    entries
        .iter()
        .map(|it| it["status"].as_str().unwrap().to_owned())
        .collect()
}

fn nothing() -> Vec<String> {
    Vec::new()
}

/// Sends lists that accept all of the consumer's, or nobody, and lets no time pass.
fn accept(world: &mut World, limit: u32) {
    let list = json!([{ "projectIdOrNum": CONSUMER, "connectionLimit": limit }]);
    operation(&world.change(&ours(SA), json!({ "consumerAcceptLists": list })));
}

#[test]
fn a_new_endpoint_shows_on_its_own_side_at_once_and_on_the_other_late() {
    let mut world = World::lagging(LAG).with_attachment();
    operation(&world.post(&theirs(CONSUMER, "forwardingRules"), endpoint("e")));
    assert_eq!(world.status(CONSUMER, "e"), "PENDING");
    assert_eq!(shown(&mut world), nothing());
    assert_eq!(world.google.next_due(), Some(world.now + LAG));
    world.pass(MOMENT * 3);
    assert_eq!(shown(&mut world), nothing());
    world.pass(MOMENT);
    assert_eq!(shown(&mut world), ["PENDING"]);
    assert_eq!(world.google.next_due(), None);
}

#[test]
fn bytes_follow_a_decision_at_once_while_the_attachment_shows_it_late() {
    let mut world = World::lagging(LAG).with_endpoint();
    accept(&mut world, 1);
    assert_eq!(world.google.bindings().len(), 1);
    assert_eq!(world.status(CONSUMER, "e"), "ACCEPTED");
    assert_eq!(shown(&mut world), ["PENDING"]);
    world.pass(LAG);
    assert_eq!(shown(&mut world), ["ACCEPTED"]);
    accept(&mut world, 0);
    assert!(world.google.bindings().is_empty());
    assert_eq!(shown(&mut world), ["ACCEPTED"]);
    world.pass(LAG);
    assert_eq!(shown(&mut world), ["PENDING"]);
}

#[test]
fn every_decision_shows_in_its_turn() {
    let mut world = World::lagging(LAG).with_endpoint();
    accept(&mut world, 1);
    world.pass(MOMENT);
    accept(&mut world, 0);
    world.pass(MOMENT);
    accept(&mut world, 1);
    for status in ["PENDING", "ACCEPTED", "PENDING", "ACCEPTED"] {
        assert_eq!(shown(&mut world), [status]);
        world.pass(match world.google.next_due() {
            Some(due) => due.duration_since(world.now).try_into().unwrap(),
            None => Duration::ZERO,
        });
    }
}

#[test]
fn an_endpoint_that_went_is_shown_for_a_while() {
    let mut world = World::lagging(LAG).with_accepted();
    operation(&world.delete(&theirs(CONSUMER, "forwardingRules/e")));
    assert!(world.google.bindings().is_empty());
    assert_eq!(shown(&mut world), ["ACCEPTED"]);
    world.pass(LAG);
    assert_eq!(shown(&mut world), nothing());
}

#[test]
fn the_lag_begins_when_the_operation_ends() {
    let mut world = World::with(DELAY, LAG).furnished().with_endpoint();
    accept(&mut world, 1);
    world.pass(DELAY);
    assert_eq!(world.google.bindings().len(), 1);
    assert_eq!(shown(&mut world), ["PENDING"]);
    world.pass(LAG);
    assert_eq!(shown(&mut world), ["ACCEPTED"]);
}

#[test]
fn time_that_passes_in_one_step_does_the_same_as_in_many() {
    let mut one = World::with(DELAY, LAG).furnished().with_endpoint();
    accept(&mut one, 1);
    operation(&one.post(&theirs(CONSUMER, "forwardingRules"), endpoint("f")));
    let mut other = one.copy();
    one.pass(DELAY + LAG + MOMENT);
    for _ in 0..15 {
        other.pass(MOMENT);
    }
    assert_eq!(one.google.snapshot(), other.google.snapshot());
    assert_eq!(shown(&mut one), ["ACCEPTED", "PENDING"]);
}

#[test]
fn an_attachment_of_the_same_name_shows_nothing_of_the_last() {
    let mut world = World::lagging(LAG).with_endpoint();
    accept(&mut world, 1);
    operation(&world.delete(&ours(SA)));
    operation(&world.post(&ours("serviceAttachments"), attachment("sa")));
    assert_eq!(shown(&mut world), nothing());
    world.pass(LAG);
    assert_eq!(shown(&mut world), nothing());
}
