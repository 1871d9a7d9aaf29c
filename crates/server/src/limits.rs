//! Limits of the installation.

use std::sync::Arc;

use arc_swap::ArcSwap;
use underpass_model::project_limits::ProjectLimits;

use crate::retention_limits::RetentionLimits;

/// Limits of what projects have and of what is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Limits of each project that has none of its own.
    pub project: ProjectLimits,
    /// Limits within which finished things are kept.
    pub retention: RetentionLimits,
}

/// Limits that can be replaced while the control plane runs. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct CurrentLimits {
    limits: Arc<ArcSwap<Limits>>,
}

impl CurrentLimits {
    /// Limits of now.
    pub fn get(&self) -> Limits {
        **self.limits.load()
    }

    /// Replaces the limits, for every holder of a clone.
    pub fn replace(&self, limits: Limits) {
        self.limits.store(Arc::new(limits));
    }
}

impl From<Limits> for CurrentLimits {
    fn from(limits: Limits) -> Self {
        Self {
            limits: Arc::new(ArcSwap::from_pointee(limits)),
        }
    }
}
