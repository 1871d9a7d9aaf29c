//! Emulated clouds for local use, whose private endpoints carry real bytes.
//!
//! Each cloud is a pure model (`azure::model`, `google::model`) with an HTTP API of its own.
//! This crate does not know the types of the control plane.
//!
//! Modules that all clouds share:
//!
//! | Module | Contents |
//! |---|---|
//! | `cloud_model` | the interface of a model |
//! | `emulated_network` | a model with its journal, its endpoints and the time |
//! | `emulator_runtime` | start and shutdown of a cloud |
//! | `journal`, `journaled_map`, `change` | write-ahead log of a model's state |
//! | `endpoints`, `binding` | listeners of approved endpoints |
//! | `weather` | the faults that requests meet |
//! | `health`, `probing` | health of backends, the probes that find it |
//! | `record` | file of exchanges |
//! | `admin` | admin routes for tests and for the node provisioner |
//! | `certificate_authority` | the certificate for HTTPS |
//! | `serve`, `connect_proxy`, `listen`, `shutdown` | HTTP servers, the proxy, listeners, the shutdown signal |
//! | `reply`, `http_message`, `urlencoded`, `jwt`, `rsa_jwt`, `secret` | replies, bodies and headers, decoding, our tokens, those of others, secrets |
//! | `data_dir` | files |
//! | `clock`, `ids`, `limits`, `error` | time, randomness, limits, errors |

mod admin;
pub mod azure;
mod binding;
mod certificate_authority;
mod change;
mod clock;
mod cloud_model;
mod connect_proxy;
mod data_dir;
mod emulated_network;
mod emulator_runtime;
mod endpoints;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod google;
mod health;
mod http_message;
mod ids;
mod journal;
mod journaled_map;
mod jwt;
mod limits;
mod listen;
mod probing;
mod record;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod reply;
mod rsa_jwt;
mod secret;
mod serve;
mod shutdown;
mod urlencoded;
mod weather;

pub use cloud_model::CloudModel;
pub use health::{Exchange, Health, HealthTable, Outcome, Probe};
pub use secret::Secret;
pub use weather::{InvalidWeather, Weather};
