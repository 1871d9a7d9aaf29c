//! The certificate that was last issued for the servers of a service.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::HostLabel;

/// The private names of the certificate that was last issued for a service.
///
/// Underpass does not learn which certificate the servers use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCertificate {
    /// The domain of the private names.
    pub domain: String,
    /// The ordinals of the connections whose names it has.
    pub ordinals: BTreeSet<u32>,
    /// The time of issue.
    pub issued_at: Timestamp,
    /// The end of its validity.
    pub not_after: Timestamp,
}

impl ServiceCertificate {
    /// Returns the names of connections that it lacks, by ordinal.
    pub fn missing(
        &self,
        label: &HostLabel,
        ordinals: impl IntoIterator<Item = u32>,
    ) -> Vec<String> {
        let missing: BTreeSet<u32> = ordinals
            .into_iter()
            .filter(|ordinal| !self.ordinals.contains(ordinal))
            .collect();
        missing
            .into_iter()
            .map(|ordinal| label.privatelink(ordinal, &self.domain))
            .collect()
    }
}
