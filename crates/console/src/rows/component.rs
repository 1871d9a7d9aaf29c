//! A component as a row of a form.

use serde_json::{Map, Value, json};
use underpass_model::service::{Component, KafkaAuthentication, Usage};
use underpass_model::service_type::{ComponentFacts, ServiceTypeFacts};

use super::row::{Row, pairs, text};
use crate::api_error::ApiError;

/// A listener of every node, as it was entered.
#[derive(Debug, Clone, Default)]
pub(crate) struct ComponentRow {
    /// True if it is enabled.
    pub(crate) used: bool,
    pub(crate) component: String,
    pub(crate) port: String,
    /// Same as `port` if empty.
    pub(crate) link_port: String,
    pub(crate) usage: String,
    /// Authentication of Kafka clients; empty for other services.
    pub(crate) auth: String,
    /// CA of its certificate, if it is not the service's CA; sent back unchanged, because the list
    /// replaces all components.
    pub(crate) ssl_ca: String,
    pub(crate) tls: bool,
}

impl From<Component> for ComponentRow {
    fn from(component: Component) -> Self {
        let link_port = if component.link_port == component.port {
            String::new()
        } else {
            component.link_port.to_string()
        };
        let ssl_ca = component.kafka_ssl_ca;
        let is_other = !ssl_ca.is_project_ca();
        Self {
            used: true,
            ssl_ca: if is_other { ssl_ca.as_str() } else { "" }.to_owned(),
            port: component.port.to_string(),
            link_port,
            usage: component.usage.as_str().to_owned(),
            auth: component
                .kafka_authentication_method
                .map(KafkaAuthentication::as_str)
                .unwrap_or_default()
                .to_owned(),
            tls: component.tls.is_on(),
            component: component.component,
        }
    }
}

impl ComponentRow {
    /// Components of a type on their usual ports; the main one is enabled.
    pub(super) fn for_type(facts: &ServiceTypeFacts) -> Vec<Self> {
        let row = |(place, component): (usize, &ComponentFacts)| Self {
            used: place == 0,
            component: component.name.to_owned(),
            port: component.usual_port.to_string(),
            tls: true,
            ..Self::default()
        };
        facts.components.iter().enumerate().map(row).collect()
    }

    /// An empty row.
    pub(super) fn blank(component: Option<&ComponentFacts>) -> Self {
        Self {
            used: true,
            component: component.map_or("", |it| it.name).to_owned(),
            tls: true,
            ..Self::default()
        }
    }

