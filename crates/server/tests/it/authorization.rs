//! Authorization of every route of the API.

mod identity;
mod matrix;
mod reference;
mod routes;
pub(crate) mod rules;
