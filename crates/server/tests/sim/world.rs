//! A provider with one service, a cloud, and consumers who come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use underpass_clouds::azure::{Azure as Driver, Options};
use underpass_clouds::{Cloud, Depth};
use underpass_emulators::azure::model::{Caller, HostMapping};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::credentials::Secret;
use underpass_model::id::{Generation, ProjectVpcId};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, HostLabel, ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::project::{Feature, Project};
use underpass_model::service::{Component, Node, NodeHandle, Service, Usage};
use underpass_model::vpc::{AdoptedAzure, ProjectVpc, VpcPlace};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_model::zone::Zone;
use underpass_server::accounts::{Account, Accounts};
use underpass_server::ids::Ids;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_server::reconcile::{Engine, LEASE, Turn, sweep_all, turn};
use underpass_store::{Change, Key, Kind, Lookup, Memory, Store as _, Versioned};

use crate::cloud::{BASE, CLIENT, SUBSCRIPTION, SharedSky, Sky, SkyClock, TENANT, Wire};
use crate::executor::run;
use crate::store::MortalStore;

pub(crate) const GROUP: &str = "provider";
pub(crate) const NODES: [&str; 2] = ["nic-a", "nic-b"];
pub(crate) const ALLOWED: [&str; 2] = [
    "bbbbbbbb-0000-4000-8000-000000000001",
    "bbbbbbbb-0000-4000-8000-000000000002",
];
pub(crate) const FOREIGN: &str = "cccccccc-0000-4000-8000-000000000001";

/// A planted mistake: a driver that does something else than it was told.
pub(crate) type Wrap = fn(Arc<dyn Cloud>) -> Arc<dyn Cloud>;

/// What is planted, if anything.
#[derive(Clone, Copy, Default)]
pub(crate) struct Planted {
    pub(crate) driver: Option<Wrap>,
    pub(crate) store: Option<fn(&mut Change)>,
}

/// How a turn went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Ended(Turn),
    /// The process died in the middle.
    Died,
}

/// The zone as served.
#[derive(Default)]
struct Served(Mutex<Option<Zone>>);

impl ZoneSink for Served {
    fn publish(&self, zone: Zone) {
        *self.0.lock().unwrap() = Some(zone);
    }
}

pub(crate) struct World {
    pub(crate) sky: SharedSky,
    pub(crate) memory: Arc<Memory>,
    pub(crate) engine: Engine,
    pub(crate) planted: Planted,
    served: Arc<Served>,
    ids: Arc<Ids>,
    /// Names of connections that were ever approved, here or behind our back.
    pub(crate) approved: BTreeSet<String>,
    pub(crate) endpoints: u32,
    /// Newest generation seen of each wish.
    pub(crate) generations: BTreeMap<String, Generation>,
    /// The alias each life of the link was published under.
    pub(crate) aliases: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(seed: u64, operation_delay: Duration, planted: Planted) -> Self {
        let sky = Arc::new(Mutex::new(Sky::new(seed, operation_delay)));
        let memory = Arc::new(Memory::new());
        let ids = Arc::new(Ids::from_seed(seed));
        let served = Arc::new(Served::default());
        let engine = engine(&sky, &memory, &ids, &served, planted);
        let mut world = Self {
            sky,
            memory,
            engine,
            planted,
            served,
            ids,
            approved: BTreeSet::new(),
            endpoints: 0,
            generations: BTreeMap::new(),
            aliases: BTreeMap::new(),
        };
        world.lay_out_the_cloud();
        world.register();
        world
    }

    /// Kills the process and starts another on what it left behind.
    pub(crate) fn restart(&mut self) {
        self.engine = engine(
            &self.sky,
            &self.memory,
            &self.ids,
            &self.served,
            self.planted,
        );
    }

