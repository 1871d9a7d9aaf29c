//! Events of a project.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of events: `GET …/events`. The parameter `order` selects the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventPage {
    /// `order=oldest`, the default.
    Oldest(OldestEvents),
    /// `order=newest`.
    Newest(NewestEvents),
}

/// A page of events, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldestEvents {
    /// Events, the oldest first.
    pub events: Vec<EventView>,
    /// Value of `after` for the next page, also if there is no event after this page yet.
    pub next_after: u64,
}

/// A page of events, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestEvents {
    /// Events, the newest first.
    pub events: Vec<EventView>,
    /// Value of `before` for the next page; null on the last page.
    pub next_before: Option<u64>,
}

/// An event. The message may contain a text of a consumer, which is untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Number of the event; it increases within the project.
    pub seq: u64,
    /// Time of the event.
    pub at: String,
    /// Path of the subject below the project, for instance `service/pg-1/privatelink/azure`.
    pub subject: String,
    /// Description of the token that caused it, or `underpass` for the control plane itself.
    pub actor: String,
    /// Stable word for programs, for instance `connection.approved`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Details, of a form that depends on `code`; often null. Never a secret.
    pub details: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::round_trip::assert_round_trip;

    fn event() -> EventView {
        EventView {
            seq: 7,
            at: "2026-01-01T00:00:00Z".to_owned(),
            subject: "service/pg-1".to_owned(),
            actor: "underpass".to_owned(),
            code: "service.created".to_owned(),
            message: "Service `pg-1` was created".to_owned(),
            details: json!({"plan": "startup-4"}),
        }
    }

    #[test]
    fn pages_of_both_orders_are_read_back() {
        assert_round_trip(&EventPage::Oldest(OldestEvents {
            events: vec![event()],
            next_after: 7,
        }));
        for next_before in [None, Some(7)] {
            assert_round_trip(&EventPage::Newest(NewestEvents {
                events: vec![event()],
                next_before,
            }));
        }
    }

    #[test]
    fn a_last_page_has_a_null_position() {
        let page = NewestEvents {
            events: Vec::new(),
            next_before: None,
        };
        let text = serde_json::to_string(&page).unwrap();
        assert_eq!(text, r#"{"events":[],"next_before":null}"#);
    }
}
