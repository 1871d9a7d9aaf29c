//! Pages of a project's history.

/// A selection of a project's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// The position after which the page begins.
    pub after: u64,
    /// The position before which the page ends, if any.
    pub before: Option<u64>,
    /// The subject of the events: `service/pg-1` includes `service/pg-1/privatelink/azure` and
    /// excludes `service/pg-10`. `None` selects every subject.
    pub subject: Option<String>,
    /// The order of the events.
    pub order: HistoryOrder,
    /// The maximum number of events.
    pub limit: usize,
}

/// The order of events, which also decides which ones a full page contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryOrder {
    /// The oldest event first.
    #[default]
    Oldest,
    /// The newest event first.
    Newest,
}

impl HistoryPage {
    /// Creates the page of the first events after a position.
    pub const fn after(position: u64, limit: usize) -> Self {
        Self {
            after: position,
            before: None,
            subject: None,
            order: HistoryOrder::Oldest,
            limit,
        }
    }

    /// Returns whether an event matches, the limit aside.
    pub(crate) fn holds(&self, position: u64, subject: &str) -> bool {
        let is_about = |selected: &String| {
            subject
                .strip_prefix(selected.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        position > self.after
            && self.before.is_none_or(|before| position < before)
            && self.subject.as_ref().is_none_or(is_about)
    }
}
