//! Requests to the API as text.

/// The most requests of an input: 4.
const MOST_REQUESTS: usize = 4;

/// A request of three lines: the header `authorization`, which may be empty; method and target with a blank
/// between them; and the body, which may be empty.
pub(super) struct RequestLines<'a> {
    pub(super) authorization: &'a str,
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) body: &'a str,
}

/// Texts of inputs, and the tokens and IDs that they stand for.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<(&'static str, String)>);

impl Names {
    /// A text with what the names stand for.
    pub(super) fn replaced(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            if text.contains(name) {
                text = text.replace(name, value);
            }
        }
        text
    }
}

/// The requests of an input.
pub(super) fn request_lines(input: &str) -> impl Iterator<Item = RequestLines<'_>> {
    let mut lines = input.split('\n');
    let requests = std::iter::from_fn(move || {
        let (authorization, head) = (lines.next()?, lines.next()?);
        Some((authorization, head, lines.next().unwrap_or_default()))
    });
    requests
        .take(MOST_REQUESTS)
        .filter_map(|(authorization, head, body)| {
            let (method, target) = head.split_once(' ')?;
            Some(RequestLines {
                authorization,
                method,
                target,
                body,
            })
        })
}
