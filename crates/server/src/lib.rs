//! Control plane: the API, the reconcile workers, the sweeper and the publisher of private names.

pub mod accounts;
pub mod api;
pub mod app;
mod audit;
mod background_store;
pub mod bootstrap;
pub mod change_slots;
pub mod changes;
pub mod clock;
pub mod ids;
pub mod limits;
mod middleware;
mod nat_pool;
pub mod project_ca;
pub mod proof_key;
pub mod publish;
pub mod reconcile;
pub mod recovery;
pub mod request_rates;
pub mod reservations;
pub mod retention;
pub mod runtime;
pub mod service;
pub mod session;
pub mod settings;
pub mod token;
mod unknown_residents;
