//! Common parts of project-wide lists: blank parameters, search, pages.

use std::ops::Range;

use underpass_model::refusal::Refusal;

/// Default number of rows in one answer.
const DEFAULT_LIMIT: usize = 50;

/// Most rows in one answer: 200, some two hundred kibibytes.
const MAX_LIMIT: usize = 200;

/// Returns a parameter unless it is blank; forms also send blank fields.
pub(super) fn non_blank(parameter: Option<&String>) -> Option<&str> {
    parameter
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
}

/// Search text, compared without case.
pub(super) struct Needle(String);

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0)
    }
}

/// Rows of one answer.
pub(super) struct Page {
    /// Positions of the rows among all.
    pub(super) rows: Range<usize>,
    /// True if more rows follow.
    pub(super) has_more: bool,
}

impl Page {
    /// Returns the page from row `start` of `total`, with `limit` rows within the bounds.
    pub(super) fn of(total: usize, start: usize, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        let end = start.saturating_add(limit).min(total);
        Self {
            rows: start.min(end)..end,
            has_more: end < total,
        }
    }
}
/// Returns the refusal for an invalid `after`.
pub(super) fn invalid_after() -> Refusal {
    Refusal::invalid(
        "invalid_query",
        "Invalid query parameters: after: specify the `next_after` of the previous page unchanged, or \
         omit it for the first page",
    )
}
