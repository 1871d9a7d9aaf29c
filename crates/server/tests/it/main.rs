//! Tests of the server as its callers see it.

mod world;
mod front_door;
