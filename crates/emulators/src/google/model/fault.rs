//! Faults injected by tests.

use serde::{Deserialize, Serialize};

use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Request;

/// A fault that matching requests meet.
///
/// A `status` of 2xx executes the request and changes its *operation*: with a `reason` the operation
/// fails, with `hold_seconds` it takes longer. Any other status is the status of the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The method of matching requests; `None` matches all.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path of matching requests; an empty text matches all.
    #[serde(default)]
    pub path_contains: String,
    /// The end of the path of matching requests; an empty text matches all.
    #[serde(default)]
    pub path_suffix: String,
    /// The HTTP status of the reply.
    pub status: u16,
    /// The reason in the reply, for instance `rateLimitExceeded`; for an operation the code of its
    /// error, or the reason that the code is derived from.
    #[serde(default)]
    pub reason: String,
    /// The error message.
    #[serde(default)]
    pub message: String,
    /// The number of requests that meet the fault.
    #[serde(default = "once")]
    pub times: u32,
    /// Executes the request before the faulty reply, as if its own reply were lost.
    #[serde(default)]
    pub apply_first: bool,
    /// The delay that is added to the operation, in seconds.
    #[serde(default)]
    pub hold_seconds: u32,
}

fn once() -> u32 {
    1
}

impl Default for Fault {
    /// A fault that matches the next request and has no effect.
    fn default() -> Fault {
        Fault {
            method: None,
            path_contains: String::new(),
            path_suffix: String::new(),
            status: 200,
            reason: String::new(),
            message: String::new(),
            times: 1,
            apply_first: false,
            hold_seconds: 0,
        }
    }
}

impl Fault {
    fn matches(&self, request: &Request) -> bool {
        let matches_method = self
            .method
            .as_ref()
            .is_none_or(|it| it.eq_ignore_ascii_case(&request.method));
        // A read starts no operation.
        let opens_operation = !self.is_operation_fault() || request.method != "GET";
        self.times > 0
            && opens_operation
            && matches_method
            && request.path.contains(&self.path_contains)
            && request.path.ends_with(&self.path_suffix)
    }

    /// Reports whether the fault concerns the operation, not the reply.
    pub(super) fn is_operation_fault(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the refusal to reply with.
    pub(super) fn refusal(&self) -> Refusal {
        Refusal::new(self.status, &self.reason, self.message.as_str())
    }

    /// Returns the error that the operation fails with.
    pub(super) fn operation_error(&self) -> Option<OperationError> {
        (!self.reason.is_empty())
            .then(|| OperationError::new(&upper_case(&self.reason), &*self.message))
    }
}

/// Takes the first fault that matches a request; removes it after its last use.
pub(super) fn take(faults: &mut Vec<Fault>, request: &Request) -> Option<Fault> {
    let fault = faults.iter_mut().find(|fault| fault.matches(request))?;
    fault.times -= 1;
    let fault = fault.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}

/// Returns a reason as a code of operation errors: `resourceNotReady` is `RESOURCE_NOT_READY`.
fn upper_case(reason: &str) -> String {
    if !reason.contains(|it: char| it.is_ascii_lowercase()) {
        return reason.to_owned();
    }
    let mut code = String::new();
    for letter in reason.chars() {
        if letter.is_ascii_uppercase() {
            code.push('_');
        }
        code.push(letter.to_ascii_uppercase());
    }
    code
}
