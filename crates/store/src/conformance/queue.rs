//! Requests for work and the order of claims.

use underpass_model::id::Generation;
use underpass_model::work::Priority::{Background, User};

use super::case::cases;
use super::fixtures::{
    WORKER, claim, claim_one, commit, finish, link, names, next_due, nothing_due, requested,
    reschedule, second,
};
use crate::{Room, Store};

cases! {
    nothing_is_due_in_an_empty_store,
    work_is_given_when_its_time_has_come,
    a_time_that_only_a_wrong_clock_sets_parks_nothing,
    requests_for_one_object_are_merged,
    a_later_request_does_not_delay,
    higher_priority_comes_first_then_earlier_due_time,
    ties_are_given_in_order_of_the_keys_text,
    no_more_rows_are_given_than_the_limit,
    priority_lasts_until_the_object_is_reconciled,
    fractions_of_a_microsecond_are_dropped,
}

async fn nothing_is_due_in_an_empty_store(store: &dyn Store) {
    assert_eq!(next_due(store).await, None);
    nothing_due(store, 0).await;
}

async fn work_is_given_when_its_time_has_come(store: &dyn Store) {
    commit(store, requested("pg-1", 5, 3, User)).await;
    assert_eq!(next_due(store).await, Some(second(5)));
    nothing_due(store, 4).await;
    let claim = claim_one(store, 5).await;
    assert_eq!(
        (claim.key, claim.generation, claim.priority),
        (link("pg-1"), Generation(3), User)
    );
}

async fn a_time_that_only_a_wrong_clock_sets_parks_nothing(store: &dyn Store) {
    let year = 365 * 24 * 60 * 60;
    commit(store, requested("pg-1", year, 3, User)).await;
    let claim = claim_one(store, 5).await;
    assert_eq!(claim.key, link("pg-1"));
    commit(store, finish(&claim, 3)).await;
    assert_eq!(next_due(store).await, None, "the request was taken over");
    // A lease that was given by a clock that was ahead.
    commit(store, requested("pg-2", year, 1, User)).await;
    claim_one(store, year).await;
    assert_eq!(claim_one(store, 5).await.key, link("pg-2"));
}

async fn requests_for_one_object_are_merged(store: &dyn Store) {
    commit(store, requested("pg-1", 5, 2, Background)).await;
    commit(store, requested("pg-1", 3, 1, User)).await;
    commit(store, requested("pg-1", 9, 4, Background)).await;
    nothing_due(store, 2).await;
    let claim = claim_one(store, 3).await;
    assert_eq!((claim.generation, claim.priority), (Generation(4), User));
    commit(store, finish(&claim, 4)).await;
    assert_eq!(next_due(store).await, None);
}

async fn a_later_request_does_not_delay(store: &dyn Store) {
    commit(store, requested("pg-1", 1, 1, User)).await;
    commit(store, requested("pg-1", 60, 1, User)).await;
    assert_eq!(next_due(store).await, Some(second(1)));
}

async fn higher_priority_comes_first_then_earlier_due_time(store: &dyn Store) {
    for (name, due_at, priority) in [
        ("a", 4, Background),
        ("b", 1, Background),
        ("c", 5, User),
        ("d", 3, User),
        ("e", 11, User),
    ] {
        commit(store, requested(name, due_at, 1, priority)).await;
    }
    let claims = claim(store, 10, 10).await;
    assert_eq!(names(&claims), ["d", "c", "b", "a"]);
    assert!(claims.is_sorted_by_key(|claim| claim.epoch));
}

async fn ties_are_given_in_order_of_the_keys_text(store: &dyn Store) {
    // In the text of a key, `-` sorts before the `/` that follows a name. In the order of names it
    // does not.
    for name in ["b", "b-c", "a"] {
        commit(store, requested(name, 1, 1, User)).await;
    }
    assert_eq!(names(&claim(store, 1, 10).await), ["a", "b-c", "b"]);
}

async fn no_more_rows_are_given_than_the_limit(store: &dyn Store) {
    for name in ["a", "b", "c"] {
        commit(store, requested(name, 1, 1, User)).await;
    }
    assert_eq!(names(&claim(store, 1, 0).await), [""; 0]);
    assert_eq!(names(&claim(store, 1, 2).await), ["a", "b"]);
    assert_eq!(names(&claim(store, 1, 2).await), ["c"]);
    assert_eq!(names(&claim(store, 1, 2).await), [""; 0]);
}

async fn priority_lasts_until_the_object_is_reconciled(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, User)).await;
    let claim = claim_one(store, 0).await;
    commit(store, reschedule(&claim, 1, 5)).await;
    let claim = claim_one(store, 5).await;
    assert_eq!(claim.priority, User);
    commit(store, finish(&claim, 1)).await;
    commit(store, requested("pg-1", 6, 1, Background)).await;
    assert_eq!(claim_one(store, 6).await.priority, Background);
}

async fn fractions_of_a_microsecond_are_dropped(store: &dyn Store) {
    let nanoseconds = |count| second(1) + jiff::SignedDuration::from_nanos(count);
    let mut change = requested("pg-1", 1, 1, User);
    for request in &mut change.enqueue {
        request.due_at = nanoseconds(1_999);
    }
    commit(store, change).await;
    assert_eq!(next_due(store).await, Some(nanoseconds(1_000)));
    let early = store
        .claim(WORKER, nanoseconds(999), nanoseconds(9_999), &Room::of(1))
        .await;
    assert_eq!(early.expect("claim"), []);
    let due = store
        .claim(WORKER, nanoseconds(1_000), nanoseconds(9_999), &Room::of(1))
        .await;
    assert_eq!(due.expect("claim").len(), 1);
    assert_eq!(next_due(store).await, Some(nanoseconds(9_000)));
}
