//! The error inside an operation that failed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The error of a failed operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OperationError {
    code: String,
    message: String,
}

impl OperationError {
    pub(super) fn new(code: &str, message: impl Into<String>) -> OperationError {
        OperationError {
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// Returns the value of `error` in an operation.
    pub(super) fn error(&self) -> Value {
        json!({ "errors": [{ "code": self.code, "message": self.message }] })
    }

    /// Returns the values of `httpErrorStatusCode` and `httpErrorMessage`.
    pub(super) fn http(&self) -> (u16, &'static str) {
        match self.code.as_str() {
            "FORBIDDEN" | "QUOTA_EXCEEDED" | "RATE_LIMIT_EXCEEDED" | "PERMISSIONS_ERROR" => {
                (403, "FORBIDDEN")
            }
            "NOT_FOUND" | "RESOURCE_NOT_FOUND" => (404, "NOT FOUND"),
            "ALREADY_EXISTS" | "RESOURCE_ALREADY_EXISTS" => (409, "CONFLICT"),
            "CONDITION_NOT_MET" => (412, "PRECONDITION FAILED"),
            "INTERNAL_ERROR" | "BACKEND_ERROR" => (500, "INTERNAL SERVER ERROR"),
            "ZONE_RESOURCE_POOL_EXHAUSTED" => (503, "SERVICE UNAVAILABLE"),
            _ => (400, "BAD REQUEST"),
        }
    }
}
