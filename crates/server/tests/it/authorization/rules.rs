//! The rule that each route of the API applies to its callers.

use super::routes::Endpoint;

/// Every route with each of its methods.
pub(super) const TABLE: &str = include_str!("rules.txt");

/// Rule of a route about its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Requires no token and shows nothing of a tenant.
    Public,
    /// Refuses every caller, because there are no passwords.
    NoPasswords,
    /// Requires a valid token and concerns only the caller.
    AnyToken,
    /// Requires an unrestricted token, except about the token of the request.
    TokenManagement,
    /// Requires a member of the project in the path.
    Read,
    /// Requires an admin of the project in the path.
    Write,
    /// Requires an unrestricted token of an operator.
    Operator,
    /// Requires the same of an admin of the project in the path.
    OperatorInProject,
}

/// Returns the table's rows.
pub(crate) fn rules() -> Vec<(Endpoint, Rule)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &str) -> (Endpoint, Rule) {
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut word = || {
        words
            .next()
            .unwrap_or_else(|| panic!("incomplete row: {line}"))
    };
    let rule = match word().as_str() {
        "public" => Rule::Public,
        "no-passwords" => Rule::NoPasswords,
        "any-token" => Rule::AnyToken,
        "token-management" => Rule::TokenManagement,
        "read" => Rule::Read,
        "write" => Rule::Write,
        "operator" => Rule::Operator,
        "operator-in-project" => Rule::OperatorInProject,
        _ => panic!("unknown rule: {line}"),
    };
    let method = word();
    let template = word();
    (Endpoint { template, method }, rule)
}
