//! The error of a failed operation.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// How an operation is to fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OperationError {
    pub(super) code: String,
    pub(super) message: String,
}

impl OperationError {
    /// The failure as an error of the network provider.
    pub(super) fn refusal(&self, status: u16) -> Refusal {
        Refusal::network(status, &self.code, self.message.as_str())
    }
}
