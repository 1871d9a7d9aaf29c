//! Long-running operations.
//!
//! The reply to a write contains the URL of its operation. The URL is signed: only the exact URL
//! answers. A failure is reported with status 200 and `"status": "Failed"`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::ResourceId;
use super::kind::Kind;
use super::operation_error::OperationError;
use super::resource::ProvisioningState;

/// Value of the `Retry-After` header, in seconds.
///
/// The real value varies; the Python SDK polls every 30 s without the header.
pub(super) const RETRY_AFTER_SECONDS: &str = "1";

/// The kind of write that an operation completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verb {
    Put,
    Delete,
}

/// An operation, open or finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) verb: Verb,
    /// The resource that the client wrote, then the resources that change with it.
    pub(super) targets: Vec<ResourceId>,
    pub(super) due: Timestamp,
    pub(super) finished: Option<Timestamp>,
    /// The deletion of a group is due, but a resource outside uses the group.
    #[serde(default)]
    pub(super) held: bool,
    /// The write removes a part of its first target.
    #[serde(default)]
    pub(super) removes_part: bool,
    /// Path of the operation's URLs, without the last segments and the query.
    pub(super) location: String,
    /// Query of the operation's URLs: the api-version and the signature.
    pub(super) query: Vec<(String, String)>,
    /// Entity tag that completion gives to every changed resource.
    pub(super) closing_version: String,
    /// Error with which the operation fails.
    pub(super) failure: Option<OperationError>,
}

impl Operation {
    /// The URL of the `Azure-AsyncOperation` header.
    pub(super) fn status_url(&self, base_url: &str) -> String {
        let area = if self.is_of_private_dns() {
            "privateDnsOperationStatuses"
        } else {
            "operations"
        };
        self.url(base_url, area)
    }

    /// The URL of the `Location` header.
    fn result_url(&self, base_url: &str) -> String {
        let area = if self.is_of_private_dns() {
            "privateDnsOperationResults"
        } else {
            "operationResults"
        };
        self.url(base_url, area)
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

    /// The provisioning state of a target that exists when the operation completes.
    ///
    /// A failed delete leaves its targets unchanged. A failed child does not make its parent fail. The
    /// connection of an endpoint that fails is not made until the endpoint is written again.
    pub(super) fn final_state(&self, target: &ResourceId) -> ProvisioningState {
        let first = self.targets.first();
        let is_parent = first
            .and_then(ResourceId::parent)
            .is_some_and(|it| it.is(target));
        let is_connection = |it: &ResourceId| it.kind() == Kind::EndpointConnection;
        let is_decision = first.is_some_and(is_connection);
        match (self.verb, &self.failure) {
            (Verb::Put, Some(_)) if is_connection(target) && !is_decision => {
                ProvisioningState::Creating
            }
            (Verb::Put, Some(_)) if !is_parent => ProvisioningState::Failed,
            (Verb::Put | Verb::Delete, _) => ProvisioningState::Succeeded,
        }
    }

    /// Reports whether the target is a resource group, which the resource manager itself deletes.
    pub(super) fn is_of_group(&self) -> bool {
        self.targets
            .first()
            .is_some_and(|target| target.kind() == Kind::ResourceGroup)
    }

    /// Reports whether the target is a private DNS zone or a link of one.
    fn is_of_private_dns(&self) -> bool {
        self.targets
            .first()
            .is_some_and(|target| target.kind().is_private_dns())
    }

    /// Reports whether the target is an endpoint connection, whose operations have no notification
    /// (recorded).
    fn is_of_connection(&self) -> bool {
        self.targets
            .first()
            .is_some_and(|target| target.kind() == Kind::EndpointConnection)
    }

    /// Reports whether this completes a decision about a connection. Clients do not wait for it: the
    /// recorded one deletes the connection next.
    pub(super) fn is_decision(&self) -> bool {
        self.verb == Verb::Put && self.is_of_connection()
    }

    /// The headers of a reply that refers to this operation.
    pub(super) fn headers(&self, base_url: &str) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if self.is_of_group() {
            // The resource manager deletes groups; it has no status URL.
            let url = self.url(base_url, "operationresults");
            headers.push(("location".to_owned(), url));
        } else {
            headers.push(("azure-asyncoperation".to_owned(), self.status_url(base_url)));
            // Recorded: private DNS has no notification, and a `Location` for every write.
            let is_of_private_dns = self.is_of_private_dns();
            if !self.is_of_connection() && !is_of_private_dns {
                headers.push(("azure-asyncnotification".to_owned(), "Enabled".to_owned()));
            }
            if self.verb == Verb::Delete || self.removes_part || is_of_private_dns {
                headers.push(("location".to_owned(), self.result_url(base_url)));
            }
        }
        if self.finished.is_none() {
            headers.push(("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_owned()));
        }
        headers
    }
}
