//! Control plane: the API, the reconcile workers, the sweeper and the publisher of private names.

pub mod accounts;
mod admission;
pub mod api;
pub mod app;
mod audit;
pub mod backend_health;
pub mod bootstrap;
pub mod change_slots;
pub mod changes;
pub mod clock;
mod fair_slots;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod health_reads;
pub mod ids;
pub mod in_progress;
pub mod limits;
mod middleware;
mod nat_pool;
mod other_replicas;
pub mod project_ca;
pub mod proof_key;
pub mod publish;
pub mod readiness;
pub mod reconcile;
pub mod recovery;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
pub mod request_rates;
pub mod reservations;
pub mod retention;
pub mod retention_limits;
pub mod runtime;
pub mod service;
pub mod session;
pub mod settings;
pub mod token;
mod unknown_residents;
pub mod whole_reads;
mod yielding_store;
