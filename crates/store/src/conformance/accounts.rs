//! Rows of work by account: those of one account do not wait behind those of another.

use underpass_model::cloud::Provider;
use underpass_model::id::Generation;
use underpass_model::work::Priority::{Background, User};
use underpass_model::work::{Enqueue, Priority, WorkKey};

use super::case::cases;
use super::fixtures::{
    account, assign, claim, claim_one, claim_with, commit, finish, link, names, next_due, project,
    requested, reschedule, second, service,
};
use crate::{Change, Claim, Room, Store, WorkEdit};

cases! {
    new_work_has_no_account,
    an_account_lasts_until_the_work_is_finished,
    an_old_epoch_assigns_nothing,
    an_account_is_given_no_more_rows_than_it_has_room_for,
    a_full_account_delays_no_other,
    projects_take_turns,
    a_project_with_fewer_running_rows_comes_first,
    turns_do_not_outweigh_priority,
    the_best_rows_of_all_accounts_come_first,
    an_account_without_room_is_not_waited_for,
    an_assignment_keeps_the_lease,
    a_failed_pass_lowers_the_priority,
    a_request_made_meanwhile_keeps_its_priority,
}

/// Requests work and records its account; it is due at second 0.
async fn assigned(store: &dyn Store, name: &str, account: &str) {
    commit(store, requested(name, 0, 1, User)).await;
    let fresh = Room::by_account(10, 0).account(None, 10);
    let claims = claim_with(store, 0, &fresh).await;
    assert_eq!(names(&claims), [name]);
    let claim = claims.first().expect("one row was due");
    commit(store, assign(claim, account, 0)).await;
}

async fn new_work_has_no_account(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, User)).await;
    assert_eq!(claim_one(store, 0).await.account, None);
}

async fn an_account_lasts_until_the_work_is_finished(store: &dyn Store) {
    assigned(store, "pg-1", "east").await;
    commit(store, requested("pg-1", 0, 2, User)).await;
    let claim = claim_one(store, 0).await;
    assert_eq!(claim.account, Some(account("east")));
    commit(store, reschedule(&claim, 2, 5)).await;
    let claim = claim_one(store, 5).await;
    assert_eq!(claim.account, Some(account("east")));
    // The lease ends by time.
    let claim = claim_one(store, 15).await;
    assert_eq!(claim.account, Some(account("east")));
    commit(store, finish(&claim, 2)).await;
    commit(store, requested("pg-1", 20, 3, User)).await;
    assert_eq!(claim_one(store, 20).await.account, None);
}

async fn an_old_epoch_assigns_nothing(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, User)).await;
    let old = claim_one(store, 0).await;
    let new = claim_one(store, 10).await;
    commit(store, assign(&old, "east", 0)).await;
    commit(store, reschedule(&new, 1, 11)).await;
    assert_eq!(claim_one(store, 11).await.account, None);
}

async fn an_account_is_given_no_more_rows_than_it_has_room_for(store: &dyn Store) {
    for name in ["a", "b", "c"] {
        assigned(store, name, "east").await;
    }
    let room = Room::by_account(10, 2);
    assert_eq!(names(&claim_with(store, 0, &room).await), ["a", "b"]);
    let room = room.account(Some(account("east")), 0);
    assert_eq!(names(&claim_with(store, 0, &room).await), [""; 0]);
    let room = room.account(Some(account("east")), 5);
    assert_eq!(names(&claim_with(store, 0, &room).await), ["c"]);
}

async fn a_full_account_delays_no_other(store: &dyn Store) {
    for name in ["a", "b", "c"] {
        assigned(store, name, "east").await;
    }
    assigned(store, "d", "west").await;
    commit(store, requested("e", 0, 1, Background)).await;
    let room = Room::by_account(3, 1);
    assert_eq!(names(&claim_with(store, 0, &room).await), ["a", "d", "e"]);
}

/// Requests work of a project; it is due at a second.
async fn requested_by(store: &dyn Store, owner: &str, name: &str, due_at: i64, priority: Priority) {
    let key = WorkKey::Link(project(owner), service(name), Provider::Azure);
    let request = Enqueue {
        key,
        due_at: second(due_at),
        generation: Generation(1),
        priority,
    };
    commit(store, Change::new().enqueue(request)).await;
}

