//! The user that a client logs in as if none is named.

use crate::credentials::{DEFAULT_USER, MAIN_USER, ServiceUser, default_login, user_not_found};
use crate::refusal::Refusal;
use crate::service::Service;

/// The user who logs in if none is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsualUser {
    /// `avnadmin`, as in the compatible command line; else the first login, else none.
    Main,
    /// The product's own `default` (see [`default_login`]).
    Default,
}

impl UsualUser {
    /// Returns the user of that name, or the usual one if no name is given.
    ///
    /// # Errors
    /// * `user_not_found`: the service has no such user.
    pub fn login(
        self,
        service: &Service,
        users: &[ServiceUser],
        username: Option<&str>,
    ) -> Result<Option<ServiceUser>, Refusal> {
        let named = |name: &str| users.iter().find(|user| user.username == name).cloned();
        let required = |name: &str| {
            let found = named(name);
            found.ok_or_else(|| user_not_found(&service.name, users, name))
        };
        match (self, username) {
            (Self::Default, None | Some(DEFAULT_USER)) => {
                let owner = default_login(users).cloned();
                Ok(owner.map(|owner| ServiceUser {
                    username: DEFAULT_USER.to_owned(),
                    ..owner
                }))
            }
            (_, Some(name)) => required(name).map(Some),
            (Self::Main, None) => Ok(named(MAIN_USER).or(users.first().cloned())),
        }
    }
}
