//! Faithful local doubles of the clouds, whose private endpoints carry real bytes.
//!
//! Each cloud is a pure model with a thin HTTP face.
//! They know nothing of the control plane's nouns.
//!
//! What the faces share is here: `cloud_model` says what every model offers, `emulated_network` makes its answers
//! true, `journal` keeps its state across crashes, `endpoints` turns approved endpoints into
//! listeners, `admin` is for tests and for the machine room, `certificate_authority` issues the HTTPS
//! certificate, `serve` speaks HTTP on a socket and `connect_proxy` plays a client's proxy, `http_message` and
//! `urlencoded` decode, `jwt` signs tokens, `data_dir`, `listen` and `emulator_runtime` start it all and end it.

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
pub mod google;
mod http_message;
mod ids;
mod journal;
mod journaled_map;
mod jwt;
mod limits;
mod listen;
mod private_file;
mod secret;
mod serve;
mod shutdown;
mod urlencoded;

pub use cloud_model::CloudModel;
pub use secret::Secret;
