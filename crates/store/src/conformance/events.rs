//! History.

use jiff::SignedDuration;
use serde_json::json;
use underpass_model::event::Event;

use super::promises;
use super::steps::{commit, event, history, project, second};
use crate::{Change, Store};

promises! {
    history_is_told_in_the_order_of_commits,
    history_is_read_page_by_page,
    each_project_has_its_own_history,
    an_event_is_read_as_it_was_written,
}

async fn history_is_told_in_the_order_of_commits(store: &dyn Store) {
    assert_eq!(history(store, "demo").await, [""; 0]);
    let two = Change::new()
        .event(event("demo", "b"))
        .event(event("demo", "a"));
    commit(store, two).await;
    // An earlier time does not come first: positions are what readers go by.
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
