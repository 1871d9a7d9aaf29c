//! The store's engines put to the test.

mod conformance;
mod durability;
mod generated;
mod group_commit;
mod opening;
mod place;
