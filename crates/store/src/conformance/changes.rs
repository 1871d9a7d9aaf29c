//! Changed rows.

use serde_json::json;

use super::case::cases;
use super::fixtures::{commit, put, requested};
use crate::{Change, ChangedRows, Key, Kind, Store, Write};
use underpass_model::work::Priority::User;

cases! {
    an_empty_store_has_no_changes,
    after_the_beginning_every_row_is_a_changed_one,
    only_later_changes_are_listed,
    several_changes_of_a_row_count_as_one,
    a_removed_row_is_listed_to_those_who_read_it_and_no_others,
    removing_an_absent_row_changes_nothing,
    a_limit_divides_the_changes,
}

async fn changes(store: &dyn Store, after: u64) -> ChangedRows {
    let changes = store.changes(after, 100).await.expect("changes");
    changes.expect("the position is recent")
}

fn keys(changes: &ChangedRows) -> Vec<(Kind, &str)> {
    let rows = changes.rows.iter();
    rows.map(|row| (row.kind, row.key.as_str())).collect()
}

fn written(kind: Kind, key: &str) -> Change {
    put(Change::new(), kind, &Key::user(key), json!(0))
}

fn removed(kind: Kind, key: &str) -> Change {
    Change {
        writes: vec![Write::Remove(kind, Key::user(key))],
        ..Change::new()
    }
}

async fn an_empty_store_has_no_changes(store: &dyn Store) {
    let found = changes(store, 0).await;
    assert_eq!((keys(&found), found.has_more), (vec![], false));
    commit(store, requested("pg-1", 5, 3, User)).await;
    assert_eq!(keys(&changes(store, found.position).await), []);
}

async fn after_the_beginning_every_row_is_a_changed_one(store: &dyn Store) {
    commit(store, written(Kind::User, "b")).await;
    commit(store, written(Kind::Link, "a")).await;
    let found = changes(store, 0).await;
    assert_eq!(keys(&found), [(Kind::User, "b"), (Kind::Link, "a")]);
}

async fn only_later_changes_are_listed(store: &dyn Store) {
    commit(store, written(Kind::User, "a")).await;
    let before = changes(store, 0).await.position;
    commit(store, written(Kind::User, "b")).await;
    let found = changes(store, before).await;
    assert_eq!(keys(&found), [(Kind::User, "b")]);
    assert_eq!(keys(&changes(store, found.position).await), []);
}

async fn several_changes_of_a_row_count_as_one(store: &dyn Store) {
    for key in ["a", "b", "a"] {
        commit(store, written(Kind::User, key)).await;
    }
    let found = changes(store, 0).await;
    assert_eq!(keys(&found), [(Kind::User, "b"), (Kind::User, "a")]);
}

async fn a_removed_row_is_listed_to_those_who_read_it_and_no_others(store: &dyn Store) {
    commit(store, written(Kind::User, "a")).await;
    commit(store, written(Kind::User, "b")).await;
    let before = changes(store, 0).await.position;
    commit(store, removed(Kind::User, "a")).await;
    assert_eq!(keys(&changes(store, before).await), [(Kind::User, "a")]);
    assert_eq!(keys(&changes(store, 0).await), [(Kind::User, "b")]);
}

async fn removing_an_absent_row_changes_nothing(store: &dyn Store) {
    commit(store, written(Kind::User, "a")).await;
    let before = changes(store, 0).await.position;
    commit(store, removed(Kind::User, "b")).await;
    assert_eq!(keys(&changes(store, before).await), []);
}

async fn a_limit_divides_the_changes(store: &dyn Store) {
    for key in ["a", "b", "c"] {
        commit(store, written(Kind::User, key)).await;
    }
    let first = store.changes(0, 2).await.expect("changes");
    let first = first.expect("the beginning is never too old");
    assert_eq!(keys(&first), [(Kind::User, "a"), (Kind::User, "b")]);
    assert!(first.has_more);
    let rest = store.changes(first.position, 2).await.expect("changes");
    let rest = rest.expect("the position is recent");
    assert_eq!(
        (keys(&rest), rest.has_more),
        (vec![(Kind::User, "c")], false)
    );
}
