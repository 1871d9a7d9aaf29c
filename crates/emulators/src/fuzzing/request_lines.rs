//! Requests to an emulated cloud as text.

use serde_json::Value;

use crate::urlencoded;

/// The most requests of an input: 8.
const MOST_REQUESTS: usize = 8;

/// A request of two lines: caller, method, target and condition, with blanks between them; and the body,
/// which may be empty.
pub(crate) struct RequestLines<'a> {
    /// A word that stands for the caller.
    pub(crate) caller: &'a str,
    pub(crate) method: &'a str,
    /// Decoded.
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// The rest of the first line.
    pub(crate) condition: Option<&'a str>,
    pub(crate) body: Option<Value>,
}

/// The requests of an input that the shell passes on.
pub(crate) fn request_lines(input: &str) -> impl Iterator<Item = RequestLines<'_>> {
    pairs(input).take(MOST_REQUESTS).filter_map(read)
}

/// All requests of a text.
///
/// # Panics
/// A request cannot be read.
pub(crate) fn setup_lines(text: &str) -> impl Iterator<Item = RequestLines<'_>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    pairs(text).map(|pair| read(pair).expect("every request can be read"))
}

/// The lines of an input, two by two.
fn pairs(input: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = input.split('\n');
    std::iter::from_fn(move || Some((lines.next()?, lines.next().unwrap_or_default())))
}

fn read<'a>((head, body): (&'a str, &str)) -> Option<RequestLines<'a>> {
    let mut words = head.splitn(4, ' ');
    let (caller, method, target) = (words.next()?, words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = match body {
        "" => None,
        body => Some(serde_json::from_str(body).ok()?),
    };
    Some(RequestLines {
        caller,
        method,
        path: urlencoded::path(path)?,
        query: urlencoded::pairs(query)?,
        condition: words.next(),
        body,
    })
}
