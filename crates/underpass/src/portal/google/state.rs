//! State that every handler shares.

use axum::extract::FromRef;

use super::portal::GooglePortal;
use crate::portal::context::PortalContext;

/// State that every handler shares; cheap to clone.
#[derive(Clone)]
pub(super) struct AppState {
    pub(super) portal: GooglePortal,
    pub(super) context: PortalContext,
}

impl FromRef<AppState> for PortalContext {
    fn from_ref(state: &AppState) -> Self {
        state.context.clone()
    }
}
