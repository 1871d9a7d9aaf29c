//! Services: existing servers with nodes, and components on ports.

pub(crate) mod component;
mod handle;
mod maintenance;
mod node;
mod route_address;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::component::KAFKA;
pub use self::component::{
    Component, KafkaAuthentication, KafkaSslCa, Tls, Usage, check_components, check_link_ports,
};
pub use self::handle::NodeHandle;
pub use self::maintenance::Maintenance;
pub use self::node::{MAX_NODES, Node, NodePolicy, check_not_ours};
use self::node::{check_handles, check_nodes};
pub use self::route_address::RouteAddress;
use crate::cloud::CloudName;
use crate::cloud_resource::CloudResource;
use crate::id::ProjectVpcId;
use crate::name::{HostLabel, ProjectName, ServiceName};
use crate::part::Rule;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::service_certificate::ServiceCertificate;
use crate::service_type::{self, ServiceTypeFacts};
use crate::vpc::VpcResident;

/// A registered service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The project.
    pub project: ProjectName,
    /// Its name, unique in the project.
    pub name: ServiceName,
    /// The label of its host names, unique in the installation.
    pub host_label: HostLabel,
    /// The name of a type in [`service_type::SERVICE_TYPES`].
    pub service_type: String,
    /// The plan, stored as given.
    pub plan: String,
    /// The cloud and region.
    pub cloud: CloudName,
    /// The network of its nodes.
    pub project_vpc_id: Option<ProjectVpcId>,
    /// Options, checked against the type's schema.
    pub user_config: Map<String, Value>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The components, main component first.
    pub components: Vec<Component>,
    /// The CA that signs its certificates, if not the project's.
    pub ca_pem: Option<String>,
    /// Tags set by the owner.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Refuses deletion while set.
    pub termination_protection: bool,
    /// The power state, which is only shown: Underpass stops no server.
    pub powered: bool,
    /// The maintenance window, stored for clients.
    pub maintenance: Maintenance,
    /// The certificate that was last issued for its servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<ServiceCertificate>,
    /// The time of registration.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// The option that shows listeners with a Let's Encrypt certificate on all routes except
/// privatelink.
const LETSENCRYPT: &str = "letsencrypt_sasl";

/// The option that opens them on private links.
const LETSENCRYPT_ON_LINKS: &str = "letsencrypt_sasl_privatelink";

