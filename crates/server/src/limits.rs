//! Limits of the installation.

use underpass_model::project_limits::ProjectLimits;

use crate::retention::RetentionLimits;

/// Limits of what projects have and of what is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Limits of each project that has none of its own.
    pub project: ProjectLimits,
    /// Limits within which finished things are kept.
    pub retention: RetentionLimits,
}
