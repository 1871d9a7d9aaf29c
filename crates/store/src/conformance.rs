//! The behaviour required of every engine, as test cases.
//!
//! A case is given an empty store of its own and panics if the store violates a requirement. The
//! tests of an engine run [`cases`].

mod accounts;
mod atomicity;
mod case;
mod changes;
mod events;
mod fixtures;
mod leases;
mod queue;
mod retention;
mod rows;
mod unreadable;

pub use self::case::Case;

/// Every case.
pub fn cases() -> impl Iterator<Item = Case> {
    [
        rows::CASES,
        unreadable::CASES,
        changes::CASES,
        atomicity::CASES,
        queue::CASES,
        accounts::CASES,
        leases::CASES,
        events::CASES,
        retention::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
