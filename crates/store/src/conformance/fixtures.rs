//! Shorthands of the cases.

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::name::{AccountName, ProjectName, ServiceName};
use underpass_model::work::{Enqueue, Priority, WorkKey};

use crate::{
    Change, Claim, Error, Expectation, Fetched, HistoryPage, Key, Kind, Lookup, Record, Room,
    Store, WorkEdit, Write,
};

pub(super) const WORKER: &str = "worker-1";

pub(super) fn project(name: &str) -> ProjectName {
    name.parse().expect("a project name")
}

pub(super) fn service(name: &str) -> ServiceName {
    name.parse().expect("a service name")
}

/// A time in seconds after the start of the case.
pub(super) fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time in this century")
}

/// The work of a link of this service.
pub(super) fn link(name: &str) -> WorkKey {
    WorkKey::Link(project("demo"), service(name), Provider::Azure)
}

pub(super) fn event(project_name: &str, code: &str) -> Event {
    Event {
        at: second(0),
        project: project(project_name),
        subject: "service/pg-1".to_owned(),
        actor: "someone".to_owned(),
        code: code.to_owned(),
        message: "Something happened".to_owned(),
        details: Value::Null,
    }
}

pub(super) fn put(change: Change, kind: Kind, key: &Key, body: Value) -> Change {
    let mut change = change;
    change.writes.push(Write::Put(kind, key.clone(), body));
    change
}

pub(super) fn requested(name: &str, due_at: i64, generation: u64, priority: Priority) -> Change {
    Change::new().enqueue(Enqueue {
        key: link(name),
        due_at: second(due_at),
        generation: Generation(generation),
        priority,
    })
}

pub(super) fn finish(claim: &Claim, generation: u64) -> Change {
    Change::new().work(WorkEdit::Finish {
        key: claim.key.clone(),
        epoch: claim.epoch,
        generation: Generation(generation),
    })
}

pub(super) fn reschedule(claim: &Claim, generation: u64, due_at: i64) -> Change {
    Change::new().work(WorkEdit::Reschedule {
        key: claim.key.clone(),
        epoch: claim.epoch,
        generation: Generation(generation),
        due_at: second(due_at),
        priority: claim.priority,
    })
}

pub(super) fn account(name: &str) -> AccountName {
    name.parse().expect("an account name")
}

/// Records the account of leased work, and makes it due again at a time.
pub(super) fn assign(claim: &Claim, name: &str, due_at: i64) -> Change {
    let edit = WorkEdit::Assign {
        key: claim.key.clone(),
        epoch: claim.epoch,
        account: account(name),
    };
    let again = reschedule(claim, claim.generation.0, due_at);
    Change {
        work: [vec![edit], again.work].concat(),
        ..Change::new()
    }
}

pub(super) fn forget(claim: &Claim) -> Change {
    Change::new().work(WorkEdit::Forget {
        key: claim.key.clone(),
        epoch: claim.epoch,
    })
}

pub(super) fn lease(claim: &Claim) -> Expectation {
    Expectation::Lease(claim.key.clone(), claim.epoch)
}

pub(super) async fn fetch(store: &dyn Store, lookups: &[Lookup]) -> Fetched {
    store.fetch(lookups).await.expect("fetch")
}

pub(super) async fn one(store: &dyn Store, kind: Kind, key: &Key) -> Option<Record> {
    let fetched = fetch(store, &[Lookup::One(kind, key.clone())]).await;
    assert!(fetched.records().len() <= 1, "one key is one row");
    fetched.records().first().cloned()
}

pub(super) async fn version(store: &dyn Store, kind: Kind, key: &Key) -> u64 {
    one(store, kind, key)
        .await
        .expect("the row is there")
        .version
}

pub(super) async fn under(store: &dyn Store, kind: Kind, key: &Key) -> Vec<String> {
    let fetched = fetch(store, &[Lookup::Under(kind, key.clone())]).await;
    fetched
        .records()
        .iter()
        .map(|record| record.key.to_string())
        .collect()
}

pub(super) async fn commit(store: &dyn Store, change: Change) {
    store.commit(change).await.expect("commit");
}

pub(super) async fn conflict(store: &dyn Store, change: Change) {
    let answer = store.commit(change).await;
    assert!(
        answer.as_ref().is_err_and(Error::is_conflict),
        "a conflict, not {answer:?}"
    );
}

/// Claims at a time, for ten seconds.
pub(super) async fn claim(store: &dyn Store, now: i64, limit: usize) -> Vec<Claim> {
    claim_with(store, now, &Room::of(limit)).await
}

/// Claims as many rows as there is room for at a time, for ten seconds.
pub(super) async fn claim_with(store: &dyn Store, now: i64, room: &Room) -> Vec<Claim> {
    store
        .claim(WORKER, second(now), second(now + 10), room)
        .await
        .expect("claim")
}

/// The work claimed at a time, by the names of the services.
pub(super) fn names(claims: &[Claim]) -> Vec<String> {
    let name = |claim: &Claim| match &claim.key {
        WorkKey::Link(_, service, _) => service.to_string(),
        key @ (WorkKey::Orphan(..) | WorkKey::StaticIp(..) | WorkKey::Vpc(..)) => key.to_string(),
    };
    claims.iter().map(name).collect()
}

/// Claims the only due row.
pub(super) async fn claim_one(store: &dyn Store, now: i64) -> Claim {
    let mut claims = claim(store, now, 10).await;
    assert_eq!(claims.len(), 1, "one row is due at {now}, not {claims:?}");
    claims.remove(0)
}

pub(super) async fn nothing_due(store: &dyn Store, now: i64) {
    assert_eq!(claim(store, now, 10).await, [], "nothing is due at {now}");
}

pub(super) async fn next_due(store: &dyn Store) -> Option<Timestamp> {
    store.next_due(&Room::of(1)).await.expect("next due")
}

pub(super) async fn history(store: &dyn Store, project_name: &str) -> Vec<String> {
    let events = store
        .events(&project(project_name), 0, 100)
        .await
        .expect("events");
    events.into_iter().map(|(_, event)| event.code).collect()
}

/// A page of the history of `demo`: positions and codes.
pub(super) async fn page_of_demo(store: &dyn Store, page: &HistoryPage) -> Vec<(u64, String)> {
    let found = store.history(&project("demo"), page).await;
    let events = found.expect("history");
    events
        .into_iter()
        .map(|(position, event)| (position, event.code))
        .collect()
}
