//! Notice after a refresh.

use serde_json::Value;

/// Returns `done`, or the reason for which the cloud was not listed, from the answer to a refresh.
pub(crate) fn notice(answer: &Value, done: &str) -> String {
    match answer.get("message").and_then(Value::as_str) {
        Some("refreshed") | None => done.to_owned(),
        Some(reason) => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refresh_that_listed_nothing_says_so() {
        let said = |message: &str| notice(&json!({ "message": message }), "Refreshed");
        assert_eq!(said("refreshed"), "Refreshed");
        assert_eq!(
            said("The networks of Azure could not be listed"),
            "The networks of Azure could not be listed"
        );
    }
}
