//! Rules about the workspace as a whole.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod documents;
mod edges;
mod fuzz_targets;
mod loops;
mod sources;
mod vocabulary;