async fn projects_take_turns(store: &dyn Store) {
    for name in ["a1", "a2", "a3", "a4", "a5"] {
        requested_by(store, "many", name, 0, User).await;
    }
    requested_by(store, "few", "b1", 1, User).await;
    requested_by(store, "few", "b2", 2, User).await;
    requested_by(store, "later", "c1", 9, User).await;
    assert_eq!(names(&claim(store, 3, 3).await), ["a1", "b1", "a2"]);
    // The leases are the caller's to count.
    let room = Room::of(3);
    assert_eq!(
        names(&claim_with(store, 3, &room).await),
        ["a3", "b2", "a4"]
    );
    assert_eq!(names(&claim(store, 3, 3).await), ["a5"]);
    assert_eq!(next_due(store).await, Some(second(9)));
}

async fn a_project_with_fewer_running_rows_comes_first(store: &dyn Store) {
    for name in ["a1", "a2", "a3"] {
        requested_by(store, "many", name, 0, User).await;
    }
    requested_by(store, "few", "b1", 5, User).await;
    let room = Room::of(1).running(&project("many"), 2);
    assert_eq!(names(&claim_with(store, 5, &room).await), ["b1"]);
    let room = Room::of(2).running(&project("few"), 1);
    assert_eq!(names(&claim_with(store, 5, &room).await), ["a1", "a2"]);
}

async fn turns_do_not_outweigh_priority(store: &dyn Store) {
    requested_by(store, "few", "b1", 0, Background).await;
    for name in ["a1", "a2"] {
        requested_by(store, "many", name, 1, User).await;
    }
    assert_eq!(names(&claim(store, 1, 2).await), ["a1", "a2"]);
    assert_eq!(names(&claim(store, 1, 2).await), ["b1"]);
}

async fn the_best_rows_of_all_accounts_come_first(store: &dyn Store) {
    assigned(store, "a", "west").await;
    assigned(store, "b", "east").await;
    commit(store, requested("c", -1, 1, User)).await;
    commit(store, requested("d", -2, 1, Background)).await;
    let claims = claim(store, 0, 3).await;
    assert_eq!(names(&claims), ["c", "a", "b"]);
    assert!(claims.is_sorted_by_key(|claim| claim.epoch));
}

async fn an_account_without_room_is_not_waited_for(store: &dyn Store) {
    assigned(store, "a", "east").await;
    commit(store, requested("b", 7, 1, User)).await;
    let next = async |room: Room| store.next_due(&room).await.expect("next due");
    let east = Some(account("east"));
    assert_eq!(next_due(store).await, Some(second(0)));
    assert_eq!(
        next(Room::of(1).account(east.clone(), 0)).await,
        Some(second(7))
    );
    assert_eq!(next(Room::of(1).account(None, 0)).await, Some(second(0)));
    assert_eq!(next(Room::by_account(1, 0)).await, None);
    assert_eq!(
        next(Room::by_account(1, 0).account(east, 1)).await,
        Some(second(0))
    );
}

async fn an_assignment_keeps_the_lease(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, User)).await;
    let claim = claim_one(store, 0).await;
    let edit = |claim: &Claim| WorkEdit::Assign {
        key: link("pg-1"),
        epoch: claim.epoch,
        account: account("east"),
    };
    commit(store, Change::new().work(edit(&claim))).await;
    assert_eq!(next_due(store).await, Some(second(10)));
    commit(store, finish(&claim, 1)).await;
    assert_eq!(next_due(store).await, None);
}

fn lowered(claim: &Claim, due_at: i64) -> Change {
    Change::new().work(WorkEdit::Reschedule {
        key: claim.key.clone(),
        epoch: claim.epoch,
        generation: Generation(1),
        due_at: second(due_at),
        priority: Background,
    })
}

async fn a_failed_pass_lowers_the_priority(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, User)).await;
    let claim = claim_one(store, 0).await;
    commit(store, lowered(&claim, 5)).await;
    let claim = claim_one(store, 5).await;
    assert_eq!(claim.priority, Background);
    commit(store, lowered(&claim, 6)).await;
    commit(store, requested("pg-1", 9, 2, User)).await;
    assert_eq!(claim_one(store, 6).await.priority, User);
}

async fn a_request_made_meanwhile_keeps_its_priority(store: &dyn Store) {
    commit(store, requested("pg-1", 0, 1, Background)).await;
    let claim = claim_one(store, 0).await;
    commit(store, requested("pg-1", 9, 1, User)).await;
    commit(store, lowered(&claim, 5)).await;
    assert_eq!(claim_one(store, 5).await.priority, User);
}
