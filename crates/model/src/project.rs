//! Projects: the tenants of an installation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adoption_grant::AdoptionGrant;
use crate::excerpt::excerpt;
pub use crate::feature::Feature;
use crate::id::ProjectIncarnation;
use crate::name::ProjectName;
use crate::project_limits::OwnLimits;
use crate::refusal::Refusal;
use crate::remedy::Remedy;

/// A tenant of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its name, unique in this installation.
    pub name: ProjectName,
    /// The CA that signs the project's node certificates, in PEM.
    pub ca_pem: String,
    /// Features switched on.
    pub features: BTreeSet<Feature>,
    /// The treatment of endpoints that were approved outside Underpass.
    #[serde(default)]
    pub external_approval: ExternalApproval,
    /// The permissions to adopt existing networks, in the order of creation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<AdoptionGrant>,
    /// The limits that an operator set.
    #[serde(default, skip_serializing_if = "OwnLimits::is_default")]
    pub limits: OwnLimits,
    /// Tags set by the owner.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The time of creation.
    pub created_at: Timestamp,
    /// This incarnation. Tokens belong to it, so that they end with it.
    #[serde(default)]
    pub incarnation: ProjectIncarnation,
    /// The position of the last event of earlier projects of this name. Their history is not shown.
    #[serde(default)]
    pub history_after: u64,
}

impl std::str::FromStr for Feature {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::ALL
            .into_iter()
            .find(|feature| feature.as_str() == text)
            .ok_or_else(|| {
                let all: Vec<_> = Self::ALL.iter().map(|feature| feature.as_str()).collect();
                Refusal::invalid(
                    "unknown_feature",
                    format!(
                        "`{}` is not a feature. Valid values: {}",
                        excerpt(text),
                        all.join(", ")
                    ),
                )
            })
    }
}

/// The treatment of an endpoint that was approved in the cloud rather than through Underpass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalApproval {
    /// Rejects the connection, with an event.
    #[default]
    Reject,
    /// Adopts the approval, with an event.
    Adopt,
}

impl Project {
    /// Refuses a request for a feature that is off.
    ///
    /// # Errors
    /// * `feature_off`: the feature is off.
    pub fn require(&self, feature: Feature) -> Result<(), Refusal> {
        if self.features.contains(&feature) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "feature_off",
            format!(
                "{} is off for project `{}`",
                feature.description(),
                self.name,
            ),
        )
        .with_remedy(Remedy::EnableFeature {
            project: self.name.clone(),
            feature,
        }))
    }
}
