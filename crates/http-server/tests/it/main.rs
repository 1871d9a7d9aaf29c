//! Servers with limits, over real sockets.

mod connections;
mod heads;
mod requests;
mod world;
