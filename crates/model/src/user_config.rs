//! Options of services: their schema, validation, and the merge of a change.
//!
//! The schema of each type is the single source: `service_types` publishes it, clients parse by it,
//! and the check reads it. Options that configure the server itself are known by name only and
//! refused with the reason.

mod check;
mod merge;
mod schema;
mod server_setting;

pub use self::check::unknown;
pub use self::merge::merge;
pub use self::schema::schema;

#[cfg(test)]
mod tests;
