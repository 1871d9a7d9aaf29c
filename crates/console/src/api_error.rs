//! Refusals and failures of the API.

use axum::http::StatusCode;
use serde_json::Value;

/// A refusal or failure of the API, or of the console itself.
#[derive(Debug)]
pub(crate) struct ApiError {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Message for the visitor.
    pub(crate) message: String,
    /// Code of the rule; it has a page in the documentation.
    pub(crate) code: Option<String>,
}

impl ApiError {
    /// Reads the body of an answer.
    pub(crate) fn new(status: StatusCode, body: &Value) -> Self {
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
        let message = text("/message");
        Self {
            status,
            message: message.map_or_else(|| format!("The API answered {status}."), str::to_owned),
            code: text("/errors/0/error_code").map(str::to_owned),
        }
    }

    /// Refuses what a form says before the API is asked.
    pub(crate) fn invalid(message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message,
            code: None,
        }
    }

    /// Reports a failure of the console, in words that follow "failed to".
    pub(crate) fn internal(action: &str) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: format!(
                "The console failed to {action}. The log of the control plane has the cause."
            ),
            code: None,
        }
    }

    /// Reports whether the rule of that code refused it.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}
