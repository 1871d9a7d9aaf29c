//! Leases: their holders and their ends.

use serde_json::json;
use underpass_model::id::Generation;
use underpass_model::work::Priority::{Background, User};

use super::case::cases;
use super::fixtures::{
    claim, claim_one, commit, conflict, finish, forget, history, lease, next_due, nothing_due, one,
    put, requested, reschedule, second,
};
use crate::{Change, Claim, Key, Kind, Store};

cases! {
    leased_work_is_given_to_no_other_claim,
    an_expired_lease_is_due,
    every_lease_has_an_epoch_of_its_own,
    finished_work_is_not_due,
    a_newer_generation_requested_meanwhile_is_due_immediately,
    the_same_generation_requested_meanwhile_keeps_its_time,
    rescheduled_work_is_due_at_its_time,
    rescheduled_work_is_due_earlier_if_requested_meanwhile,
    rescheduled_work_is_due_immediately_if_a_newer_generation_was_requested_meanwhile,
    forgotten_work_is_gone,
    a_request_made_meanwhile_is_not_forgotten,
    generations_may_start_again_when_an_object_is_created_anew,
    a_new_lease_takes_over_requests_beside_the_old_one,
    a_request_for_a_later_time_survives_a_change_of_lease,
    an_old_epoch_ends_nothing_but_the_rest_is_committed,
    with_an_expected_lease_an_old_epoch_refuses_the_change,
    a_lease_is_held_past_its_end_until_another_takes_over,
    a_change_may_end_a_lease_and_enqueue_again,
    a_request_does_not_break_a_lease,
}

async fn leased(store: &dyn Store, now: i64, generation: u64) -> Claim {
    commit(store, requested("pg-1", now, generation, User)).await;
    claim_one(store, now).await
}

async fn leased_work_is_given_to_no_other_claim(store: &dyn Store) {
    leased(store, 0, 1).await;
    nothing_due(store, 0).await;
    nothing_due(store, 9).await;
    assert_eq!(next_due(store).await, Some(second(10)));
}

async fn an_expired_lease_is_due(store: &dyn Store) {
    let first = leased(store, 0, 1).await;
    let second_lease = claim_one(store, 10).await;
    assert_eq!(second_lease.generation, first.generation);
    assert_eq!(second_lease.priority, first.priority);
    assert_eq!(next_due(store).await, Some(second(20)));
}

async fn every_lease_has_an_epoch_of_its_own(store: &dyn Store) {
    let mut epochs = vec![
        leased(store, 0, 1).await.epoch,
        claim_one(store, 10).await.epoch,
    ];
    let gone = claim_one(store, 20).await;
    epochs.push(gone.epoch);
    commit(store, forget(&gone)).await;
    commit(store, requested("pg-2", 20, 1, User)).await;
    commit(store, requested("pg-1", 20, 1, User)).await;
    epochs.extend(claim(store, 20, 10).await.iter().map(|claim| claim.epoch));
    assert_eq!(epochs.len(), 5);
    assert!(epochs.is_sorted_by(|one, next| one < next), "{epochs:?}");
}

async fn finished_work_is_not_due(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, finish(&claim, 1)).await;
    assert_eq!(next_due(store).await, None);
    nothing_due(store, 1_000).await;
    conflict(store, Change::new().expect(lease(&claim))).await;
}

async fn a_newer_generation_requested_meanwhile_is_due_immediately(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, requested("pg-1", 100, 2, User)).await;
    commit(store, finish(&claim, 1)).await;
    let again = claim_one(store, 0).await;
    assert_eq!(again.generation, Generation(2));
    commit(store, finish(&again, 2)).await;
    assert_eq!(next_due(store).await, None);
}

async fn the_same_generation_requested_meanwhile_keeps_its_time(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, requested("pg-1", 7, 1, Background)).await;
    commit(store, requested("pg-1", 5, 1, Background)).await;
    commit(store, finish(&claim, 1)).await;
    assert_eq!(next_due(store).await, Some(second(5)));
    nothing_due(store, 4).await;
    let again = claim_one(store, 5).await;
    assert_eq!(again.generation, Generation(1));
    commit(store, finish(&again, 1)).await;
    assert_eq!(next_due(store).await, None);
}

async fn rescheduled_work_is_due_at_its_time(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, reschedule(&claim, 1, 5)).await;
    assert_eq!(next_due(store).await, Some(second(5)));
    nothing_due(store, 4).await;
    let again = claim_one(store, 5).await;
    assert_eq!(again.generation, Generation(1));
    assert!(again.epoch > claim.epoch);
}

