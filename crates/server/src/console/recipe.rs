//! How to do from a shell what a page does: as a command, and as a call of the API.

use axum::http::Method;
use serde_json::Value;
use underpass_model::connection_info::quote;

/// One thing to do, in both ways.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What it does, for people.
    pub title: String,
    /// A line for a shell; empty where the command line has no such command.
    pub command: String,
    /// A line for a shell that calls the API.
    pub call: String,
}

impl Recipe {
    /// `command` is the words after `underpass`, `route` a path as the API takes it.
    pub fn new<'a>(
        title: &str,
        command: impl IntoIterator<Item = &'a str>,
        method: &Method,
        route: &str,
        body: Option<&Value>,
    ) -> Self {
        Self {
            title: title.to_owned(),
            command: command_line(command),
            call: curl(method, route, body),
        }
    }
}

/// A line for a shell: the program and `words`, whatever is in them.
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = "underpass".to_owned();
    for word in words {
        line.push(' ');
        line.push_str(&quote::shell(word));
    }
    line
}

/// The variables are those of `underpass env`. The token is read by the shell itself, so that no
/// list of processes shows it.
fn curl(method: &Method, route: &str, body: Option<&Value>) -> String {
    let mut line = "curl -sS --fail-with-body \
                    -H @<(printf 'authorization: Bearer %s' \"$(cat \"$UNDERPASS_TOKEN_FILE\")\")"
        .to_owned();
    if method != Method::GET {
        line.push_str(" -X ");
        line.push_str(method.as_str());
    }
    if let Some(body) = body {
        line.push_str(" -H 'content-type: application/json' --data ");
        line.push_str(&quote::shell(&body.to_string()));
    }
    line.push_str(" \"$UNDERPASS_URL\"");
    line.push_str(&quote::shell(route));
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_others_stay_values_in_a_shell() {
        let body = json!({"label": "it's $(id)"});
        let recipe = Recipe::new(
            "Label it",
            ["service", "it's $(id)"],
            &Method::PUT,
            "/v1/x",
            Some(&body),
        );
        assert_eq!(recipe.command, r"underpass service 'it'\''s $(id)'");
        assert!(
            recipe
                .call
                .ends_with(r#"--data '{"label":"it'\''s $(id)"}' "$UNDERPASS_URL"/v1/x"#),
            "{}",
            recipe.call
        );
    }
}
