//! Components: the listeners of a service on each of its nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::excerpt::excerpt;
use crate::refusal::Refusal;
use crate::service_type::ServiceTypeFacts;

/// The type whose clients dial each node individually, and the name of its main component.
pub(super) const KAFKA: &str = "kafka";

/// One listener on every node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// A component of the service's type.
    pub component: String,
    /// The port on the nodes.
    pub port: u16,
    /// The port on the link.
    pub link_port: u16,
    /// The use of the listener.
    #[serde(default)]
    pub usage: Usage,
    /// The login method, if the component has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// The issuer of its certificate; omitted if it is the service's CA.
    #[serde(default, skip_serializing_if = "KafkaSslCa::is_project_ca")]
    pub kafka_ssl_ca: KafkaSslCa,
    /// The use of TLS; omitted if it is on.
    #[serde(default, skip_serializing_if = "Tls::is_on")]
    pub tls: Tls,
}

impl Component {
    /// Returns the component as an argument of a registration, `NAME=PORT[,KEY=VALUE]…`.
    pub fn argument(&self) -> String {
        let differs = self.link_port != self.port;
        self.argument_with(differs.then(|| self.link_port.to_string()).as_deref())
    }

    /// Returns the argument with another link port, which may be a placeholder.
    pub fn argument_with(&self, link_port: Option<&str>) -> String {
        let mut argument = format!("{}={}", self.component, self.port);
        let mut add = |key: &str, value: &str| {
            argument.extend([",", key, "=", value]);
        };
        if let Some(link_port) = link_port {
            add("link_port", link_port);
        }
        if let Some(method) = self.kafka_authentication_method {
            add("auth", method.as_str());
        }
        if !self.kafka_ssl_ca.is_project_ca() {
            add("ssl_ca", self.kafka_ssl_ca.as_str());
        }
        if self.usage != Usage::default() {
            add("usage", self.usage.as_str());
        }
        if !self.tls.is_on() {
            add("tls", "off");
        }
        argument
    }
}

/// The use of TLS on a listener; a boolean in the API.
///
/// Links have names that certificates contain, so TLS is the default. A listener without it, as on
/// a developer's machine, must be registered as such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Tls {
    /// TLS.
    #[default]
    On,
    /// Plain text.
    Off,
}

impl Tls {
    /// Reports whether the listener uses TLS.
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On)
    }
}

impl From<bool> for Tls {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl From<Tls> for bool {
    fn from(tls: Tls) -> Self {
        tls.is_on()
    }
}

/// The use of a listener.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Reads and writes.
    #[default]
    Primary,
    /// Reads.
    Replica,
}

impl Usage {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

/// The login method of a Kafka client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaAuthentication {
    /// A client certificate.
    Certificate,
    /// SASL.
    Sasl,
}

impl KafkaAuthentication {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Sasl => "sasl",
        }
    }
}

/// The issuer of a Kafka listener's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaSslCa {
    /// The service's CA: the project's, unless the service has one of its own.
    #[default]
    ProjectCa,
    /// Let's Encrypt, which clients trust without a CA file.
    Letsencrypt,
}

impl KafkaSslCa {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProjectCa => "project_ca",
            Self::Letsencrypt => "letsencrypt",
        }
    }

    /// Reports whether it is the default.
    pub const fn is_project_ca(&self) -> bool {
        matches!(self, Self::ProjectCa)
    }
}

impl Component {
    fn proves_by_certificate(&self) -> bool {
        self.kafka_authentication_method == Some(KafkaAuthentication::Certificate)
    }

    /// Returns the name of the listener's rule in a cloud.
    pub fn rule_name(&self) -> String {
        let mut name = self.component.clone();
        if let Some(method) = self.kafka_authentication_method {
            name = format!("{name}-{}", method.as_str());
        }
        if !self.kafka_ssl_ca.is_project_ca() {
            name = format!("{name}-{}", self.kafka_ssl_ca.as_str());
        }
        if self.usage == Usage::Replica {
            name.push_str("-replica");
        }
        name
    }
}

