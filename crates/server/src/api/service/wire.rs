//! What clients send about services.

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

/// A service to register; `service_integrations`, `disk_space_mb` and other members of the
/// compatible API that mean nothing here are ignored.
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
}

/// A change of a service; what is absent stays.
#[derive(Deserialize)]
pub(super) struct UpdateBody {
    pub(super) plan: Option<String>,
    pub(super) cloud: Option<String>,
    /// `null` takes the service out of its project VPC.
    #[serde(default)]
    pub(super) project_vpc_id: Edit<String>,
    pub(super) user_config: Option<Map<String, Value>>,
    pub(super) termination_protection: Option<bool>,
    pub(super) powered: Option<bool>,
    pub(super) maintenance: Option<MaintenanceBody>,
    pub(super) underpass: Option<Registration>,
}

/// What a change says about one member.
#[derive(Default)]
pub(super) enum Edit<T> {
    /// Absent: it stays.
    #[default]
    Keep,
    /// `null`: it goes.
    Clear,
    /// It is to be this.
    Set(T),
}

// Called only for members that are there; `default` makes the others `Keep`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// The weekly window.
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

/// Where a service runs and how to log in; each member that is there replaces what was.
///
/// This object is ours alone, so a member it does not know is an error, not a leftover.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    pub(super) nodes: Option<Vec<NodeBody>>,
    /// The nodes that `nodes` was made from; if they are no longer so, nothing is changed.
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
    /// As `port` when absent.
    link_port: Option<u16>,
    usage: Option<Usage>,
    kafka_authentication_method: Option<KafkaAuthentication>,
    /// The service's CA when absent.
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

/// A login to register.
#[derive(Deserialize)]
pub(super) struct NewUserBody {
    pub(super) username: String,
    /// Ours: absent means that one is drawn.
    pub(super) password: Option<Secret>,
}

/// What to do with a login.
#[derive(Deserialize)]
pub(super) struct UserChangeBody {
    pub(super) operation: Option<String>,
    pub(super) new_password: Option<Secret>,
}

/// Free words of the owner.
#[derive(Deserialize)]
pub(super) struct TagsBody {
    pub(super) tags: BTreeMap<String, String>,
}

/// A change of them; `null` removes one.
#[derive(Deserialize)]
pub(super) struct TagsChangeBody {
    pub(super) tags: BTreeMap<String, Option<String>>,
}
