//! Faults planted by tests.

use serde::{Deserialize, Serialize};

use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Request;

/// An answer to give instead of, or after, what a request asks for.
///
/// A `status` of 2xx lets the request be carried out and concerns its *operation*: it ends with an
/// error inside (if there is a `reason`), later than usual (if it is held), or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The method it applies to; `None` for all.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path; the empty text is in every path.
    #[serde(default)]
    pub path_contains: String,
    /// What the path ends with; the empty text ends every path.
    #[serde(default)]
    pub path_suffix: String,
    /// The HTTP status to answer with.
    pub status: u16,
    /// The reason, for instance `rateLimitExceeded`; of an operation, its code
    /// (`QUOTA_EXCEEDED`, or the reason it is made of).
    #[serde(default)]
    pub reason: String,
    /// The error message.
    #[serde(default)]
    pub message: String,
    /// How many matching requests it applies to.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the request is carried out before it is answered so: a lost reply.
    #[serde(default)]
    pub apply_first: bool,
    /// How much longer than usual the operation takes, in seconds.
    #[serde(default)]
    pub hold_seconds: u32,
}

fn once() -> u32 {
    1
}

impl Default for Fault {
    /// Matches everything once, and changes nothing.
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
        let of_method = self
            .method
            .as_ref()
            .is_none_or(|it| it.eq_ignore_ascii_case(&request.method));
        // A read opens no operation.
        let of_kind = !self.is_of_operation() || request.method != "GET";
        self.times > 0
            && of_kind
            && of_method
            && request.path.contains(&self.path_contains)
            && request.path.ends_with(&self.path_suffix)
    }

    /// Whether the request is carried out and its answer is its own.
    pub(super) fn is_of_operation(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The refusal to answer with.
    pub(super) fn refusal(&self) -> Refusal {
        Refusal::new(self.status, &self.reason, self.message.as_str())
    }

    /// How the operation is to fail, if it is.
    pub(super) fn operation_error(&self) -> Option<OperationError> {
        (!self.reason.is_empty())
            .then(|| OperationError::new(&upper_case(&self.reason), &*self.message))
    }
}

/// The first fault that matches a request; used up once it applied as often as it says.
pub(super) fn take(faults: &mut Vec<Fault>, request: &Request) -> Option<Fault> {
    let fault = faults.iter_mut().find(|fault| fault.matches(request))?;
    fault.times -= 1;
    let fault = fault.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}

/// A reason as operations spell it: `resourceNotReady` is `RESOURCE_NOT_READY`.
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
