//! Logins of a service; stored encrypted, apart from the service.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bounded_text::{LONGEST_PASSWORD, LONGEST_PEM, check_length};
use crate::excerpt::excerpt;
use crate::name::ServiceName;
use crate::refusal::Refusal;

/// Text that must not appear in logs or errors; it has no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself; the name makes each use easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The visibility of secrets in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Secrets are shown.
    Told,
    /// The caller may not see secrets: [`REDACTED`] replaces them.
    Redacted,
    /// The caller did not request secrets: [`REDACTED`] replaces them.
    Withheld,
}

/// The placeholder of a secret (compatible API).
pub const REDACTED: &str = "<redacted>";

impl Secrecy {
    /// The secret, or its placeholder.
    pub fn text(self, secret: &Secret) -> &str {
        match self {
            Self::Told => secret.expose(),
            Self::Redacted | Self::Withheld => REDACTED,
        }
    }
}

/// A login of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUser {
    /// The login name.
    pub username: String,
    /// The password, for password logins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The certificate, for certificate logins, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_cert: Option<String>,
    /// The key of `access_cert`, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<Secret>,
}

/// Every login of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The logins, the main one first.
    pub users: Vec<ServiceUser>,
}

/// Most logins of one service: 200, so that the encrypted row stays well below a mebibyte even when
/// each has a certificate.
pub const MAX_USERS: usize = 200;

impl Credentials {
    /// Refuses logins that clients cannot distinguish or type.
    ///
    /// # Errors
    /// * `too_many_users`: there are more than [`MAX_USERS`] logins.
    /// * `username`: a name is malformed.
    /// * `user_twice`: two logins have one name.
    /// * `text_too_long`: a password, certificate or key is too long.
    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |code, message| Err(Refusal::invalid(code, message));
        if self.users.len() > MAX_USERS {
            return refuse(
                "too_many_users",
                format!("A service may have at most {MAX_USERS} users"),
            );
        }
        let mut names = std::collections::BTreeSet::new();
        for user in &self.users {
            let name = &user.username;
            if !(1..=128).contains(&name.len()) || name.chars().any(char::is_control) {
                return refuse(
                    "username",
                    "A username must have 1 to 128 bytes and no control characters".to_owned(),
                );
            }
            let secrets = [
                ("password", &user.password, LONGEST_PASSWORD),
                ("access_key", &user.access_key, LONGEST_PEM),
            ];
            for (member, secret, longest) in secrets {
                let text = secret.as_ref().map_or("", Secret::expose);
                check_length(member, text, longest)?;
            }
            let certificate = user.access_cert.as_deref().unwrap_or_default();
            check_length("access_cert", certificate, LONGEST_PEM)?;
            if !names.insert(name) {
                return refuse("user_twice", format!("User `{name}` is given twice"));
            }
        }
        Ok(())
    }

    /// Returns the login of that name.
    pub fn user(&self, username: &str) -> Option<&ServiceUser> {
        self.users.iter().find(|user| user.username == username)
    }
}

/// The signing key of a project's CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaKey {
    /// The private key, PKCS #8 in PEM.
    pub key_pem: Secret,
}

/// The login that clients use by default.
pub const MAIN_USER: &str = "avnadmin";

/// The default user of Redis and compatible products.
pub const DEFAULT_USER: &str = "default";

/// Returns the login whose password the default user has: its own if registered, else the main one.
pub fn default_login(users: &[ServiceUser]) -> Option<&ServiceUser> {
    let own = users.iter().find(|user| user.username == DEFAULT_USER);
    own.or(users.first())
}

/// The refusal for a login that does not exist.
pub fn user_not_found(service: &ServiceName, users: &[ServiceUser], username: &str) -> Refusal {
    let known: Vec<_> = users.iter().map(|user| user.username.as_str()).collect();
    let known = if known.is_empty() {
        "no users".to_owned()
    } else {
        known.join(", ")
    };
    Refusal::not_found(
        "user_not_found",
        format!(
            "User `{}` not found for service {service}: it has {known}",
            excerpt(username)
        ),
    )
}
