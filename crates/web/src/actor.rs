//! The authenticated user of a request, for its line in the access log.

use std::sync::{Arc, OnceLock};

use axum::http::Extensions;

/// A place for the user of a request. The access log puts it among the request's extensions; the
/// API or the console fills it when it authenticates the request.
#[derive(Debug, Clone, Default)]
pub struct Actor(Arc<OnceLock<String>>);

impl Actor {
    /// Notes the user of a request, unless the request has no access log.
    pub fn note(extensions: &Extensions, email: &str) {
        if let Some(Self(slot)) = extensions.get() {
            // A request has one user; a second look at its token finds the same.
            let _already_noted = slot.set(email.to_owned());
        }
    }

    /// The user's email address; absent for a request that was not authenticated.
    pub fn email(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_sees_the_user_whom_the_handler_notes() {
        let actor = Actor::default();
        let mut extensions = Extensions::new();
        Actor::note(&extensions, "lost@example.test");
        extensions.insert(actor.clone());
        assert_eq!(actor.email(), None);
        Actor::note(&extensions, "a@example.test");
        assert_eq!(actor.email(), Some("a@example.test"));
    }
}
