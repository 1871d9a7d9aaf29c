//! The target of a tool: an access path to a component, a login, and the names of files.

use std::net::{IpAddr, Ipv4Addr};

use super::Address;
use crate::access::Way;
use crate::credentials::{Secrecy, ServiceUser};
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::route::Route;
use crate::service::Service;
use crate::service_type::ComponentFacts;

/// The target of a tool.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The service.
    pub service: &'a Service,
    /// The access path to one of its components.
    pub way: &'a Way,
    /// The component.
    pub component: &'static ComponentFacts,
    /// The login, if there is one.
    pub login: Option<&'a ServiceUser>,
    /// Shows or hides secrets.
    pub secrecy: Secrecy,
    /// The database; when absent, the default one.
    pub database: Option<&'a str>,
    /// The TLS mode; when absent, the default.
    pub sslmode: Option<&'a str>,
    /// The CA of the service's certificate, in PEM.
    pub ca_pem: &'a str,
    /// The names of the client's files.
    pub files: FileNames<'a>,
    /// The address of the private name, while the connection is active.
    pub endpoint: Option<Ipv4Addr>,
}

/// The names of a client's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileNames<'a> {
    /// The CA of the service.
    pub ca: &'a str,
    /// The client's certificate.
    pub client_cert: &'a str,
    /// The key of that certificate.
    pub client_key: &'a str,
}

impl Default for FileNames<'_> {
    /// The names that the compatible command line uses.
    fn default() -> Self {
        Self {
            ca: "ca.pem",
            client_cert: "service.crt",
            client_key: "service.key",
        }
    }
}

impl<'a> Target<'a> {
    /// The host a client dials.
    pub(super) fn host(&self) -> &'a str {
        &self.way.host
    }

    /// The port a client dials.
    pub(super) const fn port(&self) -> u16 {
        self.way.port
    }

    /// Reports whether the listener uses TLS.
    pub(super) const fn speaks_tls(&self) -> bool {
        self.way.tls.is_on()
    }

    /// Reports whether clients need the service's CA to verify the certificate.
    pub(super) const fn needs_ca(&self) -> bool {
        self.speaks_tls() && self.way.kafka_ssl_ca.is_project_ca()
    }

    /// Reports whether the host is a name rather than an address.
    pub(super) fn has_name(&self) -> bool {
        self.host().parse::<IpAddr>().is_err()
    }

    /// The address of the private name, for resolvers that do not know it yet.
    pub(super) fn detour_address(&self) -> Option<Ipv4Addr> {
        self.endpoint
            .filter(|_| self.way.route == Route::Privatelink && self.has_name())
    }

    /// The name of the user.
    pub(super) fn username(&self) -> Option<&'a str> {
        self.login.map(|login| login.username.as_str())
    }

    /// The password, or its placeholder.
    pub(super) fn password(&self) -> Option<&'a str> {
        let password = self.login.and_then(|login| login.password.as_ref());
        password.map(|password| self.secrecy.text(password))
    }

    /// Reports whether secrets are hidden from the caller.
    pub(super) fn holds_back(&self) -> bool {
        let has_secrets =
            |login: &ServiceUser| login.password.is_some() || login.access_key.is_some();
        self.secrecy == Secrecy::Redacted && self.login.is_some_and(has_secrets)
    }

    /// The user and the password, for tools that require both.
    pub(super) fn password_login(&self) -> Result<(&'a str, &'a str), Refusal> {
        let Some(username) = self.username() else {
            return Err(self.no_users());
        };
        let password = self
            .password()
            .ok_or_else(|| self.incomplete(username, "password"))?;
        Ok((username, password))
    }

    /// The certificate and the key, for tools that require both.
    pub(super) fn certificate_login(&self) -> Result<(&'a str, &'a str), Refusal> {
        let login = self.login.ok_or_else(|| self.no_users())?;
        let missing = |what| self.incomplete(&login.username, what);
        let certificate = login.access_cert.as_deref();
        let certificate = certificate.ok_or_else(|| missing("client certificate"))?;
        let key = login.access_key.as_ref();
        let key = key.ok_or_else(|| missing("client key"))?;
        Ok((certificate, self.secrecy.text(key)))
    }

    /// The database that clients open, if the product has databases.
    pub(super) fn database(&self) -> Option<&'a str> {
        self.address().database()
    }

    /// The address in the syntax of a URI.
    pub fn address(&self) -> Address<'a> {
        Address {
            facts: self.component.uri,
            host: self.host(),
            port: self.port(),
            login: self.login,
            database: self.database,
            spoken: self.way.tls,
            tls: self.sslmode,
            secrecy: self.secrecy,
        }
    }

    /// Refuses text that cannot be an argument, a variable or a line of a file.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let texts = [
            ("user name", self.username()),
            ("password", self.password()),
            ("database", self.database),
        ];
        match texts.into_iter().find(|(_, text)| holds(*text, '\0')) {
            Some((what, _)) => Err(self.unwritable(what, "a null character", "any tool")),
            None => Ok(()),
        }
    }

    /// The refusal for text that a format cannot express.
    pub(super) fn unwritable(&self, what: &str, holds: &str, reader: &str) -> Refusal {
        Refusal::conflict(
            "unwritable_value",
            format!(
                "The {what} for service `{}` contains {holds}, which cannot be passed to {reader}. \
                 Choose another output, or change the {what}",
                self.service.name
            ),
        )
    }

    fn no_users(&self) -> Refusal {
        Refusal::conflict(
            "login_incomplete",
            format!(
                "Service `{}` has no users, so no client can log in",
                self.service.name
            ),
        )
        .with_remedy(Remedy::RegisterUser {
            service: self.service.name.clone(),
            username: None,
        })
    }

    fn incomplete(&self, username: &str, what: &str) -> Refusal {
        let service = &self.service.name;
        let remedy = if what == "password" {
            Remedy::RegisterUser {
                service: service.clone(),
                username: Some(username.to_owned()),
            }
        } else {
            Remedy::manual(
                "Register it with `access_cert` and `access_key` of `underpass.users` in the API",
            )
        };
        Refusal::conflict(
            "login_incomplete",
            format!(
                "Could not find {what} for username {username} of service `{service}`. Another \
                 user can be named with `-u`"
            ),
        )
        .with_remedy(remedy)
    }
}

/// Reports whether a text is present and contains a character.
pub(super) fn holds(text: Option<&str>, character: char) -> bool {
    text.is_some_and(|text| text.contains(character))
}
