//! Errors of failed operations.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// The error of a failed operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OperationError {
    pub(super) code: String,
    pub(super) message: String,
}

impl OperationError {
    /// The error as a refusal by the network provider.
    pub(super) fn refusal(&self, status: u16) -> Refusal {
        Refusal::network(status, &self.code, self.message.as_str())
    }
}
