//! Long-running operations: how a write that takes time is followed.
//!
//! A write answers with the address of its operation; that address is signed, so only exactly
//! what was handed out answers.
//! A failure is reported with status 200 and `"status": "Failed"`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ResourceId;
use super::kind::Kind;
use super::operation_error::OperationError;
use super::resource::ProvisioningState;

/// How long clients are asked to wait between polls, in seconds.
///
/// The real value varies; Python's SDK waits 30 s when none is sent.
pub(super) const RETRY_AFTER_SECONDS: &str = "1";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verb {
    Put,
    Delete,
}

/// An accepted write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) verb: Verb,
    /// What the client wrote first, then what changes with it.
    pub(super) targets: Vec<ResourceId>,
    pub(super) due: Timestamp,
    pub(super) finished: Option<Timestamp>,
    /// Whether it is due but waits for others to let go of its group.
    #[serde(default)]
    pub(super) held: bool,
    /// The address at which it is followed, below the base URL and without its query.
    pub(super) location: String,
    /// The query of that address: the api-version and the signature.
    pub(super) query: Vec<(String, String)>,
    /// The entity tag of everything that its end changes.
    pub(super) closing_version: String,
    /// How it is to fail, if it is.
    pub(super) failure: Option<OperationError>,
}

impl Operation {
    /// Where `Azure-AsyncOperation` points.
    pub(super) fn status_url(&self, base_url: &str) -> String {
        self.url(base_url, "operations")
    }

    /// Where `Location` points.
    fn result_url(&self, base_url: &str) -> String {
        self.url(base_url, "operationResults")
    }

    fn url(&self, base_url: &str, area: &str) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!(
            "{base_url}{}/{area}/{}?{}",
            self.location,
            self.id,
            query.join("&")
        )
    }

    /// What becomes of a target that is still there when the operation ends.
    ///
    /// A delete that failed leaves things as they were; a child that failed does not make its
    /// parent fail.
    pub(super) fn final_state(&self, target: &ResourceId) -> ProvisioningState {
        let first = self.targets.first();
        let is_parent = first
            .and_then(ResourceId::parent)
            .is_some_and(|it| it.is(target));
        match (self.verb, &self.failure) {
            (Verb::Put, Some(_)) if !is_parent => ProvisioningState::Failed,
            (Verb::Put | Verb::Delete, _) => ProvisioningState::Succeeded,
        }
    }

    /// Whether its only target is a group, which the resource manager itself deletes.
    pub(super) fn is_of_group(&self) -> bool {
        self.targets
            .first()
            .is_some_and(|target| target.kind() == Kind::ResourceGroup)
    }

    /// The headers of a reply that leads to this operation.
    pub(super) fn headers(&self, base_url: &str) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if self.is_of_group() {
            // The resource manager deletes groups; it has no status address.
            let url = self.url(base_url, "operationresults");
            headers.push(("location".to_owned(), url));
        } else {
            headers.push(("azure-asyncoperation".to_owned(), self.status_url(base_url)));
            headers.push(("azure-asyncnotification".to_owned(), "Enabled".to_owned()));
            if self.verb == Verb::Delete {
                headers.push(("location".to_owned(), self.result_url(base_url)));
            }
        }
        if self.finished.is_none() {
            headers.push(("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_owned()));
        }
        headers
    }
}
