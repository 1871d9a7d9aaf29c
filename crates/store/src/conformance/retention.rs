//! Limits within which finished things are kept, and counts of rows.

use serde_json::json;
use underpass_model::event::Event;
use underpass_model::id::StaticIpId;

use super::case::cases;
use super::fixtures::{commit, conflict, event, history, page_of_demo, project, put, second};
use crate::{
    Change, EndedRows, EventLimits, Expectation, HistoryOrder, HistoryPage, Key, Kind, Lookup,
    OwnedRows, Store,
};

cases! {
    the_newest_events_of_a_project_stay,
    the_newest_events_of_a_service_stay,
    old_events_are_removed,
    removed_positions_are_not_given_again_and_pages_at_them_work,
    at_most_a_number_of_events_is_removed,
    rows_that_ended_early_or_beyond_a_number_are_listed,
    rows_of_an_owner_are_found,
    rows_are_counted_below_a_key,
    a_change_can_require_fewer_rows_than_a_number,
}

/// Limits that remove nothing.
fn generous() -> EventLimits {
    EventLimits {
        per_project: 1000,
        per_service: 1000,
        oldest: second(-1000),
    }
}

fn about(subject: &str, code: &str) -> Change {
    Change::new().event(Event {
        subject: subject.to_owned(),
        ..event("demo", code)
    })
}

async fn trim(store: &dyn Store, limits: &EventLimits, limit: usize) -> bool {
    store.trim_events(limits, limit).await.expect("trim")
}

async fn the_newest_events_of_a_project_stay(store: &dyn Store) {
    for code in ["a", "b", "c", "d"] {
        commit(store, Change::new().event(event("demo", code))).await;
        commit(store, about("vpc/1", code)).await;
    }
    commit(store, Change::new().event(event("other", "x"))).await;
    assert!(!trim(store, &generous(), 10).await);
    assert_eq!(history(store, "demo").await.len(), 8);
    let limits = EventLimits {
        per_project: 3,
        ..generous()
    };
    assert!(!trim(store, &limits, 10).await);
    assert_eq!(history(store, "demo").await, ["c", "d", "d"]);
    assert_eq!(history(store, "other").await, ["x"]);
    commit(store, about("project", "e")).await;
    assert!(!trim(store, &limits, 10).await);
    assert_eq!(history(store, "demo").await, ["d", "d", "e"]);
}

async fn the_newest_events_of_a_service_stay(store: &dyn Store) {
    commit(store, about("project", "created")).await;
    commit(store, about("service/pg-1-copy", "copy")).await;
    for number in 0..5 {
        let subject = format!("service/pg-1/privatelink/azure/connection/{number}");
        commit(store, about(&subject, &number.to_string())).await;
    }
    commit(store, about("service/pg-1", "updated")).await;
    let limits = EventLimits {
        per_service: 2,
        ..generous()
    };
    assert!(!trim(store, &limits, 10).await);
    let left = history(store, "demo").await;
    assert_eq!(left, ["created", "copy", "4", "updated"]);
}

async fn old_events_are_removed(store: &dyn Store) {
    for at in [0, 10, 20] {
        let change = Change::new().event(Event {
            at: second(at),
            ..event("demo", &at.to_string())
        });
        commit(store, change).await;
    }
    let limits = EventLimits {
        oldest: second(20),
        ..generous()
    };
    assert!(!trim(store, &limits, 10).await);
    assert_eq!(history(store, "demo").await, ["20"]);
    let limits = EventLimits {
        oldest: second(21),
        ..generous()
    };
    assert!(!trim(store, &limits, 10).await);
    assert_eq!(history(store, "demo").await, [""; 0]);
}

async fn removed_positions_are_not_given_again_and_pages_at_them_work(store: &dyn Store) {
    for code in ["a", "b", "c"] {
        commit(store, Change::new().event(event("demo", code))).await;
    }
    let before = page_of_demo(store, &HistoryPage::after(0, 10)).await;
    let limits = EventLimits {
        per_project: 0,
        ..generous()
    };
    assert!(!trim(store, &limits, 10).await);
    commit(store, Change::new().event(event("demo", "d"))).await;
    let after = page_of_demo(store, &HistoryPage::after(0, 10)).await;
    let (last, first) = (before.last(), after.first());
    let [(last, _), (first, code)] = [last, first].map(|it| it.expect("an event"));
    assert!(first > last, "position {first} was given before {last}");
    assert_eq!(code, "d");
    for (position, _) in &before {
        let page = HistoryPage::after(*position, 10);
        assert_eq!(page_of_demo(store, &page).await, after);
        let page = HistoryPage {
            before: Some(*position),
            order: HistoryOrder::Newest,
            ..HistoryPage::after(0, 10)
        };
        assert_eq!(page_of_demo(store, &page).await, []);
    }
}

async fn at_most_a_number_of_events_is_removed(store: &dyn Store) {
    for code in ["a", "b", "c", "d"] {
        commit(store, Change::new().event(event("demo", code))).await;
    }
    let limits = EventLimits {
        per_project: 1,
        ..generous()
    };
    assert!(trim(store, &limits, 2).await, "one more is to be removed");
    assert_eq!(history(store, "demo").await, ["c", "d"]);
    assert!(!trim(store, &limits, 2).await);
    assert_eq!(history(store, "demo").await, ["d"]);
}