/// Refuses ports that the provider cannot translate: Google's forwarding rule keeps the destination
/// port.
///
/// # Errors
/// * `link_port_differs`: a component has different ports on the link and on the node.
pub fn check_link_ports(provider: Provider, components: &[Component]) -> Result<(), Refusal> {
    let differs = |component: &&Component| component.link_port != component.port;
    match components.iter().find(differs) {
        Some(component) if provider == Provider::Google => Err(Refusal::invalid(
            "link_port_differs",
            format!(
                "Component `{}` listens on port {}, but has port {} on the link. {} does not \
                 translate ports. Omit `link_port`, or let the component listen on {}",
                component.rule_name(),
                component.port,
                component.link_port,
                provider.product(),
                component.link_port
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks the components of a service.
///
/// # Errors
/// * `unknown_component`: the type has no such component.
/// * `port_zero`: a port is 0.
/// * `certificate_without_tls`: a listener has certificate login without TLS.
/// * `letsencrypt_without_sasl`: a listener cannot have a Let's Encrypt certificate.
/// * `component_twice`, `link_port_twice`, `port_twice`: two components are equal, or share a port.
pub fn check_components(facts: &ServiceTypeFacts, components: &[Component]) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::invalid(code, message));
    let mut rules = BTreeSet::new();
    let mut link_ports: BTreeMap<u16, String> = BTreeMap::new();
    let mut ports: BTreeMap<u16, String> = BTreeMap::new();
    for component in components {
        let name = component.rule_name();
        if facts.component(&component.component).is_none() {
            let known: Vec<_> = facts.components.iter().map(|known| known.name).collect();
            return refuse(
                "unknown_component",
                format!(
                    "Service type `{}` has no component `{}`; it has {}",
                    facts.name,
                    excerpt(&component.component),
                    known.join(", ")
                ),
            );
        }
        if component.port == 0 || component.link_port == 0 {
            return refuse(
                "port_zero",
                format!("Component `{name}` needs a port from 1 to 65535"),
            );
        }
        if component.proves_by_certificate() && !component.tls.is_on() {
            return refuse(
                "certificate_without_tls",
                format!(
                    "Component `{name}` authenticates clients by certificate, which needs TLS. \
                     Omit `tls=off`, or set another login method"
                ),
            );
        }
        check_ssl_ca(component)?;
        if !rules.insert(name.clone()) {
            return refuse(
                "component_twice",
                format!("Component `{name}` is given twice"),
            );
        }
        if let Some(other) = link_ports.insert(component.link_port, name.clone()) {
            return refuse(
                "link_port_twice",
                format!(
                    "Components `{other}` and `{name}` have the same port {} on the link. Give \
                     one of them another `link_port`",
                    component.link_port
                ),
            );
        }
        // Azure refuses two rules with one backend port in one pool
        // (RulesUseSameBackendPortProtocolAndPool).
        if let Some(other) = ports.insert(component.port, name.clone()) {
            return refuse(
                "port_twice",
                format!(
                    "Components `{other}` and `{name}` both listen on port {}",
                    component.port
                ),
            );
        }
    }
    Ok(())
}

/// Refuses a Let's Encrypt certificate except for SASL listeners of Kafka brokers, as in the
/// compatible API.
pub(super) fn check_ssl_ca(component: &Component) -> Result<(), Refusal> {
    let by_sasl = component.kafka_authentication_method == Some(KafkaAuthentication::Sasl);
    let fits = component.component == KAFKA && by_sasl && component.tls.is_on();
    if fits || component.kafka_ssl_ca.is_project_ca() {
        return Ok(());
    }
    Err(Refusal::invalid(
        "letsencrypt_without_sasl",
        format!(
            "Component `{}` has `ssl_ca=letsencrypt`, which is only for TLS listeners of \
             component `kafka` with SASL login. Set `auth=sasl`, or omit `ssl_ca`",
            component.component
        ),
    ))
}

#[cfg(test)]
pub(super) mod tests;
