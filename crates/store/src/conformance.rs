//! What every engine must do, case by case.
//!
//! A case is given an empty store of its own and panics where the store breaks a promise. An
//! engine's tests run [`cases`] over it.

mod atomicity;
mod events;
mod leases;
mod queue;
mod rows;
mod steps;

use std::pin::Pin;

use crate::Store;

/// One promise.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The promise as a sentence, with underscores.
    pub name: &'static str,
    run: Run,
}

type Run = for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Case {
    /// Puts an empty store to the test.
    ///
    /// # Panics
    /// When the store does not keep the promise.
    pub async fn run(&self, store: &dyn Store) {
        (self.run)(store).await;
    }
}

/// Every promise.
pub fn cases() -> impl Iterator<Item = Case> {
    [
        rows::CASES,
        atomicity::CASES,
        queue::CASES,
        leases::CASES,
        events::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Makes cases of functions named like what they prove.
macro_rules! promises {
    ($($case:ident,)*) => {
        pub(super) const CASES: &[super::Case] = &[$(super::Case {
            name: stringify!($case),
            run: |store| Box::pin($case(store)),
        }),*];
    };
}
use promises;
