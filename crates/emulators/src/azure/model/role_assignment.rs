//! Role assignments in the provider's subscription.
//!
//! A principal with an assignment has exactly the actions of its assignments. Without one, the
//! provider's own client has every action and others have none, so nothing is enforced by default.

use serde::Deserialize;
use serde_json::{Value, json};

/// The assignments in effect. They are not durable and end with the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignments {
    /// The assignments.
    pub assignments: Vec<RoleAssignment>,
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignment {
    /// The client ID of the principal.
    pub principal: String,
    /// The subscription, resource group or resource in which it counts.
    pub scope: String,
    /// The role.
    pub role: RoleDefinition,
}

/// A role definition, with the members that `az role definition create` accepts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleDefinition {
    /// The name.
    pub name: String,
    /// The actions, in which `*` stands for any characters.
    pub actions: Vec<String>,
    /// The actions that are taken out of these.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// The scopes in which the role can be assigned.
    pub assignable_scopes: Vec<String>,
}

// === impl RoleAssignments ===

impl RoleAssignments {
    /// Refuses an assignment outside the scopes of its role.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_allowed = |it: &RoleAssignment| {
            let mut scopes = it.role.assignable_scopes.iter();
            scopes.any(|scope| contains(scope, &it.scope))
        };
        if self.assignments.iter().all(is_allowed) {
            Ok(())
        } else {
            Err("A scope is not within the role's AssignableScopes.")
        }
    }

    /// Reports whether a client has an assignment.
    pub(super) fn is_assigned(&self, client: &str) -> bool {
        self.of(client).next().is_some()
    }

    /// Reports whether an assignment of a client grants an action in a scope.
    pub(super) fn grants(&self, client: &str, action: &str, scope: &str) -> bool {
        self.of(client)
            .filter(|it| contains(&it.scope, scope))
            .any(|it| it.role.grants(action))
    }

    /// The actions of a client's assignments that are in effect in a scope, as the permissions API
    /// shows them.
    pub(super) fn permissions(&self, client: &str, scope: &str) -> Vec<Value> {
        self.of(client)
            .filter(|it| contains(&it.scope, scope))
            .map(|it| shown(&it.role.actions, &it.role.not_actions))
            .collect()
    }

    fn of(&self, client: &str) -> impl Iterator<Item = &RoleAssignment> {
        self.assignments
            .iter()
            .filter(move |it| it.principal.eq_ignore_ascii_case(client))
    }
}

/// An entry of the permissions API.
pub(super) fn shown(actions: &[String], not_actions: &[String]) -> Value {
    json!({
        "actions": actions,
        "notActions": not_actions,
        "dataActions": [],
        "notDataActions": [],
    })
}

impl RoleDefinition {
    fn grants(&self, action: &str) -> bool {
        let is_in = |patterns: &[String]| {
            patterns.iter().any(|it| {
                it.eq_ignore_ascii_case(action)
                    || (it.contains('*')
                        && matches(&it.to_ascii_lowercase(), &action.to_ascii_lowercase()))
            })
        };
        is_in(&self.actions) && !is_in(&self.not_actions)
    }
}

/// Reports whether a scope is another one or lies in it.
fn contains(scope: &str, inner: &str) -> bool {
    let scope = scope.trim_end_matches('/').to_ascii_lowercase();
    let inner = inner.to_ascii_lowercase();
    let rest = inner.strip_prefix(&scope);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reports whether a pattern in lower case matches a text in lower case.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => {
            let Some(text) = text.strip_prefix(start) else {
                return false;
            };
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| text.get(at..).is_some_and(|text| matches(rest, text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_contain_what_is_below_them() {
        for (scope, inner, is_inside) in [
            ("/subscriptions/s", "/subscriptions/s", true),
            (
                "/subscriptions/s/",
                "/SUBSCRIPTIONS/S/resourceGroups/g",
                true,
            ),
            ("/subscriptions/s", "/subscriptions/s2", false),
            (
                "/subscriptions/s/resourceGroups/g",
                "/subscriptions/s/resourceGroups/g2/x",
                false,
            ),
            (
                "/subscriptions/s/resourceGroups/g",
                "/subscriptions/s",
                false,
            ),
            ("/", "/subscriptions/s", true),
        ] {
            assert_eq!(contains(scope, inner), is_inside, "{scope} {inner}");
        }
    }

    #[test]
    fn patterns_match_as_documented() {
        for (pattern, is_match) in [
            ("*", true),
            ("a/*", true),
            ("a/*/c", true),
            ("*/c", true),
            ("a/b/c*", true),
            ("a/*c/*", false),
            ("*/d", false),
            ("a/b", false),
            ("", false),
        ] {
            assert_eq!(matches(pattern, "a/b/c"), is_match, "{pattern}");
        }
    }
}
