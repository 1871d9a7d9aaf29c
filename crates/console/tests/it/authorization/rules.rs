//! The rule that each page and form of the console applies to its visitors.

use super::routes::Endpoint;

/// Every route with each of its methods.
const TABLE: &str = include_str!("rules.txt");

/// Rule of a route about its visitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Requires no session and shows nothing of a tenant.
    Public,
    /// Requires a session and concerns only the visitor.
    AnySession,
    /// Requires a session, and shows that there is no such page.
    NotFound,
    /// Requires a member of the project in the path.
    Read,
    /// Requires an admin of the project in the path.
    Write,
    /// Requires an operator whose session is not restricted.
    Operator,
    /// As [`Rule::Operator`], and changes something.
    OperatorWrite,
    /// As [`Rule::Operator`], and never ends.
    OperatorStream,
    /// As [`Rule::Read`], and never ends for visitors who are admitted.
    Stream,
}

/// Returns the table's rows.
pub(super) fn rules() -> Vec<(Endpoint, Rule)> {
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
        "any-session" => Rule::AnySession,
        "not-found" => Rule::NotFound,
        "read" => Rule::Read,
        "write" => Rule::Write,
        "stream" => Rule::Stream,
        "operator" => Rule::Operator,
        "operator-write" => Rule::OperatorWrite,
        "operator-stream" => Rule::OperatorStream,
        _ => panic!("unknown rule: {line}"),
    };
    let method = word();
    let template = word();
    (Endpoint { template, method }, rule)
}
