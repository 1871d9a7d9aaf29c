//! Authorization of every route of the API.

mod identity;
mod matrix;
mod routes;
mod rules;
