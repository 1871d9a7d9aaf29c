//! Injected mistake of a run.

use std::sync::Arc;

use serde_json::Value;
use underpass_clouds::Cloud as Driver;
use underpass_store::Change;

/// Wraps a driver in one with an injected mistake.
pub(crate) type WrapDriver = fn(Arc<dyn Driver>) -> Arc<dyn Driver>;

/// Injected mistake, if any.
#[derive(Clone, Copy, Default)]
pub(crate) struct InjectedMistake {
    pub(crate) driver: Option<WrapDriver>,
    pub(crate) store: Option<fn(&mut Change)>,
    /// Alters the body of a request, given its path.
    pub(crate) request_body: Option<fn(&str, &mut Value)>,
}
