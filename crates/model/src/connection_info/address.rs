//! The address of a component with a login, in the syntax of its clients.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::access::Way;
use crate::credentials::{REDACTED, Secrecy, ServiceUser, default_login};
use crate::protocol::Protocol;
use crate::route::Route;
use crate::service::{Service, Tls};
use crate::service_type::{ServiceTypeFacts, UriFacts};

/// The characters escaped in a URI's user, password and database: all but the unreserved characters
/// of RFC 3986 §2.3.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of a component with a login, in the syntax of its clients.
#[derive(Debug, Clone, Copy)]
pub struct Address<'a> {
    /// The URI syntax of its clients.
    pub facts: UriFacts,
    /// The address or name to dial.
    pub host: &'a str,
    /// The port to dial.
    pub port: u16,
    /// The login.
    pub login: Option<&'a ServiceUser>,
    /// The database; when absent, the default one.
    pub database: Option<&'a str>,
    /// The use of TLS on the listener.
    pub spoken: Tls,
    /// The TLS mode of a PostgreSQL client; when absent, the default.
    pub tls: Option<&'a str>,
    /// Shows or hides the password.
    pub secrecy: Secrecy,
}

impl<'a> Address<'a> {
    /// Returns the address of an access path.
    pub fn of(service: &Service, way: &'a Way, secrecy: Secrecy) -> Option<Self> {
        let facts = service.facts()?.component(&way.component)?.uri;
        let (host, port) = (way.host.as_str(), way.port);
        Some(Self {
            facts,
            host,
            port,
            login: None,
            database: None,
            spoken: way.tls,
            tls: None,
            secrecy,
        })
    }

    /// The database that clients open.
    pub fn database(&self) -> Option<&'a str> {
        if self.facts.protocol == Protocol::Redis {
            // Its databases are numbered; without a name the first is opened.
            return self.database.filter(|database| !database.is_empty());
        }
        let usual = self.facts.database?;
        Some(self.database.unwrap_or(usual))
    }

    /// The parameter that requests TLS, with its value.
    pub fn tls(&self) -> Option<(&'static str, &'a str)> {
        self.facts.tls.map(|parameter| {
            let usual = match self.spoken {
                Tls::On => parameter.on,
                Tls::Off => parameter.off,
            };
            // The modes that a user can name are PostgreSQL's.
            let named = self
                .tls
                .filter(|_| self.facts.protocol == Protocol::Postgres);
            (parameter.name, named.unwrap_or(usual))
        })
    }

    /// The scheme of the URI.
    pub fn scheme(&self) -> Option<&'static str> {
        match self.spoken {
            Tls::On => self.facts.scheme,
            Tls::Off => self.facts.plain_scheme,
        }
    }

    /// The URI, or HOST:PORT if the component has no URI scheme.
    pub fn uri(&self) -> String {
        let Self { host, port, .. } = self;
        let Some(scheme) = self.scheme() else {
            return format!("{host}:{port}");
        };
        let mut uri = format!("{scheme}://");
        if let Some(login) = self.login {
            uri.extend(utf8_percent_encode(&login.username, RESERVED));
            if let Some(password) = &login.password {
                uri.push(':');
                match self.secrecy {
                    Secrecy::Told => uri.extend(utf8_percent_encode(password.expose(), RESERVED)),
                    Secrecy::Redacted | Secrecy::Withheld => uri.push_str(REDACTED),
                }
            }
            uri.push('@');
        }
        // Writing to a String cannot fail.
        let _infallible = write!(uri, "{host}:{port}");
        if let Some(database) = self.database() {
            uri.push('/');
            uri.extend(utf8_percent_encode(database, RESERVED));
        }
        if let Some((name, value)) = self.tls() {
            uri.push('?');
            uri.push_str(name);
            uri.push('=');
            uri.extend(utf8_percent_encode(value, RESERVED));
        }
        uri
    }

    /// The same as a map of strings: strict clients decode a map of strings.
    pub fn params(&self) -> BTreeMap<String, String> {
        let mut params = BTreeMap::from([
            ("host".to_owned(), self.host.to_owned()),
            ("port".to_owned(), self.port.to_string()),
        ]);
        let mut put = |name: &str, value: &str| {
            params.insert(name.to_owned(), value.to_owned());
        };
        if let (Some(login), true) = (self.login, self.scheme().is_some()) {
            put("user", &login.username);
            if let Some(password) = &login.password {
                put("password", self.secrecy.text(password));
            }
        }
        if let Some(database) = self.database() {
            put("dbname", database);
        }
        match self.tls() {
            Some((name, value)) => put(name, value),
            None if self.spoken.is_on() => put("ssl", "1"),
            None => {}
        }
        params
    }
}

/// Returns the `connection_info` member of a service: the dynamic address of its main component;
/// empty if there is none.
pub fn document(
    service: &Service,
    ways: &[Way],
    users: &[ServiceUser],
    secrecy: Secrecy,
) -> Map<String, Value> {
    let mut info = Map::new();
    let login = users.first();
    let main = service.facts().and_then(ServiceTypeFacts::main_component);
    let of_main = |way: &&Way| {
        way.route == Route::Dynamic && main.is_some_and(|main| main.name == way.component)
    };
    let Some(way) = ways.iter().find(of_main) else {
        return info;
    };
    let Some(address) = Address::of(service, way, secrecy) else {
        return info;
    };
    let address = Address { login, ..address };
    let word = service.service_type.as_str();
    let mut put = |suffix: &str, value: Value| {
        info.insert(format!("{word}{suffix}"), value);
    };
    let place = match word {
        // Clients of the compatible API split its address themselves.
        "flink" => format!("{}:{}", address.host, address.port),
        _ => address.uri(),
    };
    put("", json!([place]));
    let told = |login: Option<&ServiceUser>| -> Option<String> {
        let password = login.and_then(|login| login.password.as_ref());
        password.map(|it| secrecy.text(it).to_owned())
    };
    let password = told(login);
    match word {
        "alloydbomni" | "pg" | "mysql" => put("_params", json!([address.params()])),
        "dragonfly" | "redis" | "valkey" => {
            put("_password", json!(told(default_login(users))));
        }
        "influxdb" | "opensearch" => {
            put("_username", json!(login.map(|login| &login.username)));
            put("_password", json!(password));
        }
        "kafka" => {
            put(
                "_access_cert",
                json!(login.and_then(|login| login.access_cert.as_ref())),
            );
            let key = login.and_then(|login| login.access_key.as_ref());
            put("_access_key", json!(key.map(|key| secrecy.text(key))));
        }
        _ => {}
    }
    info
}
