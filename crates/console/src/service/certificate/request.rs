//! Input of the form for a certificate.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use underpass_web::cli_snippet::CliSnippet;
use underpass_web::form::{Fields, words};

use crate::api_error::ApiError;
use crate::cli_snippet::cli_snippet;
use crate::page::Page;

/// A request for a certificate, as it was entered.
#[derive(Debug, Clone, Default)]
pub(super) struct CertificateRequest {
    /// Validity in days; the default if empty.
    pub(super) days: String,
    /// Further DNS names, as a list.
    pub(super) names: String,
    /// Further addresses, as a list.
    pub(super) addresses: String,
}

impl CertificateRequest {
    /// Values of a new form.
    pub(super) fn usual(days: i64) -> Self {
        Self {
            days: days.to_string(),
            ..Self::default()
        }
    }

    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            days: text("days"),
            names: text("names"),
            addresses: text("addresses"),
        }
    }

    /// Body for the API, which validates the values.
    ///
    /// # Errors
    /// If the days are not a number.
    pub(super) fn body(&self) -> Result<Value, ApiError> {
        let mut members = Map::new();
        if !self.days.is_empty() {
            let days: i64 = self.days.parse().map_err(|_| ApiError {
                status: StatusCode::BAD_REQUEST,
                message: format!(
                    "No certificate was issued: `{}` is not a number of days. Enter digits only, for \
                     instance 365",
                    self.days
                ),
                code: None,
            })?;
            members.insert("days".to_owned(), json!(days));
        }
        for (member, text) in [("names", &self.names), ("addresses", &self.addresses)] {
            let listed: Vec<_> = words(text).collect();
            if !listed.is_empty() {
                members.insert(member.to_owned(), json!(listed));
            }
        }
        Ok(Value::Object(members))
    }

    /// Command that issues the certificate from a shell.
    pub(super) fn snippet(&self, page: &Page) -> CliSnippet {
        let service = page.segment("service");
        let mut command = vec!["service", "cert", service, "--out", "certs"];
        if !self.days.is_empty() {
            command.extend(["--days", &self.days]);
        }
        for name in words(&self.names) {
            command.extend(["--name", name]);
        }
        for address in words(&self.addresses) {
            command.extend(["--address", address]);
        }
        command.extend(["--project", page.project()]);
        // Invalid input has no call.
        let body = self.body().ok();
        cli_snippet(
            "Issue a certificate and write the three files into a directory",
            command,
            &Method::POST,
            &page.own_route(["service", service, "certificate"]),
            body.as_ref(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(days: &str, names: &str) -> Result<Value, ApiError> {
        let request = CertificateRequest {
            days: days.to_owned(),
            names: names.to_owned(),
            addresses: String::new(),
        };
        request.body()
    }

    #[test]
    fn lists_are_taken_in_whatever_form_they_come() {
        let listed = body("30", "a.example.net\r\nb.example.net, c.example.net;").unwrap();
        let names = ["a.example.net", "b.example.net", "c.example.net"];
        assert_eq!(listed, json!({"days": 30, "names": names}));
        assert_eq!(body("", " ").unwrap(), json!({}));
    }

    #[test]
    fn days_that_are_no_number_are_named() {
        for days in ["a year", "1.5", "365 days", "99999999999999999999"] {
            let refused = body(days, "").unwrap_err();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
            assert!(refused.message.contains(days), "{}", refused.message);
        }
    }
}
