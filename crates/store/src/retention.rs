//! Limits within which finished things are kept: events, and rows of what has ended.

use jiff::Timestamp;

use crate::kind::Kind;

/// Limits of the history. The newest events stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// The number of events kept per project.
    pub per_project: u64,
    /// The number of events kept per service, its links and connections included.
    pub per_service: u64,
    /// The time before which events are not kept. Events are removed in the order of their positions,
    /// so an event that a clock that was ahead wrote keeps later ones until its own time comes.
    pub oldest: Timestamp,
}

/// A selection of the rows that describe something that has ended, and that are no longer kept: those
/// that ended early, and those beyond a number. The earliest ends come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedRows {
    /// The kind of the rows. Kinds without an end have no such rows.
    pub kind: Kind,
    /// The current time: rows with a later end have not ended.
    pub now: Timestamp,
    /// The time before which ended rows are not kept.
    pub oldest: Timestamp,
    /// The number of ended rows that are kept.
    pub keep: usize,
    /// The maximum number of rows to read.
    pub limit: usize,
}

impl EndedRows {
    /// Returns how many rows to read, the earliest ends first, of `ended` rows of which `early` ones
    /// ended before [`Self::oldest`].
    pub(crate) fn surplus(&self, ended: usize, early: usize) -> usize {
        early.max(ended.saturating_sub(self.keep)).min(self.limit)
    }
}

/// Returns the service whose events an event counts among, if it is about one.
pub(crate) fn service_of_event(subject: &str) -> Option<&str> {
    let name = subject.strip_prefix("service/")?;
    let end = name.find('/').unwrap_or(name.len());
    subject.get(..subject.len() - name.len() + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_connections_count_among_those_of_their_service() {
        for subject in [
            "service/pg-1",
            "service/pg-1/privatelink/azure",
            "service/pg-1/privatelink/azure/connection/plc35843e80510",
        ] {
            assert_eq!(service_of_event(subject), Some("service/pg-1"));
        }
        for subject in ["project", "vpc/3f0c1d2e", "Service/pg-1", ""] {
            assert_eq!(service_of_event(subject), None);
        }
    }
}
