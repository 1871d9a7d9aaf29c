//! The custom role of an account: exactly the actions that the driver and the account check need.

use serde_json::{Value, json};

use super::action::Action;

/// The name of the role of an account, unique in its tenant.
pub fn role_name(account: &str) -> String {
    format!("Underpass account {account}")
}

/// The role definition that `az role definition create --role-definition` accepts. `scopes` are those
/// in which it can be assigned.
pub fn role_definition(account: &str, scopes: &[String]) -> Value {
    let actions: Vec<_> = Action::ALL.iter().map(|it| it.name()).collect();
    json!({
        "Name": role_name(account),
        "IsCustom": true,
        "Description": "Publishes services over Private Link with Underpass: exactly the actions \
                        that its driver and its account check need.",
        "Actions": actions,
        "NotActions": [],
        "AssignableScopes": scopes,
    })
}
