//! A link, by our own API.

use serde::Deserialize;

/// A link.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Link {
    pub(crate) state: String,
    pub(crate) azure_service_alias: Option<String>,
    pub(crate) azure_service_id: Option<String>,
    #[serde(default)]
    pub(crate) user_subscription_ids: Vec<String>,
    pub(crate) google_service_attachment: Option<String>,
    #[serde(default)]
    pub(crate) nat_ranges: Vec<NatRange>,
    pub(crate) nat_capacity: Option<usize>,
    pub(crate) nat_in_use: Option<usize>,
    pub(crate) open_ports: Vec<Port>,
    pub(crate) parts: Vec<LinkPart>,
    pub(crate) settled: bool,
    pub(crate) next_step: Option<String>,
    pub(crate) next_action: Option<String>,
    /// Effect of closing a port on established flows.
    pub(crate) established_flow_revocation: String,
}

/// A range that consumers' addresses are translated to.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NatRange {
    pub(crate) range: String,
}

/// A port that is open on the link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's members")]
pub(crate) struct Port {
    pub(crate) component: String,
    pub(crate) link_port: u16,
    pub(crate) backend_port: u16,
    pub(crate) node_name: Option<String>,
}

/// A part of the link at the provider.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LinkPart {
    pub(crate) part: String,
    pub(crate) phase: String,
    pub(crate) desired: bool,
    pub(crate) satisfied: bool,
    pub(crate) failure: Option<PartFailure>,
}

/// Reason for which a part does not become as desired; the message may be the provider's.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PartFailure {
    pub(crate) message: String,
    pub(crate) next_action: Option<String>,
}

/// State of a link that is being deleted.
const DELETING: &str = "deleting";

impl Link {
    /// Name by which consumers connect to the link.
    pub(crate) fn target(&self) -> Option<&str> {
        let azure = self.azure_service_alias.as_deref();
        azure.or(self.google_service_attachment.as_deref())
    }

    pub(crate) fn is_deleting(&self) -> bool {
        self.state == DELETING
    }

    /// Parts that are not as desired.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &LinkPart> {
        self.parts.iter().filter(|part| !part.satisfied)
    }

    /// Reports whether a part that is not as desired failed.
    pub(crate) fn has_unfinished_failure(&self) -> bool {
        self.unfinished().any(|part| part.failure.is_some())
    }

    /// Parts that failed, each with the reason.
    pub(crate) fn failures(&self) -> Vec<(&str, &PartFailure)> {
        let parts = self.parts.iter();
        let failed = parts.filter_map(|it| Some((it.part.as_str(), it.failure.as_ref()?)));
        failed.collect()
    }

    /// Number of desired parts that are as desired, and of all desired parts.
    pub(crate) fn progress(&self) -> (usize, usize) {
        let desired = self.parts.iter().filter(|part| part.desired);
        let done = desired.clone().filter(|part| part.satisfied).count();
        (done, desired.count())
    }

    /// Reports whether established flows are known to end when their port is closed.
    pub(crate) fn ends_flows(&self) -> bool {
        self.established_flow_revocation != "unverified"
    }
}
