//! Events of a project, by our own API.

use serde::Deserialize;
use serde_json::Value;

/// A page of events.
#[derive(Deserialize)]
pub(crate) struct Events {
    pub(crate) events: Vec<Event>,
    pub(crate) next_before: Option<u64>,
}

/// An event. The message may hold text of others.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) at: String,
    /// Path of the object that it is about, below the project.
    pub(crate) subject: String,
    pub(crate) actor: String,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Value,
}
