//! The Google driver against a scripted Compute Engine.

mod attachment;
mod operation;
mod parts;
mod sweep;
mod token;
mod world;
