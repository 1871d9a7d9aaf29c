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
    /// The error that an injected fault makes the operation fail with.
    pub(super) error: Option<OperationError>,
    /// The delay that an injected fault adds to the operation.
    pub(super) extra_delay: SignedDuration,
}

impl Call<'_> {
    /// Returns the body.
    ///
    /// # Errors
    /// 400 `required` for an absent body, 400 `badRequest` for another value than an object.
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
