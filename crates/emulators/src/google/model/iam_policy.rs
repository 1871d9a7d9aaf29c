//! The bindings of the provider's project.
//!
//! A principal with a binding has exactly the permissions of its roles. Without one it has all, so
//! nothing is enforced by default; the token of the options always has all.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The role with all permissions.
const OWNER: &str = "roles/owner";

/// The bindings in effect. They are not durable and end with the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IamPolicy {
    /// The bindings.
    pub bindings: Vec<IamBinding>,
}

/// One role, and the principals that have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IamBinding {
    /// The role.
    pub role: Role,
    /// Principals, such as `serviceAccount:EMAIL` or `principal://…`.
    pub members: Vec<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Role {
    /// A role of Google's own; only `roles/owner` is known.
    Predefined(String),
    /// A custom role, with the member that `gcloud iam roles create --file` reads; others have no
    /// effect.
    Custom {
        /// The permissions. A role has no wildcards.
        #[serde(rename = "includedPermissions")]
        included_permissions: BTreeSet<String>,
    },
}

impl IamPolicy {
    /// Refuses roles that the emulator does not know.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self) -> Result<(), &'static str> {
        for binding in &self.bindings {
            match &binding.role {
                Role::Predefined(name) if name != OWNER => {
                    return Err("Of predefined roles, only roles/owner is known.");
                }
                Role::Custom {
                    included_permissions,
                } if included_permissions.iter().any(|it| it.contains('*')) => {
                    return Err("A role lists single permissions, without wildcards.");
                }
                Role::Predefined(_) | Role::Custom { .. } => {}
            }
        }
        Ok(())
    }

    /// Reports whether a principal has a permission.
    pub(super) fn grants(&self, principal: &str, permission: &str) -> bool {
        let mut roles = self.roles(principal).peekable();
        if roles.peek().is_none() {
            return true;
        }
        roles.any(|role| match role {
            Role::Predefined(_) => true,
            Role::Custom {
                included_permissions,
            } => included_permissions.contains(permission),
        })
    }

    fn roles(&self, principal: &str) -> impl Iterator<Item = &Role> {
        let is_of = move |member: &String| {
            member.strip_prefix("serviceAccount:").unwrap_or(member) == principal
        };
        self.bindings
            .iter()
            .filter(move |it| it.members.iter().any(is_of))
            .map(|it| &it.role)
    }
}
