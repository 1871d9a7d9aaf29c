//! The custom role of an account: exactly the permissions that the driver and the account check need.

use super::permission::Permission;

/// The ID of the role of an account, unique in its project: letters, digits, underscores and periods
/// (IAM, "Create and manage custom roles").
pub fn role_id(account: &str) -> String {
    let characters = account.chars();
    let account: String = characters
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
        .collect();
    format!("underpass_{account}")
}

/// The role that `gcloud iam roles create --file` accepts, in YAML.
pub fn role_definition(account: &str) -> String {
    let permissions: Vec<_> = Permission::ALL.iter().map(|it| it.name()).collect();
    let permissions = permissions.join("\n- ");
    format!(
        "title: Underpass account {account}\n\
         description: >-\n  Publishes services over Private Service Connect with Underpass: exactly \
         the\n  permissions that its driver and its account check need.\n\
         stage: GA\n\
         includedPermissions:\n- {permissions}\n"
    )
}
