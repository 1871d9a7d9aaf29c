//! The drivers against scripted providers: which requests they send, and what they make of the
//! answers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::result_large_err,
    reason = "helpers of tests: an unmet expectation ends the test"
)]

mod address;
mod admission;
mod attachment;
mod balancer;
mod brokers;
mod counting;
mod google;
mod group;
mod health;
mod member;
mod network;
mod network_sweep;
mod operation;
mod proxy;
mod recorded;
mod refusal;
mod role;
mod rotation;
mod script;
mod sign_in;
#[path = "../../../emulators/src/google/signing.rs"]
mod signing;
mod sweep;
mod token;
mod world;
