//! Versioned documents.

use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::id::ConnectionId;

use super::case::cases;
use super::fixtures::{commit, conflict, fetch, one, project, put, service, under, version};
use crate::{
    Change, Expectation, HostLabelReservation, Key, Kind, Lookup, NatRangeReservation, Store, Write,
};

cases! {
    an_empty_store_has_no_rows,
    a_row_is_read_as_it_was_written,
    rows_of_two_kinds_are_independent,
    each_write_gives_a_version_that_is_new_and_higher,
    a_key_that_was_removed_does_not_get_an_old_version_again,
    absent_holds_only_where_there_is_no_row,
    version_holds_only_for_the_row_that_was_read,
    none_under_holds_only_where_nothing_is_below,
    under_gives_rows_below_in_key_order,
    ranges_of_one_network_are_found_and_no_others,
    a_row_found_twice_is_given_once,
    documents_are_read_as_they_were_written,
    removing_an_absent_row_does_nothing,
    later_writes_of_one_change_win,
}

async fn an_empty_store_has_no_rows(store: &dyn Store) {
    for kind in Kind::ALL {
        assert_eq!(under(store, kind, &Key::root()).await, [""; 0]);
    }
    store.check().await.expect("it can be written");
}

async fn a_row_is_read_as_it_was_written(store: &dyn Store) {
    let body = json!({"text": "ä \u{0} 'quoted' \"twice\"", "n": [0, -1, u64::MAX], "none": null});
    for kind in Kind::ALL {
        let key = Key::user("o'brien%_/@example.org");
        commit(store, put(Change::new(), kind, &key, body.clone())).await;
        let record = one(store, kind, &key).await.expect("the row is there");
        assert_eq!(
            (record.kind, record.json().expect("JSON"), record.key),
            (kind, body.clone(), key)
        );
    }
}

async fn rows_of_two_kinds_are_independent(store: &dyn Store) {
    let key = Key::project(&project("demo"));
    commit(store, put(Change::new(), Kind::Project, &key, json!(1))).await;
    assert_eq!(one(store, Kind::CaKey, &key).await, None);
    let absent = Expectation::Absent(Kind::CaKey, key.clone());
    commit(
        store,
        put(Change::new(), Kind::CaKey, &key, json!(2)).expect(absent),
    )
    .await;
    commit(
        store,
        Change {
            writes: vec![Write::Remove(Kind::CaKey, key.clone())],
            ..Change::new()
        },
    )
    .await;
    assert!(one(store, Kind::Project, &key).await.is_some());
}

async fn each_write_gives_a_version_that_is_new_and_higher(store: &dyn Store) {
    let (a, b) = (Key::user("a"), Key::user("b"));
    let mut versions = Vec::new();
    for _ in 0..3 {
        let change = put(Change::new(), Kind::User, &a, json!(0));
        commit(store, put(change, Kind::User, &b, json!(0))).await;
        versions.push(version(store, Kind::User, &a).await);
        versions.push(version(store, Kind::User, &b).await);
    }
    assert!(
        versions.is_sorted_by(|one, next| one < next),
        "{versions:?}"
    );
}

async fn a_key_that_was_removed_does_not_get_an_old_version_again(store: &dyn Store) {
    let key = Key::user("a");
    commit(store, put(Change::new(), Kind::User, &key, json!(0))).await;
    let old = version(store, Kind::User, &key).await;
    commit(
        store,
        Change {
            writes: vec![Write::Remove(Kind::User, key.clone())],
            ..Change::new()
        },
    )
    .await;
    assert_eq!(one(store, Kind::User, &key).await, None);
    commit(store, put(Change::new(), Kind::User, &key, json!(0))).await;
    assert!(version(store, Kind::User, &key).await > old);
    let expected = Expectation::Version(Kind::User, key, old);
    conflict(store, Change::new().expect(expected)).await;
}

