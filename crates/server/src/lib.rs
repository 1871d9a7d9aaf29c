//! The control plane: API, reconcile workers and what they share.

pub mod accounts;
pub mod api;
pub mod app;
pub mod bootstrap;
pub mod changes;
pub mod clock;
pub mod ids;
mod middleware;
pub mod project_ca;
pub mod publish;
pub mod reconcile;
pub mod service;
pub mod session;
pub mod settings;
pub mod token;
