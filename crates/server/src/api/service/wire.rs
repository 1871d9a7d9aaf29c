//! Requests about services.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use underpass_model::credentials::{Secret, ServiceUser};
use underpass_model::name::NodeName;
use underpass_model::refusal::Refusal;
use underpass_model::service::{
    Component, KafkaAuthentication, KafkaSslCa, Maintenance, Node, NodeHandle, RouteAddress, Tls,
    Usage,
};

use crate::api::other_members::OtherMembers;

/// Registration of a service. `service_integrations`, `disk_space_mb` and other members of the
/// compatible API without meaning here are ignored.
#[derive(Deserialize)]
pub(super) struct CreateBody {
    pub(super) service_name: String,
    pub(super) service_type: String,
    pub(super) plan: Option<String>,
    pub(super) cloud: Option<String>,
    pub(super) project_vpc_id: Option<String>,
    pub(super) user_config: Option<Map<String, Value>>,
    pub(super) termination_protection: Option<bool>,
    pub(super) static_ips: Option<Vec<String>>,
    pub(super) maintenance: Option<MaintenanceBody>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    pub(super) underpass: Option<Registration>,
    #[serde(flatten)]
    pub(super) others: OtherMembers,
}

/// Change of a service; omitted members stay.
#[derive(Deserialize)]
pub(super) struct UpdateBody {
    pub(super) plan: Option<String>,
    pub(super) cloud: Option<String>,
    /// `null` removes the service from its project VPC.
    #[serde(default)]
    pub(super) project_vpc_id: Edit<String>,
    pub(super) user_config: Option<Map<String, Value>>,
    pub(super) termination_protection: Option<bool>,
    pub(super) powered: Option<bool>,
    pub(super) maintenance: Option<MaintenanceBody>,
    pub(super) underpass: Option<Registration>,
    #[serde(flatten)]
    pub(super) others: OtherMembers,
}

/// Members of [`Registration`] that are refused beside it. Those that compatible answers contain too
/// are ignored.
pub(super) const OWN_MEMBERS: [&str; 3] = ["nodes", "nodes_were", "ca_pem"];

/// Change of one member.
#[derive(Default)]
pub(super) enum Edit<T> {
    /// Omitted: the member stays.
    #[default]
    Keep,
    /// `null`: the member is removed.
    Clear,
    /// New value.
    Set(T),
}

// Called only for present members; `default` makes the others `Keep`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// Weekly maintenance window.
#[derive(Deserialize)]
pub(super) struct MaintenanceBody {
    dow: Option<String>,
    time: Option<String>,
}

impl MaintenanceBody {
    pub(super) fn apply(&self, window: &Maintenance) -> Result<Maintenance, Refusal> {
        window.with(self.dow.as_deref(), self.time.as_deref())
    }
}

/// Registration data; each present member replaces the stored one.
///
/// This object belongs to Underpass only, so unknown members are errors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    pub(super) nodes: Option<Vec<NodeBody>>,
    /// Nodes on which `nodes` is based; if they changed since, the request is refused.
    pub(super) nodes_were: Option<Vec<NodeBody>>,
    pub(super) components: Option<Vec<ComponentBody>>,
    pub(super) users: Option<Vec<UserBody>>,
    #[serde(default)]
    pub(super) ca_pem: Edit<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeBody {
    name: NodeName,
    address: IpAddr,
    cloud: Option<NodeHandle>,
    public_address: Option<RouteAddress>,
    private_address: Option<RouteAddress>,
}

impl From<NodeBody> for Node {
    fn from(body: NodeBody) -> Self {
        Self {
            name: body.name,
            address: body.address,
            cloud: body.cloud,
            public_address: body.public_address,
            private_address: body.private_address,
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentBody {
    component: String,
    port: u16,
    /// Equals `port` when omitted.
    link_port: Option<u16>,
    usage: Option<Usage>,
    kafka_authentication_method: Option<KafkaAuthentication>,
    /// The service's CA when omitted.
    #[serde(default)]
    kafka_ssl_ca: KafkaSslCa,
    #[serde(default)]
    tls: Tls,
}

impl From<ComponentBody> for Component {
    fn from(body: ComponentBody) -> Self {
        Self {
            component: body.component,
            port: body.port,
            link_port: body.link_port.unwrap_or(body.port),
            usage: body.usage.unwrap_or_default(),
            kafka_authentication_method: body.kafka_authentication_method,
            kafka_ssl_ca: body.kafka_ssl_ca,
            tls: body.tls,
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserBody {
    username: String,
    password: Option<Secret>,
    access_cert: Option<String>,
    access_key: Option<Secret>,
}

impl From<UserBody> for ServiceUser {
    fn from(body: UserBody) -> Self {
        let UserBody {
            username,
            password,
            access_cert,
            access_key,
        } = body;
        Self {
            username,
            password,
            access_cert,
            access_key,
        }
    }
}

/// Login to register.
#[derive(Deserialize)]
pub(super) struct NewUserBody {
    pub(super) username: String,
    /// Ours: drawn when omitted.
    pub(super) password: Option<Secret>,
}

/// Operation on a login.
#[derive(Deserialize)]
pub(super) struct UserChangeBody {
    pub(super) operation: Option<String>,
    pub(super) new_password: Option<Secret>,
}
