//! False answers of a cloud: for a limited time, reads of one path contradict the truth.
//!
//! Clouds answer 404 for resources that exist, list fewer entries than there are, and answer from
//! the past.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::cloud::{Cloud, CloudRequest, CloudResponse};

/// Longest time for which one path is answered falsely, in seconds. The proof of absence takes
/// longer.
pub(crate) const LONGEST: i64 = 45;

/// Time after false answers in which the path is answered truly: longer than a proof of absence, so
/// that two periods are never taken for one.
const TRUE_PERIOD: SignedDuration = SignedDuration::from_secs(150);

/// Answers of one path that are remembered as its past.
const REMEMBERED: usize = 3;

/// The false and the past answers, by path.
#[derive(Default)]
pub(crate) struct FalseAnswers {
    paths: BTreeMap<String, Period>,
    past: BTreeMap<String, Vec<CloudResponse>>,
    /// Number of false answers so far.
    pub(crate) given: u64,
    /// Name of a connection that no answer shows, for as long as it is set.
    pub(crate) hidden: Option<String>,
}

/// A period in which a path is answered falsely.
struct Period {
    kind: Kind,
    until: Timestamp,
}

/// Kind of a false answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The resource does not exist.
    NotFound,
    /// Every list lacks one entry.
    MissingEntry(usize),
    /// An earlier answer.
    Past,
}

/// Names of the lists in answers: both clouds' listings, and the connections of published services.
const LISTS: [&str; 4] = [
    "value",
    "items",
    "privateEndpointConnections",
    "connectedEndpoints",
];

impl FalseAnswers {
    /// Alters the answer to a read; begins a period of false answers at random if `may_begin`.
    pub(crate) fn alter(
        &mut self,
        cloud: &dyn Cloud,
        request: &CloudRequest,
        truth: CloudResponse,
        now: Timestamp,
        may_begin: Option<&mut StdRng>,
    ) -> CloudResponse {
        if request.method != "GET" || truth.status != 200 {
            return truth;
        }
        if let Some(rng) = may_begin {
            self.begin(&request.path, now, rng);
        }
        let period = self.paths.get(&request.path);
        let kind = period.filter(|it| now < it.until).map(|it| it.kind);
        let past = self.past.entry(request.path.clone()).or_default();
        let answer = match kind {
            None => truth.clone(),
            Some(Kind::NotFound) => not_found(cloud),
            Some(Kind::MissingEntry(index)) => without_entry(truth.clone(), index),
            Some(Kind::Past) => past.first().cloned().unwrap_or_else(|| truth.clone()),
        };
        let answer = match &self.hidden {
            Some(name) if request.path.ends_with(name) => not_found(cloud),
            Some(name) => without_entry_named(answer, name),
            None => answer,
        };
        if kind.is_none() {
            past.push(truth.clone());
            if past.len() > REMEMBERED {
                past.remove(0);
            }
        }
        if answer.status != truth.status || answer.body != truth.body {
            self.given += 1;
        }
        answer
    }

    fn begin(&mut self, path: &str, now: Timestamp, rng: &mut StdRng) {
        if !rng.random_ratio(1, 6) {
            return;
        }
        let kind = match rng.random_range(0..3_u32) {
            0 => Kind::NotFound,
            1 => Kind::MissingEntry(rng.random_range(0..8)),
            _ => Kind::Past,
        };
        let until = now + SignedDuration::from_secs(rng.random_range(1..=LONGEST));
        self.answer_falsely(path, kind, until, now);
    }

    /// Begins a period of false answers, unless another one ended recently.
    pub(crate) fn answer_falsely(
        &mut self,
        path: &str,
        kind: Kind,
        until: Timestamp,
        now: Timestamp,
    ) {
        let is_allowed = self
            .paths
            .get(path)
            .is_none_or(|before| now >= before.until + TRUE_PERIOD);
        if is_allowed {
            self.paths.insert(path.to_owned(), Period { kind, until });
        }
    }
}

/// The cloud's answer for a resource that does not exist.
pub(crate) fn not_found(cloud: &dyn Cloud) -> CloudResponse {
    let fault = (404, cloud.not_found_code());
    CloudResponse {
        status: 404,
        headers: Vec::new(),
        body: Some(cloud.fault_body(fault)),
    }
}

/// The answer without one entry of each of its lists.
fn without_entry(mut answer: CloudResponse, index: usize) -> CloudResponse {
    if let Some(body) = &mut answer.body {
        remove_entries(body, index);
    }
    answer
}

/// The answer without the entries of one connection.
fn without_entry_named(mut answer: CloudResponse, name: &str) -> CloudResponse {
    if let Some(body) = &mut answer.body {
        remove_entries_named(body, name);
    }
    answer
}

fn remove_entries_named(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            for member in members.values_mut() {
                remove_entries_named(member, name);
            }
        }
        Value::Array(entries) => {
            let names = ["name", "endpointWithId"];
            entries.retain(|entry| {
                let mut texts = names
                    .iter()
                    .filter_map(|member| entry.get(member)?.as_str());
                !texts.any(|text| text.ends_with(name))
            });
            for entry in entries {
                remove_entries_named(entry, name);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn remove_entries(value: &mut Value, index: usize) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(entries)
                        if LISTS.contains(&name.as_str()) && !entries.is_empty() =>
                    {
                        entries.remove(index % entries.len());
                    }
                    _ => {}
                }
                remove_entries(member, index);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                remove_entries(entry, index);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
