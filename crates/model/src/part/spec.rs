//! The observed and the desired spec of a part.

use serde::{Deserialize, Serialize};

use super::admission::Admission;
use super::azure::AzureSpec;
use super::google::GoogleSpec;

/// The observed or desired properties of a part.
///
/// The stored form names the variant only, not the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spec {
    /// Exists; none of its properties varies.
    Present,
    /// A connection in this state.
    Admission(Admission),
    /// The spec of a part on Azure.
    #[serde(untagged)]
    Azure(AzureSpec),
    /// The spec of a part on Google.
    #[serde(untagged)]
    Google(GoogleSpec),
}

impl Spec {
    /// The spec of a part on Azure, if it is one.
    pub const fn azure(&self) -> Option<&AzureSpec> {
        if let Self::Azure(spec) = self {
            Some(spec)
        } else {
            None
        }
    }

    /// The spec of a part on Google, if it is one.
    pub const fn google(&self) -> Option<&GoogleSpec> {
        if let Self::Google(spec) = self {
            Some(spec)
        } else {
            None
        }
    }

    /// Returns whether a listing that shows `listed` is consistent with this spec.
    pub fn agrees_with(&self, listed: &Self) -> bool {
        match self {
            Self::Present | Self::Admission(_) | Self::Azure(_) => self == listed,
            Self::Google(spec) => listed
                .google()
                .is_some_and(|listed| spec.agrees_with(listed)),
        }
    }

    /// Returns whether a part with this spec admits a part of the flows that it admits with `other`.
    pub fn narrows(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Google(spec), Self::Google(other)) => spec.narrows(other),
            _ => false,
        }
    }
}

/// The desired state of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Desired {
    /// Has exactly this spec.
    Be(Spec),
    /// Takes this spec by itself, as a consequence of other parts: it is read until it does, never
    /// written or deleted.
    Await(Spec),
    /// Stays as it is: it is read while unknown, never written or deleted.
    Leave,
}
