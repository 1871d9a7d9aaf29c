//! Choice of the connection information that a page shows. It is in the address of the page, so that
//! the address can be shared.

use crate::page::Page;

/// Chosen values; empty ones are the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) route: String,
    pub(super) connection: String,
    pub(super) component: String,
    pub(super) usage: String,
    pub(super) method: String,
    /// CA of the certificate of the listener.
    pub(super) ca: String,
    pub(super) user: String,
    pub(super) secrets: Secrets,
}

/// Visibility of passwords and keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Secrets {
    /// Hidden.
    #[default]
    Hidden,
    /// Shown at the request of the visitor.
    Shown,
}

pub(super) const DYNAMIC: &str = "dynamic";
pub(super) const PRIVATELINK: &str = "privatelink";

/// Parameter for [`Secrets::Shown`].
const SHOW: &str = "show";

impl Choice {
    /// Choice in the address of a page.
    pub(super) fn of(page: &Page) -> Self {
        let connection = page.query("connection");
        let route = match page.query("route") {
            route if !route.is_empty() => route,
            _ if !connection.is_empty() => PRIVATELINK.to_owned(),
            _ => DYNAMIC.to_owned(),
        };
        Self {
            // Only the route of private links has connections.
            connection: if route == PRIVATELINK {
                connection
            } else {
                String::new()
            },
            route,
            component: page.query("component"),
            usage: page.query("usage"),
            method: page.query("method"),
            ca: page.query("ca"),
            user: page.query("user"),
            secrets: if page.query("secrets") == SHOW {
                Secrets::Shown
            } else {
                Secrets::Hidden
            },
        }
    }

    /// The choice with another route.
    pub(super) fn by_route(&self, route: &str) -> Self {
        Self {
            route: route.to_owned(),
            connection: String::new(),
            ..self.clone()
        }
    }

    /// The choice with another connection.
    pub(super) fn through(&self, connection: &str) -> Self {
        Self {
            route: PRIVATELINK.to_owned(),
            connection: connection.to_owned(),
            ..self.clone()
        }
    }

    /// The choice with another component, without choices of its listeners.
    pub(super) fn to(&self, component: &str) -> Self {
        Self {
            component: component.to_owned(),
            usage: String::new(),
            method: String::new(),
            ca: String::new(),
            ..self.clone()
        }
    }

    pub(super) fn for_usage(&self, usage: &str) -> Self {
        Self {
            usage: usage.to_owned(),
            ..self.clone()
        }
    }

    pub(super) fn by_method(&self, method: &str) -> Self {
        Self {
            method: method.to_owned(),
            ca: String::new(),
            ..self.clone()
        }
    }

    pub(super) fn signed_by(&self, ca: &str) -> Self {
        Self {
            ca: ca.to_owned(),
            ..self.clone()
        }
    }

    pub(super) fn with_secrets(&self, secrets: Secrets) -> Self {
        Self {
            secrets,
            ..self.clone()
        }
    }

    /// Parameters of the address.
    pub(super) fn parameters(&self) -> Vec<(&'static str, &str)> {
        let secrets = match self.secrets {
            Secrets::Hidden => "",
            Secrets::Shown => SHOW,
        };
        let all = [
            ("route", self.route.as_str()),
            ("connection", &self.connection),
            ("component", &self.component),
            ("usage", &self.usage),
            ("method", &self.method),
            ("ca", &self.ca),
            ("user", &self.user),
            ("secrets", secrets),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// Query of the address of the page.
    pub(super) fn query(&self) -> String {
        encode(self.parameters())
    }

    /// Query for the API.
    pub(super) fn api_query(&self) -> String {
        let all = [
            ("route", self.route.as_str()),
            ("privatelink_connection_id", &self.connection),
            ("component", &self.component),
            ("usage", &self.usage),
            ("kafka_authentication_method", &self.method),
            ("kafka_ssl_ca", &self.ca),
            ("username", &self.user),
            (
                "include_secrets",
                match self.secrets {
                    Secrets::Hidden => "false",
                    Secrets::Shown => "true",
                },
            ),
        ];
        encode(all.into_iter().filter(|(_, value)| !value.is_empty()))
    }

    /// Flags of the command line.
    pub(super) fn flags(&self) -> Vec<&str> {
        let all = [
            ("-r", self.route.as_str()),
            ("-p", &self.connection),
            ("--component", &self.component),
            ("--usage", &self.usage),
            ("-a", &self.method),
            ("--kafka-ssl-ca", &self.ca),
            ("-u", &self.user),
        ];
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .flat_map(|(flag, value)| [flag, value])
            .collect()
    }
}

fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_told_in_an_address_and_asked_of_the_api_without_secrets() {
        let choice = Choice {
            route: PRIVATELINK.to_owned(),
            connection: "plc1".to_owned(),
            user: "a&b".to_owned(),
            ..Choice::default()
        };
        assert_eq!(
            choice.query(),
            "route=privatelink&connection=plc1&user=a%26b"
        );
        assert_eq!(
            choice.api_query(),
            "route=privatelink&privatelink_connection_id=plc1&username=a%26b&include_secrets=false"
        );
        let other = choice.by_route(DYNAMIC).with_secrets(Secrets::Shown);
        assert_eq!(other.query(), "route=dynamic&user=a%26b&secrets=show");
        assert_eq!(other.flags(), ["-r", "dynamic", "-u", "a&b"]);
    }
}
