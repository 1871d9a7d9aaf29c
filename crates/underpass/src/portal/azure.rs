//! Emulated Azure's portal: the Private Link Center, from the consumer's side.

mod account;
mod create;
mod endpoint;
mod list;
pub(super) mod portal;
mod routes;
mod snippets;
mod state;
