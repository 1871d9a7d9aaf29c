//! Replies of the resource manager.

use serde_json::{Value, json};

pub use crate::reply::Reply;

/// A reply without headers.
pub(super) fn reply(status: u16, body: Option<Value>) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body,
    }
}

/// Status 200 with a resource; the `etag` header repeats the `etag` member.
pub(super) fn shown(document: Value) -> Reply {
    let etag = document
        .get("etag")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let headers = etag
        .map(|etag| ("etag".to_owned(), etag))
        .into_iter()
        .collect();
    Reply {
        status: 200,
        headers,
        body: Some(document),
    }
}

/// Status 200 with a list on one page.
pub(super) fn listed(values: impl IntoIterator<Item = Value>) -> Reply {
    reply(
        200,
        Some(json!({ "value": values.into_iter().collect::<Vec<Value>>() })),
    )
}
