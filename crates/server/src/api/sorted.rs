//! Answers whose members are in alphabetical order, at every depth.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::Error;

/// An answer with its members in alphabetical order.
///
/// The same objects have the order of their type in other answers, so the type alone cannot give
/// it.
pub(super) struct Sorted<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Sorted<T> {
    fn into_response(self) -> Response {
        // The maps of `serde_json::Value` are sorted.
        match serde_json::to_value(self.0) {
            Ok(sorted) => Json(sorted).into_response(),
            Err(error) => Error::Internal(Box::new(error)).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    #[test]
    fn maps_of_values_are_sorted() {
        let text = r#"{"b":{"d":1,"c":2},"a":3}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value.to_string(), r#"{"a":3,"b":{"c":2,"d":1}}"#);
        let names: Vec<_> = value.as_object().unwrap().keys().collect();
        let sorted: BTreeSet<_> = names.iter().copied().collect();
        assert_eq!(names, sorted.into_iter().collect::<Vec<_>>());
    }
}
