//! Which part of a project's history to read.

/// A part of a project's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only events after this position.
    pub after: u64,
    /// Only events before this position, if there is one.
    pub before: Option<u64>,
    /// Only events about this subject and what is below it: `service/pg-1` stands for
    /// `service/pg-1/privatelink/azure`, too, and not for `service/pg-10`.
    pub subject: Option<String>,
    /// Which end comes first.
    pub order: HistoryOrder,
    /// At most so many.
    pub limit: usize,
}

/// Which end of a history comes first, and is kept where not all fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryOrder {
    /// The oldest event.
    #[default]
    Oldest,
    /// The newest event.
    Newest,
}

impl HistoryPage {
    /// The first events after a position.
    pub const fn after(position: u64, limit: usize) -> Self {
        Self {
            after: position,
            before: None,
            subject: None,
            order: HistoryOrder::Oldest,
            limit,
        }
    }

    /// Whether an event is in this part of the history.
    pub(crate) fn holds(&self, position: u64, subject: &str) -> bool {
        let is_about = |wanted: &String| {
            subject
                .strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        position > self.after
            && self.before.is_none_or(|before| position < before)
            && self.subject.as_ref().is_none_or(is_about)
    }
}
