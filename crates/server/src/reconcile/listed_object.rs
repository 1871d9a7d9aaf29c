//! An object as a sweep needs it, and the findings that changed nothing for it.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
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
    listed: Option<Listed>,
}

/// Findings and ranges that one listing shows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) findings: Vec<Finding>,
    /// Ranges of subnets in its network that are not ours; `None` if they were not listed.
    pub(super) foreign_ranges: Option<BTreeSet<Ipv4Net>>,
}

impl SettledFindings {
    /// None, since a row of the object changed at this position.
    pub(super) const fn at(changed: u64) -> Self {
        Self {
            changed,
            listed: None,
        }
    }

    /// Returns whether applying it again would change nothing.
    pub(super) fn is(&self, listed: &Listed) -> bool {
        self.listed.as_ref() == Some(listed)
    }

    /// Remembers what changed nothing in rows that were read at this position or before.
    pub(super) fn settle(&mut self, listed: Listed, position: u64) {
        if self.changed <= position {
            self.listed = Some(listed);
        }
    }
}