    /// Reports whether flows to one listener reach the other: an empty field means its default.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let usage = |it: &Self| match it.usage.as_str() {
            "" => Usage::default().as_str().to_owned(),
            given => given.to_owned(),
        };
        let is_other_auth =
            !self.auth.is_empty() && !other.auth.is_empty() && self.auth != other.auth;
        (&self.component, &self.port) == (&other.component, &other.port)
            && self.port_on_links() == other.port_on_links()
            && usage(self) == usage(other)
            && !is_other_auth
    }

    /// The component with its port, in the middle of a sentence.
    pub(crate) fn describe(&self) -> String {
        let on_links = self.port_on_links();
        if on_links == self.port {
            return format!("{} (port {})", self.component, self.port);
        }
        format!(
            "{} (port {}, link port {on_links})",
            self.component, self.port
        )
    }

    fn port_on_links(&self) -> &str {
        if self.link_port.is_empty() {
            &self.port
        } else {
            &self.link_port
        }
    }

    pub(super) fn read(row: &Row<'_>) -> Self {
        Self {
            used: row.contains_key("used"),
            component: text(row, "component"),
            port: text(row, "port"),
            link_port: text(row, "link_port"),
            usage: text(row, "usage"),
            auth: text(row, "auth"),
            ssl_ca: text(row, "ssl_ca"),
            tls: row.contains_key("tls"),
        }
    }

    /// Port that consumers connect to.
    pub(crate) fn shown_link_port(&self) -> &str {
        if self.link_port.is_empty() {
            &self.port
        } else {
            &self.link_port
        }
    }

    /// Body for the API.
    ///
    /// # Errors
    /// If a port is not a number.
    pub(super) fn body(&self) -> Result<Value, ApiError> {
        let mut members = Map::new();
        members.insert("component".to_owned(), json!(self.component));
        members.insert("port".to_owned(), json!(self.number("port", &self.port)?));
        if !self.link_port.is_empty() {
            let port = self.number("link port", &self.link_port)?;
            members.insert("link_port".to_owned(), json!(port));
        }
        if !self.usage.is_empty() {
            members.insert("usage".to_owned(), json!(self.usage));
        }
        if !self.auth.is_empty() {
            members.insert("kafka_authentication_method".to_owned(), json!(self.auth));
        }
        if !self.ssl_ca.is_empty() {
            members.insert("kafka_ssl_ca".to_owned(), json!(self.ssl_ca));
        }
        if !self.tls {
            members.insert("tls".to_owned(), json!(false));
        }
        Ok(Value::Object(members))
    }

    /// Value of `--component`.
    pub(super) fn flag(&self) -> String {
        let is_usual = self.usage.is_empty() || self.usage == "primary";
        let parts = [
            (self.component.as_str(), self.port.as_str()),
            ("link_port", &self.link_port),
            ("auth", &self.auth),
            ("ssl_ca", &self.ssl_ca),
            ("usage", if is_usual { "" } else { &self.usage }),
            ("tls", if self.tls { "" } else { "off" }),
        ];
        pairs(&parts)
    }

    fn number(&self, what: &str, text: &str) -> Result<u16, ApiError> {
        let number = text.parse::<u16>().ok().filter(|number| *number > 0);
        number.ok_or_else(|| {
            let component = &self.component;
            ApiError::invalid(if text.is_empty() {
                format!(
                    "Component `{component}` has no {what}. Enter the {what}, 1 to 65535, or disable \
                     the component"
                )
            } else {
                format!("Component `{component}` has `{text}` as {what}. Enter a number from 1 to 65535")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use underpass_model::service_type;

    use super::*;

    #[test]
    fn a_new_service_has_its_main_component_on_the_usual_port() {
        let rows = ComponentRow::for_type(service_type::find("pg").unwrap());
        let used: Vec<_> = rows.iter().filter(|row| row.used).collect();
        assert_eq!(used.len(), 1);
        assert_eq!(
            used[0].body().unwrap(),
            json!({"component": "pg", "port": 5432})
        );
        assert_eq!(used[0].flag(), "pg=5432");
        assert_eq!(rows[1].component, "pgbouncer");
    }

    #[test]
    fn what_differs_from_the_usual_is_said() {
        let row = ComponentRow {
            used: true,
            component: "kafka".to_owned(),
            port: "9092".to_owned(),
            link_port: "19092".to_owned(),
            usage: "replica".to_owned(),
            auth: "sasl".to_owned(),
            ssl_ca: "letsencrypt".to_owned(),
            tls: false,
        };
        let body = row.body().unwrap();
        assert_eq!(
            row.flag(),
            "kafka=9092,link_port=19092,auth=sasl,ssl_ca=letsencrypt,usage=replica,tls=off"
        );
        let component: Component = serde_json::from_value(body).unwrap();
        let again = ComponentRow::from(component);
        assert_eq!(again.flag(), row.flag());
    }

    #[test]
    fn a_port_that_is_none_is_named() {
        for (port, part) in [
            ("", "has no port"),
            ("x", "`x` as port"),
            ("0", "1 to 65535"),
        ] {
            let row = ComponentRow {
                component: "pg".to_owned(),
                port: port.to_owned(),
                ..ComponentRow::default()
            };
            let message = row.body().unwrap_err().message;
            assert!(message.contains(part), "{message}");
        }
    }
}