    fn lay_out_the_cloud(&mut self) {
        let network = |range: &str, subnets: Value| {
            json!({"location": "westeurope", "properties": {
                "addressSpace": {"addressPrefixes": [range]}, "subnets": subnets}})
        };
        let place = json!({"location": "westeurope"});
        self.provider("PUT", &group(SUBSCRIPTION, GROUP), Some(place.clone()));
        let subnets = json!([
            {"name": "nodes", "properties": {"addressPrefix": "10.9.0.0/25"}},
            {"name": "nat", "properties": {"addressPrefix": "10.9.0.128/25",
                "privateLinkServiceNetworkPolicies": "Disabled"}},
        ]);
        let vnet = format!("{}/virtualNetworks/vnet", provider_base());
        self.provider("PUT", &vnet, Some(network("10.9.0.0/24", subnets)));
        self.settle_cloud();
        for (nic, host) in NODES.iter().zip(["127.0.0.1", "127.0.0.2"]) {
            let body = json!({"location": "westeurope", "properties": {"ipConfigurations": [
                {"name": "primary", "properties": {"primary": true,
                    "subnet": {"id": format!("{vnet}/subnets/nodes")}}}]}});
            self.provider("PUT", &nic_id(nic), Some(body));
            let host = host.parse().unwrap();
            self.sky.lock().unwrap().azure.map_host(HostMapping {
                nic: nic_id(nic),
                host,
            });
        }
        // Somebody else's balancer, without our mark: it must never change.
        let bystander = format!("{}/loadBalancers/bystander", provider_base());
        let body = json!({"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}});
        self.provider("PUT", &bystander, Some(body));
        for subscription in ALLOWED.iter().chain([&FOREIGN]) {
            self.consumer(
                subscription,
                "PUT",
                &group(subscription, "app"),
                Some(place.clone()),
            );
            let subnets =
                json!([{"name": "default", "properties": {"addressPrefix": "127.64.0.0/24"}}]);
            let vnet = format!("{}/virtualNetworks/vnet", consumer_base(subscription));
            self.consumer(
                subscription,
                "PUT",
                &vnet,
                Some(network("127.64.0.0/16", subnets)),
            );
        }
        self.settle_cloud();
    }

    fn register(&mut self) {
        let now = self.engine.clock.now();
        let project = Project {
            name: project(),
            ca_pem: String::new(),
            features: Feature::ALL.into_iter().collect(),
            external_approval: underpass_model::project::ExternalApproval::Reject,
            tags: BTreeMap::new(),
            created_at: now,
        };
        let vnet = format!("{}/virtualNetworks/vnet", provider_base());
        let vpc = ProjectVpc {
            id: vpc_id(),
            project: project.name.clone(),
            cloud: "azure-westeurope".parse().unwrap(),
            cidr: "10.9.0.0/24".parse().unwrap(),
            account: Some(account()),
            place: VpcPlace::Adopted(AdoptedAzure {
                resource_group: GROUP.to_owned(),
                node_subnet: format!("{vnet}/subnets/nodes"),
                nat_subnet: format!("{vnet}/subnets/nat"),
                vnet_id: vnet,
            }),
            byoc: false,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        };
        let change = Change::new()
            .insert(Key::project(&project.name), &project)
            .and_then(|change| change.insert(Key::vpc(&project.name, vpc.id), &vpc))
            .and_then(|change| change.insert(service_key(), &service(now)))
            .unwrap();
        run(self.memory.commit(change)).unwrap().unwrap();
    }

    pub(crate) fn provider(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.ask(TENANT, CLIENT, method, path, body)
    }

    pub(crate) fn consumer(
        &mut self,
        subscription: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.ask(
            &subscription.replace("-4000-", "-4111-"),
            "consumer",
            method,
            path,
            body,
        )
    }

    fn ask(
        &mut self,
        tenant: &str,
        client: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let caller = Caller {
            tenant: tenant.to_owned(),
            client: client.to_owned(),
        };
        let version = vec![("api-version".to_owned(), "2024-05-01".to_owned())];
        let reply = self
            .sky
            .lock()
            .unwrap()
            .ask(&caller, method, path, body, None, version);
        (reply.status, reply.body.unwrap_or(Value::Null))
    }

    pub(crate) fn settle_cloud(&mut self) {
        self.sky
            .lock()
            .unwrap()
            .pass(jiff::SignedDuration::from_secs(120));
    }

    /// Claims one due wish and gives it its turn; `None`: nothing was due.
    pub(crate) fn take_turn(&mut self) -> Option<Taken> {
        let now = self.engine.clock.now();
        let lease_until = now.checked_add(LEASE).unwrap();
        let claims = run(self.memory.claim("sim", now, lease_until, 1))
            .unwrap()
            .unwrap();
        let claim = claims.into_iter().next()?;
        let engine = self.engine.clone();
        let end = run(turn(&engine, &claim, lease_until));
        Some(match end {
            None => {
                self.restart();
                Taken::Died
            }
            Some(end) => Taken::Ended(end.expect("the memory store does not fail")),
        })
    }

    pub(crate) fn sweep(&mut self, depth: Depth) {
        let engine = self.engine.clone();
        match run(sweep_all(&engine, depth)) {
            Some(swept) => swept.expect("the memory store does not fail"),
            None => self.restart(),
        }
    }

    pub(crate) fn link(&self) -> Option<Versioned<Link>> {
        self.one(&link_key())
    }

    pub(crate) fn service(&self) -> Versioned<Service> {
        self.one(&service_key()).unwrap()
    }

    pub(crate) fn observed(&self) -> Observed {
        let key = Key::observed(&work_key());
        self.one::<Observed>(&key)
            .map(|row| row.value)
            .unwrap_or_default()
    }

    pub(crate) fn connections(&self) -> Vec<Versioned<Connection>> {
        let lookup = Lookup::Under(Kind::Connection, link_key());
        run(self.memory.fetch(&[lookup]))
            .unwrap()
            .unwrap()
            .all()
            .unwrap()
    }

    fn one<N: underpass_store::Noun>(&self, key: &Key) -> Option<Versioned<N>> {
        let lookup = Lookup::One(N::KIND, key.clone());
        run(self.memory.fetch(&[lookup]))
            .unwrap()
            .unwrap()
            .one(key)
            .unwrap()
    }

    pub(crate) fn zone(&self) -> Zone {
        self.served.0.lock().unwrap().clone().unwrap()
    }

    /// Commits what a person asked for, as the API does.
    pub(crate) fn commit(&mut self, change: Change, generation: Generation) {
        let change = change.enqueue(Enqueue {
            key: work_key(),
            due_at: self.engine.clock.now(),
            generation,
            priority: Priority::User,
        });
        run(self.memory.commit(change))
            .unwrap()
            .expect("nobody else writes in between");
        run(self.engine.publisher.refresh()).unwrap().unwrap();
    }

    pub(crate) fn new_link_id(&self) -> underpass_model::id::LinkId {
        self.ids.link()
    }

    pub(crate) fn note(&self, line: impl Into<String>) {
        self.sky.lock().unwrap().note(line.into());
    }
}

fn engine(
    sky: &SharedSky,
    memory: &Arc<Memory>,
    ids: &Arc<Ids>,
    served: &Arc<Served>,
    planted: Planted,
) -> Engine {
    let store = Arc::new(MortalStore {
        memory: Arc::clone(memory),
        sky: sky.clone(),
        alter: planted.store,
    });
    let sink: Arc<dyn ZoneSink> = served.clone();
    let memory: Arc<dyn underpass_store::Store> = memory.clone();
    let publisher = Arc::new(Publisher::new(memory, sink, "sim.test", 1));
    run(publisher.refresh()).unwrap().unwrap();
    let with = |rival: Option<Engine>| Engine {
        store: store.clone(),
        accounts: accounts(sky, planted, rival),
        clock: Arc::new(SkyClock(sky.clone())),
        ids: Arc::clone(ids),
        publisher: Arc::clone(&publisher),
    };
    with(Some(with(None)))
}

fn accounts(sky: &SharedSky, planted: Planted, rival: Option<Engine>) -> Accounts {
    let options = Options {
        base_url: BASE.to_owned(),
        authority: BASE.to_owned(),
        scope: None,
        tenant: TENANT.to_owned(),
        subscription: SUBSCRIPTION.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: Secret::new("secret".to_owned()),
        resource_group: GROUP.to_owned(),
    };
    let wire = Wire {
        sky: sky.clone(),
        rival,
    };
    let mut cloud: Arc<dyn Cloud> = Arc::new(Driver::new(options, Arc::new(wire)));
    if let Some(wrap) = planted.driver {
        cloud = wrap(cloud);
    }
    let azure = Account {
        provider: Provider::Azure,
        regions: Vec::new(),
        label: SUBSCRIPTION.to_owned(),
        cloud,
    };
    Accounts::new(BTreeMap::from([(account(), azure)]))
}

fn service(now: jiff::Timestamp) -> Service {
    let name: ServiceName = "pg-1".parse().unwrap();
    let component = |component: &str, port| Component {
        component: component.to_owned(),
        port,
        link_port: port,
        usage: Usage::Primary,
        kafka_authentication_method: None,
    };
    Service {
        project: project(),
        host_label: HostLabel::new(&name, &project()).unwrap(),
        name,
        service_type: "pg".to_owned(),
        plan: "startup-4".to_owned(),
        cloud: "azure-westeurope".parse().unwrap(),
        project_vpc_id: Some(vpc_id()),
        user_config: json!({"static_ips": true}).as_object().unwrap().clone(),
        nodes: NODES.iter().map(|nic| node(nic)).collect(),
        components: vec![component("pg", 5432), component("pgbouncer", 6432)],
        ca_pem: None,
        tags: BTreeMap::new(),
        termination_protection: false,
        powered: true,
        maintenance: underpass_model::service::Maintenance::default(),
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn node(nic: &str) -> Node {
    Node {
        name: nic.parse().unwrap(),
        address: "127.0.0.1".parse().unwrap(),
        cloud: Some(NodeHandle::Azure {
            nic_id: nic_id(nic),
            ip_configuration: None,
        }),
    }
}

pub(crate) fn project() -> ProjectName {
    "demo".parse().unwrap()
}

fn account() -> AccountName {
    "azure".parse().unwrap()
}

pub(crate) fn vpc_id() -> ProjectVpcId {
    "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap()
}

pub(crate) fn service_key() -> Key {
    Key::service(&project(), &"pg-1".parse().unwrap())
}

pub(crate) fn link_key() -> Key {
    Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure)
}

pub(crate) fn work_key() -> WorkKey {
    WorkKey::Link(project(), "pg-1".parse().unwrap(), Provider::Azure)
}

pub(crate) fn group(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

pub(crate) fn provider_base() -> String {
    format!("{}/providers/Microsoft.Network", group(SUBSCRIPTION, GROUP))
}

pub(crate) fn consumer_base(subscription: &str) -> String {
    format!("{}/providers/Microsoft.Network", group(subscription, "app"))
}

pub(crate) fn nic_id(nic: &str) -> String {
    format!("{}/networkInterfaces/{nic}", provider_base())
}
