//! What lists over a whole project have in common: blank fields, search, pages.

use std::ops::Range;

use underpass_model::refusal::Refusal;

/// Rows in one answer unless asked otherwise.
const USUAL_LIMIT: usize = 50;

/// Most rows in one answer: 200, some two hundred kibibytes.
const LARGEST_LIMIT: usize = 200;

/// A parameter that says something: a form sends what was left blank, too.
pub(super) fn said(parameter: Option<&String>) -> Option<&str> {
    parameter
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
}

/// A text that is looked for, whatever the case.
pub(super) struct Needle(String);

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0)
    }
}

/// The rows of one answer.
pub(super) struct Page {
    /// Where they are among all.
    pub(super) rows: Range<usize>,
    /// Whether there are more after them.
    pub(super) goes_on: bool,
}

impl Page {
    /// As many as asked for, within bounds, out of `total`, from the row at `start`.
    pub(super) fn of(total: usize, start: usize, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(USUAL_LIMIT).clamp(1, LARGEST_LIMIT);
        let end = start.saturating_add(limit).min(total);
        Self {
            rows: start.min(end)..end,
            goes_on: end < total,
        }
    }
}
/// Whoever asked for a page gave a place that no page told.
pub(super) fn no_place() -> Refusal {
    Refusal::invalid(
        "invalid_query",
        "Invalid query parameters: after: give the `next_after` of the page before as it is, or \
         leave it out to begin at the first page",
    )
}
