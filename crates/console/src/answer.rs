//! Answers of the API, as far as pages show them: one file for each object.
//!
//! Members that no page shows are left out. Texts may come from consumers and providers.

pub(crate) mod service_type;
