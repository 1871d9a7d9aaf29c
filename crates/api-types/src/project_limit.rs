//! Limits of a project.

use serde::{Deserialize, Serialize};

/// Limits of a project: `GET /v1/underpass/project/{project}/limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectLimitList {
    /// Limits.
    pub limits: Vec<ProjectLimitView>,
}

/// A limit of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectLimitView {
    /// Name of the limit.
    pub name: String,
    /// Its value.
    pub limit: u32,
    /// Present number; null for rates.
    pub present: Option<usize>,
    /// An operator set it for this project; otherwise it is that of the installation.
    pub own: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_list_of_limits_is_read_as_it_was_written() {
        assert_round_trip(&ProjectLimitList {
            limits: vec![ProjectLimitView {
                name: "links".to_owned(),
                limit: 1000,
                present: Some(3),
                own: false,
            }],
        });
    }
}
