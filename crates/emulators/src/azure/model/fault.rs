//! Faults planted by tests.

use serde::{Deserialize, Serialize};

use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Request;

/// An answer to give instead of, or after, what a request asks for.
///
/// A `status` of 2xx makes the request be accepted and its *operation* fail with the code and
/// message: the form in which the real provider reports most failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The method it applies to; `None` for all.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, compared without regard to case; the empty text is in every path.
    #[serde(default)]
    pub path_contains: String,
    /// The HTTP status to answer with.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The error message.
    #[serde(default)]
    pub message: String,
    /// The value of `Retry-After`, if the answer is to have one.
    #[serde(default)]
    pub retry_after_seconds: Option<u32>,
    /// How many matching requests it applies to.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the request is carried out before it is answered so: a lost reply.
    #[serde(default)]
    pub apply_first: bool,
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

    /// The refusal to answer with.
    pub(super) fn refusal(&self) -> Refusal {
        let refusal = Refusal::network(self.status, &self.code, self.message.as_str());
        match self.retry_after_seconds {
            Some(seconds) => refusal.header("retry-after", seconds.to_string()),
            None => refusal,
        }
    }

    /// How the operation is to fail, if the request itself is to be accepted.
    pub(super) fn failure(&self) -> Option<OperationError> {
        let accepted = (200..300).contains(&self.status);
        accepted.then(|| OperationError {
            code: self.code.clone(),
            message: self.message.clone(),
        })
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
