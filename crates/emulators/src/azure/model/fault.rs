//! Faults that tests inject.

use serde::{Deserialize, Serialize};

use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Request;

/// A reply to give in place of the real one.
///
/// With a `status` of 2xx the request is accepted, and its *operation* fails with the code and the
/// message. Azure reports most failures in this way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// HTTP method that the fault applies to; `None` for all.
    #[serde(default)]
    pub method: Option<String>,
    /// Part of the path that the fault applies to, ignoring case; empty for all paths.
    #[serde(default)]
    pub path_contains: String,
    /// HTTP status of the reply.
    pub status: u16,
    /// Error code.
    #[serde(default)]
    pub code: String,
    /// Error message.
    #[serde(default)]
    pub message: String,
    /// Value of the `Retry-After` header, in seconds; `None` omits the header.
    #[serde(default)]
    pub retry_after_seconds: Option<u32>,
    /// Number of matching requests that the fault applies to.
    #[serde(default = "once")]
    pub times: u32,
    /// Processes the request before replying with the fault, like a lost reply.
    #[serde(default)]
    pub apply_first: bool,
    /// Delay that is added to the operation, in seconds. A fault with a `status` of 2xx and without a
    /// code delays it and does not make it fail.
    #[serde(default)]
    pub hold_seconds: u32,
}

fn once() -> u32 {
    1
}

impl Fault {
    fn matches(&self, request: &Request) -> bool {
        let path = request.path.to_ascii_lowercase();
        self.times > 0
            && self
                .method
                .as_ref()
                .is_none_or(|it| it.eq_ignore_ascii_case(&request.method))
            && path.contains(&self.path_contains.to_ascii_lowercase())
    }

    /// The reply as a refusal.
    pub(super) fn refusal(&self) -> Refusal {
        let refusal = Refusal::network(self.status, &self.code, self.message.as_str());
        match self.retry_after_seconds {
            Some(seconds) => refusal.header("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    /// Reports whether the fault concerns the operation, not the reply.
    pub(super) fn is_operation_fault(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error of the operation, if the request itself is accepted.
    pub(super) fn failure(&self) -> Option<OperationError> {
        let fails = self.is_operation_fault() && !self.code.is_empty();
        fails.then(|| OperationError {
            code: self.code.clone(),
            message: self.message.clone(),
        })
    }
}

/// Takes the first fault that matches a request; it is removed after its last use.
pub(super) fn take(faults: &mut Vec<Fault>, request: &Request) -> Option<Fault> {
    let fault = faults.iter_mut().find(|fault| fault.matches(request))?;
    fault.times -= 1;
    let fault = fault.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}
