//! The options of a service: which there are, what they may be, and the merge of a change.
//!
//! One schema for each type says all of it: `service_types` publishes it, clients parse by it, and
//! the check reads it. Options that configure the server itself are known by name only, to be
//! refused with the reason.

mod check;
mod closest;
mod merge;
mod schema;
mod server_setting;

pub use self::check::unknown;
pub use self::merge::merge;
pub use self::schema::schema;

#[cfg(test)]
mod tests;
