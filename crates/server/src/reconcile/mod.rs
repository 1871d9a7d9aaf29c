//! Reconciliation of managed objects: workers lease rows of work and perform steps until the
//! observed state equals the desired state.
//!
//! [`reconcile_pass()`] runs one pass for one managed object; [`sweep_all()`] lists whole scopes;
//! [`Workers`] and [`Sweeper`] run them.

mod account_hold;
mod account_listing;
mod account_shares;
mod breaker;
mod compared;
mod deviation_news;
mod engine;
mod failed_pass;
mod findings;
mod health_reader;
mod held_plan;
mod link_connections;
mod link_index;
mod listed_object;
mod listing_failure;
mod managed;
mod managed_orphan;
mod network_index;
mod network_sweep;
mod orphans;
mod pass;
mod reconciliation;
mod refresh;
mod sweep;
mod sweeper;
mod wakeup;
mod worker;

pub(crate) use self::account_hold::holds;
pub use self::account_shares::AccountShares;
pub use self::compared::ComparedAccounts;
pub use self::engine::Engine;
pub(crate) use self::health_reader::HealthReader;
pub use self::held_plan::{HeldObject, held_object, link_removal};
pub use self::link_index::LinkIndex;
pub use self::listing_failure::ListingFailure;
pub use self::pass::{LEASE, PassOutcome, reconcile_pass};
pub use self::refresh::{RefreshOutcome, Refreshed, SweepHandle};
pub use self::sweep::sweep_all;
pub use self::sweeper::Sweeper;
pub use self::wakeup::Wakeup;
pub use self::worker::Workers;
