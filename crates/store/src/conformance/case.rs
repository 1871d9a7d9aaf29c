//! Test cases for engines.

use std::pin::Pin;

use crate::store::Store;

/// A requirement of every engine.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The requirement as a sentence, with underscores.
    pub name: &'static str,
    pub(super) run: Run,
}

/// A function that tests an empty store.
type Run = for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Case {
    /// Tests an empty store.
    ///
    /// # Panics
    /// The store does not meet the requirement.
    pub async fn run(&self, store: &dyn Store) {
        (self.run)(store).await;
    }
}

/// Defines the cases of a module by the functions that test them.
macro_rules! cases {
    ($($case:ident,)*) => {
        pub(super) const CASES: &[super::case::Case] = &[$(super::case::Case {
            name: stringify!($case),
            run: |store| Box::pin($case(store)),
        }),*];
    };
}
pub(super) use cases;
