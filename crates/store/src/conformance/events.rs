//! The history of events.

use jiff::SignedDuration;
use serde_json::json;
use underpass_model::event::Event;

use super::case::cases;
use super::fixtures::{commit, event, history, page_of_demo, project, second};
use crate::{Change, HistoryOrder, HistoryPage, Store};

cases! {
    history_is_in_the_order_of_commits,
    history_is_read_page_by_page,
    each_project_has_its_own_history,
    an_event_is_read_as_it_was_written,
    history_is_read_backwards_page_by_page,
    a_page_of_history_lies_between_two_positions,
    history_is_read_by_subject,
}

async fn history_is_in_the_order_of_commits(store: &dyn Store) {
    assert_eq!(history(store, "demo").await, [""; 0]);
    let two = Change::new()
        .event(event("demo", "b"))
        .event(event("demo", "a"));
    commit(store, two).await;
    // Events are ordered by position, not by time.
    let early = Event {
        at: second(-60),
        ..event("demo", "c")
    };
    commit(store, Change::new().event(early)).await;
    assert_eq!(history(store, "demo").await, ["b", "a", "c"]);
}

async fn history_is_read_page_by_page(store: &dyn Store) {
    for code in ["a", "b", "c", "d", "e"] {
        let change = Change::new()
            .event(event("demo", code))
            .event(event("other", "noise"));
        commit(store, change).await;
    }
    let (mut after, mut codes) = (0, Vec::new());
    loop {
        let page = store
            .events(&project("demo"), after, 2)
            .await
            .expect("events");
        assert!(page.len() <= 2);
        let Some((last, _)) = page.last() else { break };
        assert!(*last > after);
        after = *last;
        codes.extend(page.into_iter().map(|(_, event)| event.code));
    }
    assert_eq!(codes, ["a", "b", "c", "d", "e"]);
    for (after, limit) in [(after, 10), (0, 0), (u64::MAX, 10)] {
        let page = store
            .events(&project("demo"), after, limit)
            .await
            .expect("events");
        assert_eq!(page, []);
    }
    let all = store
        .events(&project("demo"), 0, usize::MAX)
        .await
        .expect("events");
    assert_eq!(all.len(), 5);
}

async fn each_project_has_its_own_history(store: &dyn Store) {
    commit(
        store,
        Change::new()
            .event(event("demo", "a"))
            .event(event("other", "b")),
    )
    .await;
    assert_eq!(history(store, "demo").await, ["a"]);
    assert_eq!(history(store, "other").await, ["b"]);
    assert_eq!(history(store, "third").await, [""; 0]);
}

async fn an_event_is_read_as_it_was_written(store: &dyn Store) {
    let written = Event {
        at: second(0) + SignedDuration::from_micros(123_456),
        details: json!({"connection": "plc35843e80510", "ports": [5432]}),
        message: "`o'brien` said \"yes\"\n".to_owned(),
        ..event("demo", "connection.approved")
    };
    commit(store, Change::new().event(written.clone())).await;
    let page = store.events(&project("demo"), 0, 10).await.expect("events");
    assert_eq!(
        page.into_iter().map(|(_, event)| event).collect::<Vec<_>>(),
        [written]
    );
}

async fn history_is_read_backwards_page_by_page(store: &dyn Store) {
    for code in ["a", "b", "c", "d", "e"] {
        let change = Change::new()
            .event(event("demo", code))
            .event(event("other", "noise"));
        commit(store, change).await;
    }
    let newest = HistoryPage {
        order: HistoryOrder::Newest,
        ..HistoryPage::after(0, 2)
    };
    let (mut before, mut codes) = (None, Vec::new());
    loop {
        let page = HistoryPage {
            before,
            ..newest.clone()
        };
        let found = page_of_demo(store, &page).await;
        assert!(found.len() <= 2);
        let Some((last, _)) = found.last() else { break };
        assert!(before.is_none_or(|before| *last < before));
        before = Some(*last);
        codes.extend(found.into_iter().map(|(_, code)| code));
    }
    assert_eq!(codes, ["e", "d", "c", "b", "a"]);
    let none = HistoryPage { limit: 0, ..newest };
    assert_eq!(page_of_demo(store, &none).await, []);
}

async fn a_page_of_history_lies_between_two_positions(store: &dyn Store) {
    for code in ["a", "b", "c", "d", "e"] {
        commit(store, Change::new().event(event("demo", code))).await;
    }
    let all = page_of_demo(store, &HistoryPage::after(0, 10)).await;
    assert_eq!(all.len(), 5);
    let (first, _) = all.first().expect("the first of five events");
    let (last, _) = all.last().expect("the last of five events");
    let between = |order| HistoryPage {
        before: Some(*last),
        order,
        ..HistoryPage::after(*first, 2)
    };
    let codes = async |order| -> Vec<String> {
        let found = page_of_demo(store, &between(order)).await;
        found.into_iter().map(|(_, code)| code).collect()
    };
    assert_eq!(codes(HistoryOrder::Oldest).await, ["b", "c"]);
    assert_eq!(codes(HistoryOrder::Newest).await, ["d", "c"]);
    let beyond = HistoryPage {
        before: Some(u64::MAX),
        ..HistoryPage::after(0, 10)
    };
    assert_eq!(page_of_demo(store, &beyond).await, all);
}

async fn history_is_read_by_subject(store: &dyn Store) {
    let subjects = [
        "service/pg-1",
        "service/pg-1/privatelink/azure",
        "service/pg-10",
        "service/pg-1-copy",
        "service/pg-1-copy/privatelink/azure",
        "service/pg-1/privatelink/azure/connection/plc35843e80510",
        "service/pg",
        "Service/pg-1",
        "project",
    ];
    for (number, subject) in subjects.into_iter().enumerate() {
        for project in ["demo", "other"] {
            let about = Event {
                subject: subject.to_owned(),
                ..event(project, &number.to_string())
            };
            commit(store, Change::new().event(about)).await;
        }
    }
    let about = async |subject: &str, order, limit| -> Vec<String> {
        let page = HistoryPage {
            subject: Some(subject.to_owned()),
            order,
            ..HistoryPage::after(0, limit)
        };
        let found = page_of_demo(store, &page).await;
        found.into_iter().map(|(_, code)| code).collect()
    };
    let (oldest, newest) = (HistoryOrder::Oldest, HistoryOrder::Newest);
    assert_eq!(about("service/pg-1", oldest, 10).await, ["0", "1", "5"]);
    assert_eq!(about("service/pg-1", newest, 10).await, ["5", "1", "0"]);
    assert_eq!(about("service/pg-1", newest, 2).await, ["5", "1"]);
    assert_eq!(about("service/pg-1", oldest, 2).await, ["0", "1"]);
    assert_eq!(about("service/pg-1-copy", oldest, 10).await, ["3", "4"]);
    assert_eq!(about("service", oldest, 10).await.len(), 7);
    assert_eq!(about("service/pg-2", oldest, 10).await, [""; 0]);
    assert_eq!(about("service/pg_1", oldest, 10).await, [""; 0]);
    assert_eq!(about("service/%", oldest, 10).await, [""; 0]);
}
