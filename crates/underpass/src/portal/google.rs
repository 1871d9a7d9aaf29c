//! Emulated Google's portal: Private Service Connect, from the consumer's side.

mod create;
mod endpoint;
mod list;
pub(super) mod portal;
mod project;
mod routes;
mod snippets;
mod state;
