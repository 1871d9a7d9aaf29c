//! Long lists: filters in the address, and a way to the next rows.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Rows of a page: 50, what people look through before they rather search.
pub(super) const ROWS: usize = 50;

/// The query of an address, from what was said of each parameter; empty if nothing was.
pub(super) fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if value.is_empty() {
            continue;
        }
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(name);
        query.push('=');
        query.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    query
}

/// Where a page of a list leads.
#[derive(Debug, Clone)]
pub(super) struct Paging {
    /// The first rows, if these are not they.
    pub(super) first: Option<String>,
    /// The next rows, if there are more.
    pub(super) next: Option<String>,
}

impl Paging {
    /// `list` is the address of the list, `kept` what its filters say; `name` is the parameter
    /// that says where a page begins, `here` its value for this page, `next` for the next one.
    pub(super) fn new<'a>(
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
            first: (!here.is_empty()).then(|| to("")),
            next: next.map(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_stays_while_one_reads_on() {
        let kept = [("query", "a&b"), ("type", "")];
        let first = Paging::new("/list", &kept, "after", "", Some("pg 1"));
        assert_eq!(first.first, None);
        assert_eq!(
            first.next.as_deref(),
            Some("/list?query=a%26b&after=pg%201")
        );
        let last = Paging::new("/list", &[], "after", "pg 1", None);
        assert_eq!(last.first.as_deref(), Some("/list"));
        assert_eq!(last.next, None);
    }
}
