//! Faithful local doubles of the clouds, whose private endpoints carry real bytes.
//!
//! Each cloud is a pure model with a thin HTTP face.
//! They know nothing of the control plane's nouns.
//!
//! What the faces share is here: `journal` keeps a model's state across crashes,
//! `authority` issues the HTTPS certificate, `endpoints` turns approved endpoints into
//! listeners, `serve` speaks HTTP on a socket.

mod authority;
pub mod azure;
mod chain;
mod clock;
mod endpoints;
mod ids;
mod journal;
mod limits;
mod private_file;
#[cfg(test)]
mod scratch_dir;
mod secret;
mod serve;

pub use secret::Secret;
