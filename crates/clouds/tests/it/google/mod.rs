//! The Google driver against a scripted Compute Engine.

mod attachment;
mod backend_service;
mod endpoints;
mod firewall;
mod network;
mod network_sweep;
mod operation;
mod parts;
mod removal;
mod rotation;
mod sign_in;
mod sweep;
mod token;
pub(crate) mod world;
