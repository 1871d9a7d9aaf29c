//! False answers to reads: of a resource that exists, of lists, and from the past.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::reply::Reply;

/// Maximum number of answers that are remembered: those of a few hundred links. Further ones are not
/// answered from the past.
const REMEMBERED: usize = 4096;

/// Names of the lists in answers: listings of both clouds, and connections of published services.
const LISTS: [&str; 4] = [
    "value",
    "items",
    "privateEndpointConnections",
    "connectedEndpoints",
];

/// The last true answer to each read.
#[derive(Debug, Default)]
pub(super) struct LastAnswers(BTreeMap<String, Reply>);

impl LastAnswers {
    /// Remembers a true answer.
    pub(super) fn remember(&mut self, target: &str, reply: &Reply) {
        if self.0.len() < REMEMBERED || self.0.contains_key(target) {
            self.0.insert(target.to_owned(), reply.clone());
        }
    }

    /// Returns the last true answer.
    pub(super) fn of(&self, target: &str) -> Option<&Reply> {
        self.0.get(target)
    }
}

/// Removes one entry of each list, the one with this number, counted around; returns whether there was
/// one.
pub(super) fn shorten(document: &mut Value, number: usize) -> bool {
    match document {
        Value::Object(members) => {
            let mut has_removed = false;
            for (name, member) in members {
                if let Value::Array(entries) = member
                    && LISTS.contains(&name.as_str())
                    && !entries.is_empty()
                {
                    entries.remove(number % entries.len());
                    has_removed = true;
                    continue;
                }
                has_removed |= shorten(member, number);
            }
            has_removed
        }
        Value::Array(entries) => {
            let mut has_removed = false;
            for entry in entries {
                has_removed |= shorten(entry, number);
            }
            has_removed
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
