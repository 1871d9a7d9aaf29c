//! The dispatch of a step to the operations on parts, the same for every driver.

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::part::{OperationKind, Part, Spec};
use underpass_model::reconcile::{Outcome, Step};

use crate::cloud::Report;
use crate::error::Error;

/// The operations of a driver on the parts of one target.
#[async_trait]
pub(crate) trait Parts: Send + Sync {
    /// Reads a part that may be in any state, operations of unknown outcome included.
    async fn inspect(&self, part: &Part) -> Result<Report, Error>;

    /// Reads a part that no operation works on.
    async fn read(&self, part: &Part) -> Result<Report, Error>;

    /// Creates or changes a part.
    async fn put(&self, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error>;

    /// Removes a part.
    async fn delete(&self, part: &Part) -> Result<Outcome, Error>;

    /// Polls an operation on a part. Returns the time of the next poll; `None` once it is over.
    async fn running(
        &self,
        part: &Part,
        operation: &str,
        action: &str,
    ) -> Result<Option<Timestamp>, Error>;
}

/// Performs one step.
///
/// # Errors
/// Those of the operations.
pub(crate) async fn perform(parts: &impl Parts, step: &Step) -> Result<Report, Error> {
    match step {
        Step::Read(part) => parts.inspect(part).await,
        Step::Put { part, spec, tag } => parts.put(part, spec, tag.as_deref()).await,
        Step::Delete(part) => parts.delete(part).await.map(Report::of),
        Step::Poll {
            part,
            operation,
            kind,
        } => {
            let action = match kind {
                OperationKind::Put => format!("finish creating the {}", part.display_name()),
                OperationKind::Delete => format!("finish deleting the {}", part.display_name()),
            };
            match parts.running(part, operation, &action).await? {
                Some(check_after) => Ok(Report::of(Outcome::Making {
                    operation: Some(operation.clone()),
                    check_after,
                    kind: *kind,
                })),
                None => parts.read(part).await,
            }
        }
    }
}
