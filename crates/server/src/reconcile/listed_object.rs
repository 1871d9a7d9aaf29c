//! An object as a sweep needs it, and the findings that changed nothing for it.

use underpass_clouds::Finding;
use underpass_model::work::WorkKey;

/// A link, project VPC or static IP of a listing.
#[derive(Debug, Clone)]
pub(super) struct ListedObject {
    pub(super) work: WorkKey,
    /// Its object in findings.
    pub(super) object: String,
}

/// Findings that changed nothing, as long as no row of their object changes.
#[derive(Debug, Clone)]
pub(super) struct SettledFindings {
    /// Position at which the last change of a row of the object was taken in.
    changed: u64,
    findings: Option<Vec<Finding>>,
}

impl SettledFindings {
    /// None, since a row of the object changed at this position.
    pub(super) const fn at(changed: u64) -> Self {
        Self {
            changed,
            findings: None,
        }
    }

    /// Returns whether applying these findings again would change nothing.
    pub(super) fn is(&self, findings: &[Finding]) -> bool {
        self.findings.as_deref() == Some(findings)
    }

    /// Remembers findings that changed nothing in rows that were read at this position or before.
    pub(super) fn settle(&mut self, findings: Vec<Finding>, position: u64) {
        if self.changed <= position {
            self.findings = Some(findings);
        }
    }
}
