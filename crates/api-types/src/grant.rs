//! Grants of a project to adopt existing networks.

use serde::{Deserialize, Serialize};

/// Grants of a project, oldest first: `GET /v1/underpass/project/{project}/grants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantList {
    /// Grants.
    pub grants: Vec<GrantView>,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// ID of the grant.
    pub grant_id: String,
    /// Name of the cloud account.
    pub account: String,
    /// Prefix of the resource IDs that may be adopted.
    pub scope: String,
    /// Operator who granted it.
    pub granted_by: String,
    /// Time of creation.
    pub create_time: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_list_of_grants_is_read_as_it_was_written() {
        assert_round_trip(&GrantList {
            grants: vec![GrantView {
                grant_id: "gr000000000001".to_owned(),
                account: "azure".to_owned(),
                scope: "/subscriptions/S".to_owned(),
                granted_by: "ada@example.net (abc)".to_owned(),
                create_time: "2026-01-01T00:00:00Z".to_owned(),
            }],
        });
    }
}
