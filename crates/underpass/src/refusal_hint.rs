//! Next actions for refusals whose message is fixed by the compatible API.

/// Commands that list what a refusal did not find, by the refusal's code.
const LISTS: &[(&str, &str)] = &[
    (
        "malformed_id",
        "show the IDs with the command `list` of the same group",
    ),
    (
        "project_not_found",
        "list the projects with `underpass project list`",
    ),
    (
        "service_not_found",
        "list the services with `underpass service list`",
    ),
    (
        "static_ip_not_found",
        "list the static IP addresses with `underpass static-ip list`",
    ),
    (
        "token_not_found",
        "list the access tokens with `underpass token list`",
    ),
    (
        "unknown_project_vpc",
        "list the project VPCs with `underpass vpc list`",
    ),
    (
        "unknown_static_ip",
        "list the static IP addresses with `underpass static-ip list`",
    ),
    (
        "vpc_not_found",
        "list the project VPCs with `underpass vpc list`",
    ),
];

/// Returns the next action, unless the message names a command itself.
pub(crate) fn hint(code: Option<&str>, message: &str) -> Option<&'static str> {
    if message.contains("`underpass ") {
        return None;
    }
    let found = LISTS.iter().find(|(known, _)| Some(*known) == code);
    found.map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use underpass_console::refusal_page::page;

    use super::*;

    #[test]
    fn every_code_has_a_page_and_a_message_with_a_command_needs_no_hint() {
        assert!(LISTS.iter().all(|(code, _)| page(code).is_some()));
        let missing = Some("service_not_found");
        assert!(hint(missing, "Service x does not exist").is_some());
        assert_eq!(hint(missing, "Run `underpass service list`"), None);
        assert_eq!(hint(Some("another"), "Refused"), None);
        assert_eq!(hint(None, "Refused"), None);
    }
}
