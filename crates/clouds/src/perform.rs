//! The dispatch of a step to the operations on parts, the same for every driver.

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::part::{OperationKind, Part, Spec};
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::cloud::Report;
use crate::error::{Error, ErrorKind, own, unsupported};

/// The operations of a driver on the parts of one target.
#[async_trait]
pub(crate) trait Parts: Send + Sync {
    /// Reads a part that may be in any state, operations of unknown outcome included.
    async fn inspect(&self, part: &Part) -> Result<Report, Error>;

    /// Reads a part that no operation works on.
    async fn read(&self, part: &Part) -> Result<Report, Error>;

    /// Creates or changes a part.
    async fn put(&self, part: &Part, spec: &Spec, tag: Option<&str>) -> Result<Report, Error>;

    /// Lists the contents of a container that is to be deleted.
    async fn survey(&self, part: &Part) -> Result<Outcome, Error> {
        Err(unsupported("list the contents of", part))
    }

    /// Removes a part.
    async fn delete(&self, part: &Part) -> Result<Outcome, Error>;

    /// Polls an operation on a part.
    async fn progress(&self, part: &Part, operation: &str, action: &str)
    -> Result<Progress, Error>;

    /// Lists the parent of a part that was not found, and looks for the part there.
    async fn find_in_parent(&self, part: &Part) -> Result<Parent, Error>;
}

/// The state of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// In progress.
    Running {
        /// The time of the next poll.
        check_after: Timestamp,
    },
    /// Completed.
    Completed,
    /// Not known to the provider any more: only the part tells how it ended.
    Forgotten,
}

/// The answer of the parent of a part that was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parent {
    /// It lists the part.
    Lists,
    /// It exists and does not list the part.
    Lacks,
    /// It was not found, either.
    Absent,
}

/// Performs one step.
///
/// # Errors
/// Those of the operations.
pub(crate) async fn perform(parts: &impl Parts, step: &Step) -> Result<Report, Error> {
    match step {
        Step::Read(part) => {
            let report = parts.inspect(part).await?;
            if report.outcome != Outcome::Absent(Evidence::Alone) {
                return Ok(report);
            }
            let evidence = match parts.find_in_parent(part).await? {
                Parent::Lists => return Err(contradiction(part)),
                Parent::Lacks => Evidence::ParentLacks,
                Parent::Absent => Evidence::ParentAbsent,
            };
            Ok(Report {
                outcome: Outcome::Absent(evidence),
                connections: report.connections,
            })
        }
        Step::Put { part, spec, tag } => parts.put(part, spec, tag.as_deref()).await,
        Step::Survey(part) => parts.survey(part).await.map(Report::of),
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
            let progress = parts.progress(part, operation, &action).await?;
            if let Progress::Running { check_after } = progress {
                return Ok(Report::of(Outcome::Making {
                    operation: Some(operation.clone()),
                    check_after,
                    kind: *kind,
                }));
            }
            let mut report = parts.read(part).await?;
            let is_removed = progress == Progress::Completed && *kind == OperationKind::Delete;
            if is_removed && report.outcome == Outcome::Absent(Evidence::Alone) {
                report.outcome = Outcome::Gone;
            }
            Ok(report)
        }
    }
}

/// The provider answers that a part does not exist, and lists it: one of both is stale.
fn contradiction(part: &Part) -> Error {
    let name = part.display_name();
    own(
        ErrorKind::Conflict,
        &format!("read the {name}"),
        "ContradictoryAnswers",
        "the provider lists it and answers that it does not exist".to_owned(),
    )
}
