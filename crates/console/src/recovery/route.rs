//! Path of recovery in the API.

pub(super) const API: &str = "/v1/underpass/recovery";
