//! Commands that do from a shell what a page does: a command of the command line, and a call of the
//! API with curl.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::Method;
use serde_json::Value;

use crate::shell::quote;

/// One thing to do, in both ways.
#[derive(Debug, Clone)]
pub struct CliSnippet {
    /// Description.
    pub title: String,
    /// A command; empty where the command line has none.
    pub command: String,
    /// A call of the API.
    pub call: String,
}

/// A call of an API with curl.
#[derive(Debug, Clone)]
pub struct CurlCall<'a> {
    /// Words of the shell that authenticate the caller; may name variables.
    pub authentication: &'a str,
    /// Variable that holds the URL of the API.
    pub base_variable: &'a str,
    /// HTTP method.
    pub method: &'a Method,
    /// Path below that URL, with its query.
    pub path: &'a str,
    /// Body, as JSON.
    pub body: Option<&'a Value>,
}

/// The section of a page with its commands; a template shows it as `{{ section }}`.
#[derive(Template)]
#[template(path = "snippets.html")]
pub struct SnippetsSection<'a> {
    /// The commands.
    pub snippets: &'a [CliSnippet],
    /// Sentence about the calls of the API; may be empty.
    pub note: &'a str,
}

impl SnippetsSection<'_> {
    fn has_commands(&self) -> bool {
        let mut snippets = self.snippets.iter();
        snippets.any(|snippet| !snippet.command.is_empty())
    }
}

impl HtmlSafe for SnippetsSection<'_> {}

impl CurlCall<'_> {
    /// The call as one line for a shell.
    pub fn line(&self) -> String {
        let mut line = "curl -sS --fail-with-body".to_owned();
        if !self.authentication.is_empty() {
            line.push(' ');
            line.push_str(self.authentication);
        }
        if self.method != Method::GET {
            line.push_str(" -X ");
            line.push_str(self.method.as_str());
        }
        if let Some(body) = self.body {
            line.push_str(" -H 'content-type: application/json' --data ");
            line.push_str(&quote(&body.to_string()));
        }
        line.push_str(" \"$");
        line.push_str(self.base_variable);
        line.push('"');
        line.push_str(&quote(self.path));
        line
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_others_stay_values_in_a_shell() {
        let call = CurlCall {
            authentication: "",
            base_variable: "URL",
            method: &Method::PUT,
            path: "/a b?x=1",
            body: Some(&json!({ "m": "it's $(id)" })),
        };
        assert_eq!(
            call.line(),
            "curl -sS --fail-with-body -X PUT -H 'content-type: application/json' --data \
             '{\"m\":\"it'\\''s $(id)\"}' \"$URL\"'/a b?x=1'"
        );
    }
}
