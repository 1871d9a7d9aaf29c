//! Services, by the compatible API.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The answer to a request for one service.
#[derive(Deserialize)]
pub(crate) struct ServiceAnswer<T> {
    pub(crate) service: T,
}

/// A service in few words.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ServiceSummary {
    pub(crate) service_name: String,
    pub(crate) service_type: String,
    pub(crate) state: String,
    pub(crate) cloud_name: String,
    pub(crate) plan: String,
    pub(crate) project_vpc_id: Option<String>,
}

impl ServiceSummary {
    /// Provider of its cloud: `azure` of `azure-westeurope`.
    pub(crate) fn provider(&self) -> &str {
        let provider = self
            .cloud_name
            .split_once('-')
            .map(|(provider, _)| provider);
        provider.unwrap_or(&self.cloud_name)
    }
}

/// A service.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Service {
    #[serde(flatten)]
    pub(crate) summary: ServiceSummary,
    pub(crate) create_time: String,
    pub(crate) update_time: String,
    pub(crate) user_config: Map<String, Value>,
    /// Addresses of its components, by each route.
    pub(crate) components: Vec<ServiceAddress>,
    pub(crate) users: Vec<User>,
    pub(crate) termination_protection: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) underpass: Registration,
}

/// Address of one component by one route.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ServiceAddress {
    pub(crate) component: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) route: String,
    pub(crate) usage: String,
    pub(crate) kafka_authentication_method: Option<String>,
    pub(crate) kafka_ssl_ca: Option<String>,
    pub(crate) ssl: Option<bool>,
    pub(crate) privatelink_connection_id: Option<String>,
}

/// A login.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) username: String,
}

/// Where it runs and what answers there.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Registration {
    pub(crate) nodes: Vec<Node>,
    pub(crate) components: Vec<Listener>,
    pub(crate) ca_pem: Option<String>,
}

/// A machine that runs the components.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: String,
    /// Name of the machine in its cloud, if it is known.
    pub(crate) cloud: Option<Value>,
}

/// One listener of every node.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Listener {
    pub(crate) component: String,
    pub(crate) link_port: u16,
    pub(crate) usage: String,
    pub(crate) kafka_authentication_method: Option<String>,
    /// CA that signed its certificate; absent for the CA of the service.
    kafka_ssl_ca: Option<String>,
    /// Absent if it speaks TLS.
    tls: Option<bool>,
}

/// CA that signs certificates by default.
pub(crate) const PROJECT_CA: &str = "project_ca";

impl Service {
    pub(crate) fn name(&self) -> &str {
        &self.summary.service_name
    }

    /// Reports whether a component is open on links.
    pub(crate) fn is_open(&self, component: &str) -> bool {
        is_switched_on(&self.user_config, component)
    }

    /// Names of the components, each once, the main one first.
    pub(crate) fn component_names(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let listeners = self.underpass.components.iter();
        let names = listeners.map(|listener| listener.component.as_str());
        names.filter(|name| seen.insert(*name)).collect()
    }

    /// The listeners of a component.
    pub(crate) fn listeners<'a>(
        &'a self,
        component: &'a str,
    ) -> impl Iterator<Item = &'a Listener> {
        let listeners = self.underpass.components.iter();
        listeners.filter(move |listener| listener.component == component)
    }
}

impl Listener {
    /// Reports whether it needs a certificate.
    pub(crate) fn speaks_tls(&self) -> bool {
        self.tls.unwrap_or(true)
    }

    /// CA that signed its certificate.
    pub(crate) fn ca(&self) -> &str {
        self.kafka_ssl_ca.as_deref().unwrap_or(PROJECT_CA)
    }

    /// Reports whether it is open on links with these options: the switch of its component is on,
    /// and, with a certificate of another CA, also the option that opens such listeners.
    pub(crate) fn is_open(&self, config: &Map<String, Value>) -> bool {
        let is_set = |option: &str| config.get(option).and_then(Value::as_bool) == Some(true);
        let is_offered = self.ca() == PROJECT_CA || is_set("letsencrypt_sasl_privatelink");
        is_offered && is_switched_on(config, &self.component)
    }
}

fn is_switched_on(config: &Map<String, Value>, component: &str) -> bool {
    let access = config.get("privatelink_access");
    let open = access.and_then(|access| access.get(component));
    open.and_then(Value::as_bool).unwrap_or_default()
}

impl ServiceAddress {
    /// CA that signed the certificate, if it is not the default one.
    pub(crate) fn other_ca(&self) -> Option<&str> {
        self.kafka_ssl_ca.as_deref().filter(|ca| *ca != PROJECT_CA)
    }

    pub(crate) fn speaks_tls(&self) -> bool {
        self.ssl.unwrap_or(true)
    }
}
