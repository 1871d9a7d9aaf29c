//! The interface between the weather and the model of a cloud.

use jiff::Timestamp;
use rand::Rng;
use serde_json::Value;

use super::disturbance::{FalseRefusal, OperationFault};
use super::request_facts::RequestFacts;
use crate::cloud_model::CloudModel;
use crate::reply::Reply;

/// Settings of a resource before a write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Path of the resource.
    pub(crate) path: String,
    /// The members that are put back, with their values.
    pub(crate) members: Value,
}

/// A cloud that can have weather.
pub(crate) trait InWeather: CloudModel<Reply = Reply> {
    /// Returns the facts of a request.
    fn facts(&self, request: &Self::Request) -> RequestFacts;

    /// Returns the reply to a request that is refused without a cause.
    fn refusal(&self, request: &Self::Request, refusal: &FalseRefusal, now: Timestamp) -> Reply;

    /// Returns the reply to a read of a resource that does not exist.
    fn absent(&self, request: &Self::Request) -> Reply;

    /// Answers a request as [`CloudModel::handle`], and disturbs the operation that it starts.
    fn handle_with(
        &mut self,
        request: &Self::Request,
        fault: OperationFault,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Reply;

    /// Returns the settings that another program would put back after this write; `None` for a write of
    /// other resources, and of a resource that does not exist.
    fn settings(&self, request: &Self::Request) -> Option<Settings>;

    /// Returns the request that puts settings back; `None` if the resource does not exist.
    fn put_back(&self, settings: &Settings) -> Option<Self::Request>;
}
