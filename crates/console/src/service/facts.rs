//! A service as the compatible API tells it, without its secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::call::Refused;
use crate::page::Page;
use crate::service_head::ServiceSummary;

#[derive(Deserialize)]
struct ServiceAnswer {
    service: Service,
}

/// A service.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Service {
    #[serde(flatten)]
    pub(super) summary: ServiceSummary,
    pub(super) create_time: String,
    pub(super) update_time: String,
    pub(super) user_config: Map<String, Value>,
    /// Every way that leads to it now.
    pub(super) components: Vec<Way>,
    pub(super) users: Vec<User>,
    pub(super) termination_protection: bool,
    pub(super) tags: BTreeMap<String, String>,
    /// Where it runs.
    pub(super) underpass: Registration,
}

/// One way to one component.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Way {
    pub(super) component: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) route: String,
    pub(super) usage: String,
    pub(super) kafka_authentication_method: Option<String>,
    pub(super) kafka_ssl_ca: Option<String>,
    pub(super) ssl: Option<bool>,
    pub(super) privatelink_connection_id: Option<String>,
}

/// A login.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    pub(super) username: String,
}

/// What was registered.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Registration {
    pub(super) nodes: Vec<Node>,
    pub(super) components: Vec<Listener>,
    pub(super) ca_pem: Option<String>,
}

/// Where the components answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) address: String,
    /// The machine in the cloud, if it is known.
    pub(super) cloud: Option<Value>,
}

/// One listener of every node.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Listener {
    pub(super) component: String,
    pub(super) link_port: u16,
    pub(super) usage: String,
    pub(super) kafka_authentication_method: Option<String>,
    /// Who signed its certificate; absent where the service's CA did.
    kafka_ssl_ca: Option<String>,
    /// Absent where it speaks TLS.
    tls: Option<bool>,
}

/// Who signs unless said otherwise.
pub(super) const PROJECT_CA: &str = "project_ca";

impl Service {
    /// The service of the page.
    pub(super) async fn load(page: &Page) -> Result<Self, Refused> {
        let route = page.route(["service", page.segment("service")]);
        // No page needs a password of here, so none travels.
        let route = format!("{route}?include_secrets=false");
        let answer: ServiceAnswer = page.api.get(&route).await?;
        Ok(answer.service)
    }

    pub(super) fn name(&self) -> &str {
        &self.summary.service_name
    }

    /// Whether a component is open on links.
    pub(super) fn is_open(&self, component: &str) -> bool {
        is_switched_on(&self.user_config, component)
    }

    /// What was registered, each component once, the main one first.
    pub(super) fn component_names(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let listeners = self.underpass.components.iter();
        let names = listeners.map(|listener| listener.component.as_str());
        names.filter(|name| seen.insert(*name)).collect()
    }

    /// The listeners of a component.
    pub(super) fn listeners<'a>(
        &'a self,
        component: &'a str,
    ) -> impl Iterator<Item = &'a Listener> {
        let listeners = self.underpass.components.iter();
        listeners.filter(move |listener| listener.component == component)
    }
}

impl Listener {
    /// Whether it has a use for a certificate.
    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.unwrap_or(true)
    }

    /// Who signed its certificate.
    pub(super) fn ca(&self) -> &str {
        self.kafka_ssl_ca.as_deref().unwrap_or(PROJECT_CA)
    }

    /// Whether it is open on links with these options: its component's switch is on, and, with a
    /// certificate of another CA, the option that opens such listeners, too.
    pub(super) fn is_open(&self, config: &Map<String, Value>) -> bool {
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

impl Way {
    /// Who signed the certificate there, where it is not what clients take for granted.
    pub(super) fn other_ca(&self) -> Option<&str> {
        self.kafka_ssl_ca.as_deref().filter(|ca| *ca != PROJECT_CA)
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.ssl.unwrap_or(true)
    }
}
