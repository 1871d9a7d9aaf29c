//! The pages of one cloud, as the server of a portal sees them.

use axum::Router;
use underpass_web::url::query;

use super::context::{PortalContext, Visitor};

/// Path at which other sites open the form for a new endpoint, with its `target`.
pub(super) const CREATE: &str = "/create";

/// The pages of one cloud.
pub(crate) trait Pages {
    /// Routes of all pages.
    fn routes(self, context: PortalContext) -> Router;
}

/// Address of a page, with the target that the visitor brings along.
pub(super) fn with_target(path: &str, visitor: &Visitor) -> String {
    let parameters = visitor.query();
    format!("{path}{}", query([("target", parameters.text("target"))]))
}
