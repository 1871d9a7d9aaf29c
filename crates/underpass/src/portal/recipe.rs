//! How to do from a shell what a page does: as a command, and as a call of the cloud's own API.

use serde_json::Value;
use underpass_model::connection_info::quote;

/// A call of a cloud's API.
pub(super) struct Call<'a> {
    /// Shell words of `curl` that say who asks; may name variables.
    pub(super) who: &'a str,
    /// The variable that has the URL of the API.
    pub(super) base: &'a str,
    pub(super) method: &'a str,
    /// Below that URL.
    pub(super) route: String,
    pub(super) body: Option<Value>,
}

impl Call<'_> {
    /// A line for a shell.
    pub(super) fn line(&self) -> String {
        let mut line = "curl -sS --fail-with-body".to_owned();
        if !self.who.is_empty() {
            line.push(' ');
            line.push_str(self.who);
        }
        if self.method != "GET" {
            line.push_str(" -X ");
            line.push_str(self.method);
        }
        if let Some(body) = &self.body {
            line.push_str(" -H 'content-type: application/json' --data ");
            line.push_str(&quote::shell(&body.to_string()));
        }
        line.push_str(" \"$");
        line.push_str(self.base);
        line.push('"');
        line.push_str(&quote::shell(&self.route));
        line
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_others_stay_values_in_a_shell() {
        let call = Call {
            who: "",
            base: "URL",
            method: "PUT",
            route: "/a b?x=1".to_owned(),
            body: Some(json!({ "m": "it's $(id)" })),
        };
        assert_eq!(
            call.line(),
            "curl -sS --fail-with-body -X PUT -H 'content-type: application/json' --data \
             '{\"m\":\"it'\\''s $(id)\"}' \"$URL\"'/a b?x=1'"
        );
    }
}
