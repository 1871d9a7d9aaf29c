//! Parts of networks and addresses that were deleted or changed outside Underpass.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::azure::AzurePart;
use super::google::GooglePart;
use super::{Confirmed, Observed, Part};

/// The change of a part outside Underpass, from its proof until the part is as desired again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The kind of change.
    pub cause: DeviationCause,
    /// The time at which it was first seen.
    pub since: Timestamp,
    /// The last confirmed state that was as desired.
    pub last: Confirmed,
}

/// The kinds of changes outside Underpass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationCause {
    /// The part no longer exists; its absence is proven.
    Deleted,
    /// The part exists with other properties.
    Changed,
}

impl Part {
    /// Returns whether the part belongs to a project VPC or a static IP, which links depend on.
    pub const fn is_of_network(&self) -> bool {
        match self {
            Self::Network => true,
            Self::Attachment | Self::Admission(_) => false,
            Self::Azure(part) => match part {
                AzurePart::Group | AzurePart::NatPolicy | AzurePart::Address => true,
                AzurePart::Balancer | AzurePart::Member(_) => false,
            },
            Self::Google(part) => match part {
                GooglePart::Subnet | GooglePart::Probes => true,
                GooglePart::NatSubnet(_)
                | GooglePart::Deny
                | GooglePart::Allow
                | GooglePart::HealthCheck
                | GooglePart::EndpointGroup(_)
                | GooglePart::Endpoints(_)
                | GooglePart::BackendService
                | GooglePart::ForwardingRule => false,
            },
        }
    }
}

impl Part {
    /// Returns whether the part is a network, or the container that is made and deleted with it.
    pub const fn is_network(&self) -> bool {
        matches!(self, Self::Network | Self::Azure(AzurePart::Group))
    }
}

impl Observed {
    /// Returns the last confirmed state of a part, also of one that was deleted outside Underpass.
    pub fn known(&self, part: &Part) -> Option<&Confirmed> {
        let deviation = self.deviations.get(part);
        self.last(part)
            .or_else(|| deviation.map(|deviation| &deviation.last))
    }

    /// Returns whether a part was deleted outside Underpass and does not exist again.
    pub fn is_lost(&self, part: &Part) -> bool {
        let deviation = self.deviations.get(part);
        deviation.is_some_and(|deviation| deviation.cause == DeviationCause::Deleted)
    }
}