impl Service {
    /// The facts of its type.
    pub fn facts(&self) -> Option<&'static ServiceTypeFacts> {
        service_type::find(&self.service_type)
    }

    /// The state, in the terms of the compatible API.
    pub const fn state(&self) -> &'static str {
        if self.powered { "RUNNING" } else { "POWEROFF" }
    }

    /// Reports whether the service uses its static IPs.
    pub fn uses_static_ips(&self) -> bool {
        self.user_config
            .get("static_ips")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Returns the ports of components that are open on the link.
    pub fn open_rules(&self) -> BTreeSet<Rule> {
        self.components
            .iter()
            .filter(|component| self.offers(component, Route::Privatelink))
            .map(|component| Rule {
                name: component.rule_name(),
                link_port: component.link_port,
                backend_port: component.port,
                node: None,
            })
            .collect()
    }

    /// Returns the listeners whose clients dial each node individually: those of Kafka brokers.
    pub fn broker_listeners(&self) -> impl Iterator<Item = &Component> {
        let brokers = self.service_type == KAFKA;
        let listens = move |component: &&Component| brokers && component.component == KAFKA;
        self.components.iter().filter(listens)
    }

    /// Reports whether broker listeners are open on private links.
    pub fn opens_brokers(&self) -> bool {
        self.broker_listeners()
            .any(|listener| self.offers(listener, Route::Privatelink))
    }

    /// Reports whether a link of the service would have the same parts as one of `other`.
    pub fn is_published_like(&self, other: &Service) -> bool {
        let machines = |service: &Service| -> Vec<_> {
            // Only broker entries depend on the node's name.
            let is_named = service.broker_listeners().next().is_some();
            let nodes = service.nodes.iter();
            nodes
                .map(|node| (is_named.then(|| node.name.clone()), node.cloud.clone()))
                .collect()
        };
        self.open_rules() == other.open_rules() && machines(self) == machines(other)
    }

    /// The cloud resources of its nodes, which belong to its project.
    pub fn cloud_resources(&self) -> BTreeSet<CloudResource> {
        let handles = self.nodes.iter().filter_map(|node| node.cloud.as_ref());
        handles.map(NodeHandle::resource).collect()
    }

    /// Refuses to replace nodes that changed since the caller read them: a list replaces the whole,
    /// so the other change would be lost.
    ///
    /// # Errors
    /// * `nodes_changed`: the nodes are not `were`.
    pub fn check_nodes_were(&self, were: &[Node]) -> Result<(), Refusal> {
        if self.nodes == were {
            return Ok(());
        }
        Err(Refusal::conflict(
            "nodes_changed",
            format!(
                "The nodes of service `{}` changed since they were read, and the new list would \
                 undo that change. Read the service again and repeat the change",
                self.name
            ),
        ))
    }

    /// Completes a new list of nodes: a node with unchanged name and address and without a cloud
    /// resource ID keeps its ID. Otherwise a client that adds a node would remove the others from
    /// the link.
    pub fn lend_handles(&self, nodes: &mut [Node]) {
        for node in nodes.iter_mut().filter(|node| node.cloud.is_none()) {
            let same = |known: &&Node| known.name == node.name && known.address == node.address;
            if let Some(known) = self.nodes.iter().find(same) {
                node.cloud.clone_from(&known.cloud);
            }
        }
    }

    /// Reports whether the options offer a listener on a route.
    pub fn offers(&self, component: &Component, route: Route) -> bool {
        let on_links = route == Route::Privatelink;
        let signed = match component.kafka_ssl_ca {
            KafkaSslCa::ProjectCa => true,
            KafkaSslCa::Letsencrypt if on_links => self.is_set(LETSENCRYPT_ON_LINKS),
            KafkaSslCa::Letsencrypt => self.is_set(LETSENCRYPT),
        };
        let switched = route
            .access_option()
            .is_none_or(|group| self.is_on(group, &component.component));
        signed && switched
    }

    /// The first node's address on the public or the private route, if registered.
    pub fn address_on(&self, route: Route) -> Option<&RouteAddress> {
        self.nodes.first()?.address_on(route)
    }

    /// Refuses options about a listener that is not registered.
    ///
    /// # Errors
    /// * `letsencrypt_listener_missing`: a Let's Encrypt option is on without such a listener.
    pub fn check_options(&self) -> Result<(), Refusal> {
        let mut components = self.components.iter();
        if components.any(|component| !component.kafka_ssl_ca.is_project_ca()) {
            return Ok(());
        }
        let options = [LETSENCRYPT_ON_LINKS, LETSENCRYPT];
        let Some(option) = options.into_iter().find(|option| self.is_set(option)) else {
            return Ok(());
        };
        Err(Refusal::conflict(
            "letsencrypt_listener_missing",
            format!(
                "Option `{option}` of service `{0}` needs a listener with a Let's Encrypt \
                 certificate. Underpass runs no brokers and requests no certificates. Register the \
                 listener, `--component kafka=PORT,auth=sasl,ssl_ca=letsencrypt`, before or \
                 together with the option, or leave the option off",
                self.name
            ),
        ))
    }

    fn is_set(&self, option: &str) -> bool {
        let value = self.user_config.get(option);
        value.and_then(Value::as_bool).unwrap_or(false)
    }

    fn is_on(&self, group: &str, component: &str) -> bool {
        let group = self.user_config.get(group);
        let value = group.and_then(|group| group.get(component));
        value.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Checks the cloud, the nodes and the components of a registration.
    ///
    /// # Errors
    /// * `too_many_nodes`, `node_twice`, `node_ipv6`, `node_address`, `node_not_local`,
    ///   `node_outside_vpc`: a node breaks the rule of that name.
    /// * `node_handle_cloud`, `node_handle`, `node_handle_region`, `node_handle_twice`: a cloud
    ///   resource ID of a node is not usable.
    /// * The codes of [`check_components`] and [`check_link_ports`].
    pub fn check_registration(
        facts: &ServiceTypeFacts,
        cloud: &CloudName,
        nodes: &[Node],
        components: &[Component],
        policy: &NodePolicy,
        vpc: Option<Ipv4Net>,
    ) -> Result<(), Refusal> {
        check_nodes(nodes, policy, vpc)?;
        check_handles(nodes, cloud)?;
        check_components(facts, components)?;
        check_link_ports(cloud.provider(), components)
    }
}

impl VpcResident for Service {
    fn project_vpc_id(&self) -> Option<ProjectVpcId> {
        self.project_vpc_id
    }

    fn describe(&self) -> String {
        format!("service `{}`", self.name)
    }
}

/// Refuses text that is not a certificate in PEM.
///
/// # Errors
/// * `ca_pem`: the text is not a certificate.
pub fn check_ca(pem: &str) -> Result<(), Refusal> {
    let text = pem.trim();
    let framed = text.starts_with("-----BEGIN CERTIFICATE-----")
        && text.ends_with("-----END CERTIFICATE-----");
    if framed && !text.contains("PRIVATE KEY") {
        return Ok(());
    }
    Err(Refusal::invalid(
        "ca_pem",
        "`ca_pem` must be one or more certificates in PEM, from `-----BEGIN CERTIFICATE-----` to \
         `-----END CERTIFICATE-----`, and nothing else",
    ))
}

/// The refusal for a service that does not exist. Its wording is part of the contract: the Go
/// clients wait for a new service if, and only if, a 404 has this text.
pub fn service_not_found(name: &ServiceName) -> Refusal {
    Refusal::not_found(
        "service_not_found",
        format!("Service {name} does not exist"),
    )
}

#[cfg(test)]
mod tests;
