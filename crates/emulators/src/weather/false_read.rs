//! False answers to reads: of a resource that exists, of lists, and from the past.

use std::collections::BTreeMap;

use jiff::Timestamp;
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

/// The last true answer to each read, with its time.
#[derive(Debug, Default)]
pub(super) struct LastAnswers(BTreeMap<String, (Timestamp, Reply)>);

impl LastAnswers {
    /// Remembers a true answer.
    pub(super) fn remember(&mut self, target: &str, reply: &Reply, now: Timestamp) {
        if self.0.len() < REMEMBERED || self.0.contains_key(target) {
            self.0.insert(target.to_owned(), (now, reply.clone()));
        }
    }

    /// Returns the last true answer, unless it is older than an answer can be.
    pub(super) fn of(&self, target: &str, oldest: Timestamp) -> Option<&Reply> {
        let (at, reply) = self.0.get(target)?;
        (*at >= oldest).then_some(reply)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_once_more_only_while_it_is_young() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let reply = Reply {
            status: 200,
            headers: Vec::new(),
            body: None,
        };
        let mut answers = LastAnswers::default();
        answers.remember("/a", &reply, at(10));
        assert!(answers.of("/a", at(10)).is_some());
        assert!(answers.of("/a", at(11)).is_none());
        assert!(answers.of("/b", at(0)).is_none());
    }
}
