//! Components of a service, as pages show them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use underpass_api_types::compatible_service::{CompatibleService, ServiceAddress};
use underpass_model::service::{Component, KafkaSslCa};

/// Components of a service.
pub(crate) trait ServiceComponents {
    /// Reports whether a component is open on links.
    fn is_open(&self, component: &str) -> bool;

    /// Names of the components, each once, the main one first.
    fn component_names(&self) -> Vec<&str>;

    /// The listeners of a component.
    fn listeners(&self, component: &str) -> impl Iterator<Item = &Component>;
}

impl ServiceComponents for CompatibleService {
    fn is_open(&self, component: &str) -> bool {
        is_switched_on(&self.user_config, component)
    }

    fn component_names(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let listeners = self.underpass.components.iter();
        let names = listeners.map(|listener| listener.component.as_str());
        names.filter(|name| seen.insert(*name)).collect()
    }

    fn listeners(&self, component: &str) -> impl Iterator<Item = &Component> {
        let listeners = self.underpass.components.iter();
        listeners.filter(move |listener| listener.component == component)
    }
}

/// Reports whether a listener is open on links with these options: the switch of its component is
/// on, and, with a certificate of another CA, also the option that opens such listeners.
pub(crate) fn is_listener_open(listener: &Component, config: &Map<String, Value>) -> bool {
    let is_set = |option: &str| config.get(option).and_then(Value::as_bool) == Some(true);
    let is_offered =
        listener.kafka_ssl_ca.is_project_ca() || is_set("letsencrypt_sasl_privatelink");
    is_offered && is_switched_on(config, &listener.component)
}

/// CA that signed the certificate at an address, if it is not the default one.
pub(crate) fn other_ca(address: &ServiceAddress) -> Option<&'static str> {
    let other = address.kafka_ssl_ca.filter(|ca| !ca.is_project_ca());
    other.map(KafkaSslCa::as_str)
}

fn is_switched_on(config: &Map<String, Value>, component: &str) -> bool {
    let access = config.get("privatelink_access");
    let open = access.and_then(|access| access.get(component));
    open.and_then(Value::as_bool).unwrap_or_default()
}
