//! Replies with lists: filtered, ordered and paged.
//!
//! A page token names the last item of the page, so that inserts and deletions between two requests
//! neither repeat nor hide other items.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::document;
use super::filter::Filter;
use super::id::link;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request::{Reply, Request};

/// Maximum and default number of items on a page (API reference, `maxResults`).
const MAX_RESULTS: usize = 500;

/// A page of a list.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    /// The token of the next page.
    pub(super) next: Option<String>,
}

/// Returns the requested page of a list of resources of a kind, or of other items (`None`); omits
/// `items` if the page is empty.
///
/// # Errors
/// As for [`page_of`].
pub(super) fn list_reply(
    request: &Request,
    listed: Option<Kind>,
    kind: &str,
    path: &str,
    items: Vec<Value>,
) -> Result<Reply, Refusal> {
    let page = page_of(request, listed, path, items)?;
    let mut answer = json!({ "kind": kind, "id": path, "selfLink": link(path) });
    if !page.items.is_empty() {
        document::set(&mut answer, "items", page.items);
    }
    if let Some(token) = page.next {
        document::set(&mut answer, "nextPageToken", token);
    }
    Ok(Reply::ok(answer))
}

/// Returns the requested page of a list.
///
/// # Errors
/// 400 `invalid` for an invalid `filter`, `orderBy`, `maxResults` or `pageToken`.
pub(super) fn page_of(
    request: &Request,
    listed: Option<Kind>,
    path: &str,
    items: Vec<Value>,
) -> Result<Page, Refusal> {
    let filter = request.query("filter");
    let filter = filter.map(|text| Filter::parse(text, listed)).transpose()?;
    let order = Order::of(request)?;
    let size = size(request)?;
    let after = request
        .query("pageToken")
        .map(|token| read_token(token, path))
        .transpose()?;
    let mut items: Vec<(String, Value)> = items
        .into_iter()
        .filter(|it| filter.as_ref().is_none_or(|filter| filter.matches(it)))
        .map(|it| (order.key(&it), it))
        .collect();
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    if order == Order::NewestFirst {
        items.reverse();
    }
    let is_later = |key: &str, after: &str| match order {
        Order::Name => key > after,
        Order::NewestFirst => key < after,
    };
    items.retain(|(key, _)| after.as_ref().is_none_or(|after| is_later(key, after)));
    let is_last = items.len() <= size;
    items.truncate(size);
    let next = items
        .last()
        .filter(|_| !is_last)
        .map(|(key, _)| write_token(key, path));
    Ok(Page {
        items: items.into_iter().map(|(_, item)| item).collect(),
        next,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Name,
    NewestFirst,
}

impl Order {
    fn of(request: &Request) -> Result<Order, Refusal> {
        match request.query("orderBy") {
            None | Some("name") => Ok(Order::Name),
            Some("creationTimestamp desc") => Ok(Order::NewestFirst),
            Some(other) => {
                let why = "The emulator supports: name, creationTimestamp desc.";
                Err(Refusal::parameter("orderBy", other, why))
            }
        }
    }

    /// Returns the sort key of an item, which is unique.
    fn key(self, item: &Value) -> String {
        // Members of groups have no `selfLink`.
        let own = document::text(item, "/selfLink").map_or_else(|| item.to_string(), str::to_owned);
        match self {
            Order::Name => own,
            Order::NewestFirst => {
                let created = document::text(item, "/creationTimestamp")
                    .or_else(|| document::text(item, "/insertTime"));
                format!("{} {own}", created.unwrap_or_default())
            }
        }
    }
}

fn size(request: &Request) -> Result<usize, Refusal> {
    let Some(text) = request.query("maxResults") else {
        return Ok(MAX_RESULTS);
    };
    match text.parse::<usize>() {
        // The API treats 0 as the default.
        Ok(0) => Ok(MAX_RESULTS),
        Ok(size) if size <= MAX_RESULTS => Ok(size),
        Ok(_) | Err(_) => {
            let why = format!("Values must be within the range: [0, {MAX_RESULTS}]");
            Err(Refusal::parameter("maxResults", text, &why))
        }
    }
}

/// Encodes a token, which is valid for one list only.
fn write_token(key: &str, path: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{path}\n{key}"))
}

fn read_token(token: &str, path: &str) -> Result<String, Refusal> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let key = text
        .as_deref()
        .and_then(|text| text.split_once('\n'))
        .filter(|(of, _)| *of == path)
        .map(|(_, key)| key.to_owned());
    key.ok_or_else(|| {
        let why = "It is not a page token of this list.";
        Refusal::parameter("pageToken", token, why)
    })
}