async fn absent_holds_only_where_there_is_no_row(store: &dyn Store) {
    let key = Key::user("a");
    let insert = || {
        put(Change::new(), Kind::User, &key, json!(0))
            .expect(Expectation::Absent(Kind::User, key.clone()))
    };
    commit(store, insert()).await;
    conflict(store, insert()).await;
}

async fn version_holds_only_for_the_row_that_was_read(store: &dyn Store) {
    let key = Key::user("a");
    let expected = |version| Expectation::Version(Kind::User, key.clone(), version);
    conflict(store, Change::new().expect(expected(0))).await;
    conflict(store, Change::new().expect(expected(1))).await;
    commit(store, put(Change::new(), Kind::User, &key, json!(0))).await;
    let read = version(store, Kind::User, &key).await;
    commit(store, Change::new().expect(expected(read))).await;
    commit(
        store,
        put(Change::new(), Kind::User, &key, json!(1)).expect(expected(read)),
    )
    .await;
    conflict(
        store,
        put(Change::new(), Kind::User, &key, json!(2)).expect(expected(read)),
    )
    .await;
    let record = one(store, Kind::User, &key)
        .await
        .expect("the row is there");
    assert_eq!(record.body, "1");
}

async fn none_under_holds_only_where_nothing_is_below(store: &dyn Store) {
    let (demo, other) = (project("demo"), project("other"));
    let none_under = |key: Key| Change::new().expect(Expectation::NoneUnder(Kind::Service, key));
    commit(store, none_under(Key::root())).await;
    commit(
        store,
        put(Change::new(), Kind::Service, &Key::project(&demo), json!(0)),
    )
    .await;
    commit(store, none_under(Key::project(&demo))).await;
    let key = Key::service(&demo, &service("pg-1"));
    commit(store, put(Change::new(), Kind::Service, &key, json!(0))).await;
    conflict(store, none_under(Key::project(&demo))).await;
    conflict(store, none_under(Key::root())).await;
    commit(store, none_under(Key::project(&other))).await;
    commit(store, none_under(key)).await;
}

async fn under_gives_rows_below_in_key_order(store: &dyn Store) {
    let demo = project("demo");
    let names = ["b", "b-c", "b0", "bc", "a"];
    for name in names {
        let service = service(name);
        let key = Key::service(&demo, &service);
        commit(store, put(Change::new(), Kind::Connection, &key, json!(0))).await;
        for bits in [2, 1] {
            let id = ConnectionId::from_bits(bits);
            let key = Key::connection(&demo, &service, Provider::Azure, &id);
            commit(store, put(Change::new(), Kind::Connection, &key, json!(0))).await;
        }
    }
    assert_eq!(
        under(store, Kind::Connection, &Key::service(&demo, &service("b"))).await,
        [
            "demo/b/azure/plc000000000001",
            "demo/b/azure/plc000000000002"
        ]
    );
    assert_eq!(
        under(
            store,
            Kind::Connection,
            &Key::link(&demo, &service("a"), Provider::Google)
        )
        .await,
        [""; 0]
    );
    let everything = under(store, Kind::Connection, &Key::root()).await;
    assert_eq!(everything.len(), names.len() * 3);
    assert!(everything.is_sorted());
    assert_eq!(
        under(store, Kind::Connection, &Key::project(&demo)).await,
        everything
    );
    assert_eq!(under(store, Kind::Link, &Key::root()).await, [""; 0]);
}

