//! Tests of the store's engines.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, but not what they call"
)]

mod conformance;
mod durability;
mod full_disk;
mod generated;
mod group_commit;
mod key_rotation;
mod opening;
mod postgres_copy;
mod postgres_ended_replicas;
mod postgres_interruptions;
mod postgres_opening;
mod postgres_replicas;
mod postgres_server;
mod postgres_shifts;
mod small_disk;
mod store_dir;
