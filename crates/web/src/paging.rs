//! Pages of a long list: filters in the address, and a link to the next rows.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::url::query;

/// Rows of a page: 50. In longer lists users search rather than look.
pub const ROWS: usize = 50;

/// Links of a page of a list; a template shows them as `{{ paging }}`.
#[derive(Debug, Clone, Template)]
#[template(path = "paging.html")]
pub struct Paging {
    /// Label of the link to the first rows.
    first_title: &'static str,
    /// To the first rows, unless these are the first.
    pub first: Option<String>,
    /// To the next rows, if there are more.
    pub next: Option<String>,
}

impl Paging {
    /// Links for the list at address `list` with the filters `kept`; `name` is the parameter that
    /// says where a page begins, `here` its value for this page, `next` for the next one.
    pub fn new<'a>(
        first_title: &'static str,
        list: &str,
        kept: &[(&'a str, &'a str)],
        name: &'a str,
        here: &str,
        next: Option<&'a str>,
    ) -> Self {
        let to = |place: &'a str| {
            let all = kept.iter().copied().chain([(name, place)]);
            format!("{list}{}", query(all))
        };
        Self {
            first_title,
            first: (!here.is_empty()).then(|| to("")),
            next: next.map(to),
        }
    }
}

impl HtmlSafe for Paging {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_stays_while_one_reads_on() {
        let kept = [("query", "a&b"), ("type", "")];
        let first = Paging::new("First 50", "/list", &kept, "after", "", Some("pg 1"));
        assert_eq!(first.first, None);
        assert_eq!(
            first.next.as_deref(),
            Some("/list?query=a%26b&after=pg%201")
        );
        let last = Paging::new("First 50", "/list", &[], "after", "pg 1", None);
        assert_eq!(last.first.as_deref(), Some("/list"));
        assert_eq!(last.next, None);
    }
}