async fn ranges_of_one_network_are_found_and_no_others(store: &dyn Store) {
    let (one, two) = (
        "projects/p/global/networks/n",
        "projects/p/global/networks/n%2F",
    );
    let accounts = ["google", "google-2"].map(|name| name.parse().expect("an account's name"));
    let pieces = ["172.24.0.0/28", "172.24.0.16/28"].map(|it| it.parse().expect("a range"));
    let mut change = Change::new();
    for account in &accounts {
        for network in [one, two] {
            for piece in pieces {
                let claim = NatRangeReservation {
                    project: project("demo"),
                    service: service("pg-1"),
                    piece,
                };
                let key = Key::nat_range(account, network, piece);
                change = change.insert(key, &claim).expect("encode");
            }
        }
    }
    commit(store, change).await;
    let everything = under(store, Kind::NatRange, &Key::root()).await;
    assert_eq!(everything.len(), 8, "no two have one key");
    for account in &accounts {
        for network in [one, two] {
            let above = Key::nat_ranges_of(account, network);
            let fetched = fetch(store, &[Lookup::Under(Kind::NatRange, above)]).await;
            let claims = fetched.all::<NatRangeReservation>().expect("decode");
            let found: Vec<_> = claims.iter().map(|claim| claim.value.piece).collect();
            assert_eq!(found, pieces, "{network}");
        }
    }
}

async fn a_row_found_twice_is_given_once(store: &dyn Store) {
    let (demo, name) = (project("demo"), service("pg-1"));
    let key = Key::service(&demo, &name);
    commit(store, put(Change::new(), Kind::Service, &key, json!(0))).await;
    commit(
        store,
        put(Change::new(), Kind::Project, &Key::project(&demo), json!(0)),
    )
    .await;
    let lookups = [
        Lookup::Under(Kind::Service, Key::project(&demo)),
        Lookup::One(Kind::Project, Key::project(&demo)),
        Lookup::One(Kind::Service, key),
    ];
    let kinds: Vec<_> = fetch(store, &lookups)
        .await
        .records()
        .iter()
        .map(|record| record.kind)
        .collect();
    assert_eq!(kinds, [Kind::Project, Kind::Service]);
}

async fn documents_are_read_as_they_were_written(store: &dyn Store) {
    let claim = HostLabelReservation {
        project: project("demo"),
        service: service("pg-1"),
    };
    let key = Key::user("pg-1-demo");
    commit(
        store,
        Change::new().insert(key.clone(), &claim).expect("encode"),
    )
    .await;
    let lookup = [Lookup::One(Kind::HostLabel, key.clone())];
    let fetched = fetch(store, &lookup).await;
    let mut row = fetched
        .one::<HostLabelReservation>(&key)
        .expect("decode")
        .expect("the row is there");
    assert_eq!(row.value, claim);
    row.value.service = service("pg-2");
    commit(store, Change::new().update(&row).expect("encode")).await;
    conflict(store, Change::new().update(&row).expect("encode")).await;
    conflict(store, Change::new().delete(&row)).await;
    conflict(store, Change::new().expect_unchanged(&row)).await;
    let fetched = fetch(store, &lookup).await;
    let read = fetched.all::<HostLabelReservation>().expect("decode");
    assert_eq!(
        read.iter().map(|row| &row.value).collect::<Vec<_>>(),
        [&row.value]
    );
    for row in &read {
        commit(store, Change::new().delete(row)).await;
    }
    assert_eq!(one(store, Kind::HostLabel, &key).await, None);
}

async fn removing_an_absent_row_does_nothing(store: &dyn Store) {
    commit(
        store,
        Change::new().remove::<HostLabelReservation>(Key::user("a")),
    )
    .await;
    commit(store, Change::new()).await;
}

async fn later_writes_of_one_change_win(store: &dyn Store) {
    let (kept, gone) = (Key::user("kept"), Key::user("gone"));
    let change = Change {
        writes: vec![
            Write::Put(Kind::User, kept.clone(), json!(1)),
            Write::Put(Kind::User, gone.clone(), json!(1)),
            Write::Remove(Kind::User, kept.clone()),
            Write::Remove(Kind::User, gone.clone()),
            Write::Put(Kind::User, kept.clone(), json!(2)),
        ],
        ..Change::new()
    };
    commit(store, change).await;
    let record = one(store, Kind::User, &kept)
        .await
        .expect("the row is there");
    assert_eq!(record.body, "2");
    assert_eq!(one(store, Kind::User, &gone).await, None);
}
