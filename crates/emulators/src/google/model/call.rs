//! An admitted request on its way.

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde_json::Value;

use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::request::Request;

/// An admitted request on its way.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) now: Timestamp,
    pub(super) rng: &'a mut dyn Rng,
    /// How the operation is to fail, if a fault says so.
    pub(super) error: Option<OperationError>,
    /// How much longer the operation takes, if a fault says so.
    pub(super) extra_delay: SignedDuration,
}

impl Call<'_> {
    /// The body, which must be an object.
    pub(super) fn body(&self) -> Result<&Value, Refusal> {
        match &self.request.body {
            Some(body) if body.is_object() => Ok(body),
            Some(_) => {
                let message = "The body must be a JSON object.";
                Err(Refusal::new(400, "badRequest", message))
            }
            None => Err(Refusal::new(
                400,
                "required",
                "Required field 'resource' not specified.",
            )),
        }
    }
}
