//! Authorization of every page and form of the console.

mod matrix;
#[path = "../../../server/tests/it/authorization/routes.rs"]
mod routes;
mod rules;
mod session;