async fn rescheduled_work_is_due_earlier_if_requested_meanwhile(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, requested("pg-1", 3, 1, Background)).await;
    commit(store, reschedule(&claim, 1, 5)).await;
    assert_eq!(next_due(store).await, Some(second(3)));
}

async fn rescheduled_work_is_due_immediately_if_a_newer_generation_was_requested_meanwhile(
    store: &dyn Store,
) {
    let claim = leased(store, 0, 1).await;
    commit(store, requested("pg-1", 100, 2, User)).await;
    commit(store, reschedule(&claim, 1, 50)).await;
    assert_eq!(claim_one(store, 0).await.generation, Generation(2));
}

async fn forgotten_work_is_gone(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, forget(&claim)).await;
    assert_eq!(next_due(store).await, None);
    nothing_due(store, 1_000).await;
}

async fn a_request_made_meanwhile_is_not_forgotten(store: &dyn Store) {
    let claim = leased(store, 0, 7).await;
    commit(store, requested("pg-1", 2, 1, User)).await;
    commit(store, forget(&claim)).await;
    nothing_due(store, 1).await;
    assert_eq!(claim_one(store, 2).await.generation, Generation(1));
}

async fn generations_may_start_again_when_an_object_is_created_anew(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 7, User)).await;
    let stale = leased(store, 0, 1).await;
    assert_eq!(stale.generation, Generation(7));
    commit(store, finish(&stale, 1)).await;
    assert_eq!(next_due(store).await, None);
}

async fn a_new_lease_takes_over_requests_beside_the_old_one(store: &dyn Store) {
    leased(store, 0, 1).await;
    commit(store, requested("pg-1", 3, 2, User)).await;
    let next = claim_one(store, 10).await;
    assert_eq!(next.generation, Generation(2));
    commit(store, finish(&next, 2)).await;
    assert_eq!(next_due(store).await, None);
}

async fn a_request_for_a_later_time_survives_a_change_of_lease(store: &dyn Store) {
    leased(store, 0, 1).await;
    commit(store, requested("pg-1", 60, 1, Background)).await;
    let next = claim_one(store, 10).await;
    commit(store, finish(&next, 1)).await;
    assert_eq!(next_due(store).await, Some(second(60)));
}

async fn an_old_epoch_ends_nothing_but_the_rest_is_committed(store: &dyn Store) {
    let old = leased(store, 0, 1).await;
    let new = claim_one(store, 10).await;
    for (edit, name) in [
        (finish(&old, 1), "a"),
        (reschedule(&old, 1, 11), "b"),
        (forget(&old), "c"),
    ] {
        let change = put(edit, Kind::User, &Key::user(name), json!(0));
        commit(store, change.event(super::fixtures::event("demo", name))).await;
        assert!(one(store, Kind::User, &Key::user(name)).await.is_some());
    }
    assert_eq!(history(store, "demo").await, ["a", "b", "c"]);
    commit(store, Change::new().expect(lease(&new))).await;
    nothing_due(store, 19).await;
    commit(store, finish(&new, 1)).await;
    commit(store, finish(&new, 1)).await;
    assert_eq!(next_due(store).await, None);
}

async fn with_an_expected_lease_an_old_epoch_refuses_the_change(store: &dyn Store) {
    let old = leased(store, 0, 1).await;
    let new = claim_one(store, 10).await;
    let write = |claim: &Claim| {
        put(Change::new(), Kind::User, &Key::user("a"), json!(0)).expect(lease(claim))
    };
    conflict(store, write(&old)).await;
    assert_eq!(one(store, Kind::User, &Key::user("a")).await, None);
    commit(store, write(&new)).await;
}

async fn a_lease_is_held_past_its_end_until_another_takes_over(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    nothing_due(store, 9).await;
    commit(store, Change::new().expect(lease(&claim))).await;
    commit(store, finish(&claim, 1).expect(lease(&claim))).await;
    nothing_due(store, 1_000).await;
}

async fn a_change_may_end_a_lease_and_enqueue_again(store: &dyn Store) {
    let first = leased(store, 0, 1).await;
    let again = |change: Change| Change {
        enqueue: requested("pg-1", 5, 9, User).enqueue,
        ..change
    };
    commit(store, again(finish(&first, 1))).await;
    assert_eq!(next_due(store).await, Some(second(5)));
    let next = claim_one(store, 5).await;
    commit(store, again(forget(&next))).await;
    assert_eq!(next_due(store).await, Some(second(5)));
}

async fn a_request_does_not_break_a_lease(store: &dyn Store) {
    let claim = leased(store, 0, 1).await;
    commit(store, requested("pg-1", 1, 2, User)).await;
    commit(store, Change::new().expect(lease(&claim))).await;
    nothing_due(store, 9).await;
    assert_eq!(next_due(store).await, Some(second(10)));
}
