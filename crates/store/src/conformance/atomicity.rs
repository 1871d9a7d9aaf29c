//! Changes are committed whole or not at all.

use serde_json::json;
use underpass_model::work::Priority;

use super::case::cases;
use super::fixtures::{
    claim_one, commit, conflict, event, finish, history, lease, link, next_due, nothing_due, one,
    put, requested, second, version,
};
use crate::{Change, Expectation, Key, Kind, Store};

cases! {
    a_change_is_seen_whole,
    a_refused_change_leaves_nothing,
    every_expectation_must_hold,
    expectations_are_about_the_state_before_the_change,
    a_refused_change_does_not_end_a_lease,
}

async fn a_change_is_seen_whole(store: &dyn Store) {
    let key = Key::user("a");
    let change = put(
        requested("pg-1", 0, 1, Priority::User),
        Kind::User,
        &key,
        json!(1),
    )
    .event(event("demo", "made"));
    commit(store, change).await;
    assert!(one(store, Kind::User, &key).await.is_some());
    assert_eq!(next_due(store).await, Some(second(0)));
    assert_eq!(history(store, "demo").await, ["made"]);
}

async fn a_refused_change_leaves_nothing(store: &dyn Store) {
    let key = Key::user("a");
    let broken = [
        Expectation::Version(Kind::User, key.clone(), 1),
        Expectation::Lease(link("pg-1"), 1),
    ];
    for expectation in broken {
        let change = put(
            requested("pg-1", 0, 1, Priority::User),
            Kind::User,
            &key,
            json!(1),
        )
        .event(event("demo", "made"))
        .expect(expectation);
        conflict(store, change).await;
    }
    assert_eq!(one(store, Kind::User, &key).await, None);
    assert_eq!(next_due(store).await, None);
    assert_eq!(history(store, "demo").await, [""; 0]);
}

async fn every_expectation_must_hold(store: &dyn Store) {
    let (a, b) = (Key::user("a"), Key::user("b"));
    commit(store, put(Change::new(), Kind::User, &a, json!(1))).await;
    let read = version(store, Kind::User, &a).await;
    let good = Expectation::Version(Kind::User, a.clone(), read);
    let also_good = Expectation::Absent(Kind::User, b.clone());
    let bad = Expectation::NoneUnder(Kind::User, Key::root());
    for order in [
        [&good, &also_good, &bad],
        [&bad, &good, &also_good],
        [&good, &bad, &also_good],
    ] {
        let change = put(Change::new(), Kind::User, &b, json!(1));
        conflict(
            store,
            order.into_iter().cloned().fold(change, Change::expect),
        )
        .await;
    }
    assert_eq!(one(store, Kind::User, &b).await, None);
    commit(store, Change::new().expect(good).expect(also_good)).await;
}

async fn expectations_are_about_the_state_before_the_change(store: &dyn Store) {
    let key = Key::user("a");
    let change = put(Change::new(), Kind::User, &key, json!(1))
        .expect(Expectation::Absent(Kind::User, key.clone()))
        .expect(Expectation::NoneUnder(Kind::User, Key::root()));
    commit(store, change).await;
    commit(store, requested("pg-1", 0, 1, Priority::User)).await;
    let claim = claim_one(store, 0).await;
    commit(store, finish(&claim, 1).expect(lease(&claim))).await;
    conflict(store, Change::new().expect(lease(&claim))).await;
}

async fn a_refused_change_does_not_end_a_lease(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, Priority::User)).await;
    let claim = claim_one(store, 0).await;
    let bad = Expectation::Version(Kind::User, Key::user("a"), 1);
    conflict(store, finish(&claim, 1).expect(bad)).await;
    commit(store, Change::new().expect(lease(&claim))).await;
    nothing_due(store, 9).await;
}
