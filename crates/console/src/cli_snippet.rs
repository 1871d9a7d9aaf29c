//! Commands that do from a shell what a page does.

use axum::http::Method;
use serde_json::Value;
use underpass_web::cli_snippet::{CliSnippet, CurlCall};
use underpass_web::shell::command_line;

/// Sends the token that `underpass env` names. The shell itself reads it, so that no list of
/// processes shows it.
const AUTHENTICATION: &str =
    "-H @<(printf 'authorization: Bearer %s' \"$(cat \"$UNDERPASS_TOKEN_FILE\")\")";

/// A command of the command line, whose words after `underpass` are given, and the same as a call of
/// the API.
pub(crate) fn cli_snippet<'a>(
    title: &str,
    words: impl IntoIterator<Item = &'a str>,
    method: &Method,
    path: &str,
    body: Option<&Value>,
) -> CliSnippet {
    let call = CurlCall {
        authentication: AUTHENTICATION,
        base_variable: "UNDERPASS_URL",
        method,
        path,
        body,
    };
    CliSnippet {
        title: title.to_owned(),
        command: command_line("underpass", words),
        call: call.line(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_others_stay_values_in_a_shell() {
        let body = json!({"label": "it's $(id)"});
        let snippet = cli_snippet(
            "Label it",
            ["service", "it's $(id)"],
            &Method::PUT,
            "/v1/x",
            Some(&body),
        );
        assert_eq!(snippet.command, r"underpass service 'it'\''s $(id)'");
        assert!(
            snippet
                .call
                .ends_with(r#"--data '{"label":"it'\''s $(id)"}' "$UNDERPASS_URL"/v1/x"#),
            "{}",
            snippet.call
        );
    }
}