async fn rows_of_an_owner_are_found(store: &dyn Store) {
    let project = project("demo");
    for (id, service) in [(3, Some("pg-1")), (1, Some("pg-1")), (2, None)] {
        let id = StaticIpId::from_bits(id);
        for project in [&project, &self::project("demo-2")] {
            let body = json!({"service": service});
            let key = Key::static_ip(project, &id);
            commit(store, put(Change::new(), Kind::StaticIp, &key, body)).await;
        }
    }
    for (key, email) in [
        ("b", "ada@example.net"),
        ("a", "ada@example.net"),
        ("c", "bob@example.net"),
    ] {
        let body = json!({"email": email});
        commit(
            store,
            put(Change::new(), Kind::Token, &Key::token(key), body),
        )
        .await;
    }
    let found = async |rows: OwnedRows| -> Vec<String> {
        let found = store.fetch(&[Lookup::Owned(rows)]).await.expect("fetch");
        let keys = found.records().iter();
        keys.map(|record| record.key.to_string()).collect()
    };
    let ips = |service: &str| OwnedRows::static_ips(&project, &service.parse().expect("name"));
    let expected =
        [1, 3].map(|id| Key::static_ip(&project, &StaticIpId::from_bits(id)).to_string());
    assert_eq!(found(ips("pg-1")).await, expected);
    assert_eq!(found(ips("pg-2")).await, [""; 0]);
    assert_eq!(
        found(OwnedRows::tokens("ada@example.net")).await,
        ["a", "b"]
    );
    assert_eq!(found(OwnedRows::tokens("eve@example.net")).await, [""; 0]);
}

async fn ended(store: &dyn Store, rows: EndedRows) -> Vec<String> {
    let found = store.fetch(&[Lookup::Ended(rows)]).await.expect("fetch");
    let keys = found.records().iter();
    keys.map(|record| record.key.to_string()).collect()
}

async fn rows_that_ended_early_or_beyond_a_number_are_listed(store: &dyn Store) {
    for (key, end) in [("a", 30), ("b", 10), ("c", 20), ("d", 40)] {
        let body = json!({"expires_at": second(end)});
        commit(
            store,
            put(Change::new(), Kind::Token, &Key::token(key), body),
        )
        .await;
        let body = json!({"ended_at": second(end), "expires_at": second(0)});
        let link = put(Change::new(), Kind::EndedLink, &Key::ended_link(key), body);
        commit(store, link).await;
    }
    let endless = json!({"expires_at": null});
    commit(
        store,
        put(Change::new(), Kind::Token, &Key::token("e"), endless),
    )
    .await;
    for kind in [Kind::Token, Kind::EndedLink] {
        let rows = |oldest, keep, limit| EndedRows {
            kind,
            now: second(35),
            oldest: second(oldest),
            keep,
            limit,
        };
        assert_eq!(ended(store, rows(0, 10, 10)).await, [""; 0]);
        assert_eq!(ended(store, rows(20, 10, 10)).await, ["b"]);
        assert_eq!(ended(store, rows(21, 10, 10)).await, ["b", "c"]);
        assert_eq!(ended(store, rows(0, 1, 10)).await, ["b", "c"]);
        assert_eq!(ended(store, rows(100, 0, 10)).await, ["a", "b", "c"]);
        assert_eq!(ended(store, rows(100, 0, 2)).await, ["b", "c"]);
    }
    let other = EndedRows {
        kind: Kind::Service,
        now: second(100),
        oldest: second(100),
        keep: 0,
        limit: 10,
    };
    assert_eq!(ended(store, other).await, [""; 0]);
}

async fn rows_are_counted_below_a_key(store: &dyn Store) {
    let demo = Key::project(&project("demo"));
    for name in ["demo/a", "demo/b", "demo-2/a", "demo"] {
        let (above, below) = name.split_once('/').unwrap_or((name, ""));
        let above = Key::project(&project(above));
        let key = if below.is_empty() {
            above
        } else {
            above.child(below)
        };
        commit(store, put(Change::new(), Kind::Service, &key, json!(0))).await;
    }
    let count = async |kind, key: &Key| store.count(kind, key).await.expect("count");
    assert_eq!(count(Kind::Service, &demo).await, 2);
    assert_eq!(count(Kind::Service, &Key::root()).await, 4);
    assert_eq!(count(Kind::Link, &demo).await, 0);
}

async fn a_change_can_require_fewer_rows_than_a_number(store: &dyn Store) {
    let demo = Key::project(&project("demo"));
    let another = |name: &str, fewer: usize| {
        let change = put(Change::new(), Kind::Link, &demo.child(name), json!(0));
        change.expect(Expectation::FewerUnder(Kind::Link, demo.clone(), fewer))
    };
    commit(store, another("a", 1)).await;
    conflict(store, another("b", 1)).await;
    commit(store, another("b", 2)).await;
    conflict(store, another("c", 0)).await;
    assert_eq!(store.count(Kind::Link, &demo).await.expect("count"), 2);
}
