//! Shifts of tasks among replicas.

use std::time::Duration;

use underpass_store::{Memory, Shift, Store, Task};

use crate::postgres_server::Database;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn one_replica_takes_a_shift_and_the_next_begins_after_the_interval() {
    let database = Database::new();
    let (one, two) = (database.open().await, database.open().await);
    let task = Task {
        name: "sweep/azure",
        interval: HOUR,
        longest: Duration::from_mins(1),
    };
    assert_eq!(one.take_shift(&task).await.unwrap(), Shift::Own(1));
    assert_eq!(two.take_shift(&task).await.unwrap(), Shift::Other);
    let other = Task {
        name: "sweep/google",
        ..task
    };
    assert_eq!(two.take_shift(&other).await.unwrap(), Shift::Own(1));
    one.end_shift(&task, 1).await.unwrap();
    assert_eq!(two.take_shift(&task).await.unwrap(), Shift::Other);
    assert_eq!(one.take_shift(&task).await.unwrap(), Shift::Other);
    // The interval is over.
    database.sql("UPDATE shift SET due_at = due_at - interval '1 hour'");
    assert_eq!(two.take_shift(&task).await.unwrap(), Shift::Own(2));
}

#[tokio::test]
async fn a_shift_that_does_not_end_is_taken_over_and_its_late_end_changes_nothing() {
    let database = Database::new();
    let (ended, goes_on) = (database.open().await, database.open().await);
    let task = Task {
        name: "sweep/azure",
        interval: Duration::from_secs(1),
        longest: HOUR,
    };
    assert_eq!(ended.take_shift(&task).await.unwrap(), Shift::Own(1));
    // Longer than the interval, and not as long as a shift may take.
    database.sql("UPDATE shift SET due_at = due_at - interval '30 minutes'");
    assert_eq!(goes_on.take_shift(&task).await.unwrap(), Shift::Other);
    database.sql("UPDATE shift SET due_at = due_at - interval '30 minutes'");
    assert_eq!(goes_on.take_shift(&task).await.unwrap(), Shift::Own(2));
    ended.end_shift(&task, 1).await.unwrap();
    assert_eq!(ended.take_shift(&task).await.unwrap(), Shift::Other);
}

#[tokio::test]
async fn of_many_replicas_that_ask_together_one_takes_the_shift() {
    let database = Database::new();
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(database.open().await);
    }
    let task = Task {
        name: "sweep/azure",
        interval: HOUR,
        longest: HOUR,
    };
    let shifts = stores.iter().map(|store| store.take_shift(&task));
    let shifts = futures_util::future::join_all(shifts).await;
    let own = shifts
        .into_iter()
        .filter(|it| *it.as_ref().unwrap() == Shift::Own(1));
    assert_eq!(own.count(), 1);
}

#[tokio::test]
async fn a_store_of_one_process_gives_every_shift() {
    let task = Task {
        name: "sweep/azure",
        interval: HOUR,
        longest: HOUR,
    };
    let store = Memory::new();
    for _ in 0..2 {
        assert_eq!(store.take_shift(&task).await.unwrap(), Shift::Alone);
    }
}
