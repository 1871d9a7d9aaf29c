//! A provider with its services, a cloud, and consumers who come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use underpass_clouds::{Cloud as Driver, Depth};
use underpass_model::connection::Connection;
use underpass_model::id::{Generation, ProjectVpcId};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, HostLabel, ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::project::{Feature, Project};
use underpass_model::service::{Component, Service, Usage};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_model::zone::Zone;
use underpass_server::accounts::{Account, Accounts};
use underpass_server::ids::Ids;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_server::reconcile::{Engine, LEASE, PassOutcome, reconcile_pass, sweep_all};
use underpass_store::{Change, Key, Kind, Lookup, Memory, Store as _, StoredDocument, Versioned};

use crate::cloud::{Cloud, CloudCaller, CloudRequest, Timing};
use crate::environment::{Environment, SharedEnvironment, VirtualClock};
use crate::executor::run;
use crate::store::MortalStore;
use crate::transport::FaultyTransport;

/// A planted mistake: a driver that does something else than it was told.
pub(crate) type Wrap = fn(Arc<dyn Driver>) -> Arc<dyn Driver>;

/// What is planted, if anything.
#[derive(Clone, Copy, Default)]
pub(crate) struct Planted {
    pub(crate) driver: Option<Wrap>,
    pub(crate) store: Option<fn(&mut Change)>,
    /// What becomes of a body on its way out, by the path it is sent to.
    pub(crate) wire: Option<fn(&str, &mut Value)>,
}

/// How a turn went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Ended(PassOutcome),
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
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) environment: SharedEnvironment,
    pub(crate) memory: Arc<Memory>,
    pub(crate) engine: Engine,
    pub(crate) planted: Planted,
    served: Arc<Served>,
    ids: Arc<Ids>,
    /// The service that everyone means for now.
    pub(crate) service: ServiceName,
    /// Connections that were ever approved, as [`crate::invariants::CloudInvariants::connection_key`] has them.
    pub(crate) approved: BTreeSet<String>,
    pub(crate) endpoints: u32,
    /// Newest generation seen of each wish.
    pub(crate) generations: BTreeMap<String, Generation>,
    /// What each thing that may never be replaced was, by its name.
    pub(crate) irreplaceable: BTreeMap<String, String>,
    /// What belongs to somebody else, as it was at first.
    pub(crate) unrelated_resources: BTreeMap<String, Value>,
    /// What strangers did and nobody has put right yet.
    pub(crate) out_of_band_changes: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(
        cloud: &'static dyn Cloud,
        seed: u64,
        timing: Timing,
        planted: Planted,
    ) -> Self {
        let environment = Arc::new(Mutex::new(Environment::new(seed, cloud.model(timing))));
        let memory = Arc::new(Memory::new());
        let ids = Arc::new(Ids::from_seed(seed));
        let served = Arc::new(Served::default());
        let engine = engine(cloud, &environment, &memory, &ids, &served, planted);
        let mut world = Self {
            cloud,
            environment,
            memory,
            engine,
            planted,
            served,
            ids,
            service: cloud.services()[0].parse().unwrap(),
            approved: BTreeSet::new(),
            endpoints: 0,
            generations: BTreeMap::new(),
            irreplaceable: BTreeMap::new(),
            unrelated_resources: BTreeMap::new(),
            out_of_band_changes: BTreeSet::new(),
        };
        for path in cloud.create_initial_resources(&mut world) {
            let (_, document) = world.provider("GET", &path, None);
            world.unrelated_resources.insert(path, document);
        }
        world.register();
        world
    }

    /// Kills the process and starts another on what it left behind.
    pub(crate) fn restart(&mut self) {
        self.engine = engine(
            self.cloud,
            &self.environment,
            &self.memory,
            &self.ids,
            &self.served,
            self.planted,
        );
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
        let vpc = ProjectVpc {
            id: vpc_id(),
            project: project.name.clone(),
            cloud: self.cloud.region().parse().unwrap(),
            cidr: "10.9.0.0/24".parse().unwrap(),
            account: Some(account()),
            place: self.cloud.vpc_network(),
            byoc: false,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        };
        let mut change = Change::new()
            .insert(Key::project(&project.name), &project)
            .and_then(|change| change.insert(Key::vpc(&project.name, vpc.id), &vpc))
            .unwrap();
        for name in self.cloud.services() {
            self.turn_to(name);
            change = change
                .insert(self.service_key(), &self.new_service(now))
                .unwrap();
        }
        self.turn_to(self.cloud.services()[0]);
        if self.cloud.builds_network() {
            change = change.enqueue(Enqueue {
                key: WorkKey::Vpc(project.name.clone(), vpc.id),
                due_at: now,
                generation: vpc.generation,
                priority: Priority::User,
            });
        }
        run(self.memory.commit(change)).unwrap().unwrap();
    }

    fn new_service(&self, now: jiff::Timestamp) -> Service {
        let component = |component: &str, port| Component {
            component: component.to_owned(),
            port,
            link_port: port,
            usage: Usage::Primary,
            kafka_authentication_method: None,
            kafka_ssl_ca: underpass_model::service::KafkaSslCa::ProjectCa,
            tls: underpass_model::service::Tls::On,
        };
        let nodes = self.cloud.node_sets().last().unwrap();
        Service {
            project: project(),
            host_label: HostLabel::new(&self.service, &project()).unwrap(),
            name: self.service.clone(),
            service_type: "pg".to_owned(),
            plan: "startup-4".to_owned(),
            cloud: self.cloud.region().parse().unwrap(),
            project_vpc_id: Some(vpc_id()),
            user_config: json!({"static_ips": true}).as_object().unwrap().clone(),
            nodes: nodes.iter().map(|name| self.cloud.node(name)).collect(),
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

    /// Makes everyone mean this service from now on.
    pub(crate) fn turn_to(&mut self, service: &str) {
        self.service = service.parse().unwrap();
    }

    /// Does something for each service.
    pub(crate) fn for_each_service(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        let before = self.service.clone();
        let told = self.cloud.services().iter().try_for_each(|name| {
            self.turn_to(name);
            each(self).map_err(|broken| format!("{name}: {broken}"))
        });
        self.service = before;
        told
    }
}

// === the cloud, asked by people ===

impl World {
    pub(crate) fn provider(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.send(CloudCaller::Provider, method, path, body)
    }

    pub(crate) fn consumer(
        &mut self,
        consumer: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.send(
            CloudCaller::Consumer(consumer.to_owned()),
            method,
            path,
            body,
        )
    }

    fn send(
        &mut self,
        caller: CloudCaller,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let request = CloudRequest {
            caller,
            method: method.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            if_match: None,
            body,
        };
        let answer = self.environment.lock().unwrap().send(&request);
        (answer.status, answer.body.unwrap_or(Value::Null))
    }

    pub(crate) fn settle_cloud(&mut self) {
        self.environment
            .lock()
            .unwrap()
            .advance(jiff::SignedDuration::from_secs(120));
    }
}

// === the process ===

impl World {
    /// Claims one due wish and gives it its turn; `None`: nothing was due.
    pub(crate) fn take_turn(&mut self) -> Option<Taken> {
        let now = self.engine.clock.now();
        let lease_until = now.checked_add(LEASE).unwrap();
        let claims = run(self.memory.claim("sim", now, lease_until, 1))
            .unwrap()
            .unwrap();
        let claim = claims.into_iter().next()?;
        let engine = self.engine.clone();
        let end = run(reconcile_pass(&engine, &claim, lease_until));
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

    /// Commits what a person asked for, as the API does.
    pub(crate) fn commit(&mut self, change: Change, generation: Generation) {
        let change = change.enqueue(Enqueue {
            key: self.work_key(),
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

    pub(crate) fn zone(&self) -> Zone {
        self.served.0.lock().unwrap().clone().unwrap()
    }

    pub(crate) fn note(&self, line: impl Into<String>) {
        self.environment.lock().unwrap().note(line.into());
    }
}

// === the rows ===

impl World {
    pub(crate) fn link(&self) -> Option<Versioned<Link>> {
        self.one(&self.link_key())
    }

    pub(crate) fn service(&self) -> Versioned<Service> {
        self.one(&self.service_key()).unwrap()
    }

    pub(crate) fn observed(&self) -> Observed {
        let key = Key::observed(&self.work_key());
        self.one::<Observed>(&key)
            .map(|row| row.value)
            .unwrap_or_default()
    }

    pub(crate) fn connections(&self) -> Vec<Versioned<Connection>> {
        self.all(Kind::Connection, self.link_key())
    }

    pub(crate) fn one<N: StoredDocument>(&self, key: &Key) -> Option<Versioned<N>> {
        let lookup = Lookup::One(N::KIND, key.clone());
        run(self.memory.fetch(&[lookup]))
            .unwrap()
            .unwrap()
            .one(key)
            .unwrap()
    }

    pub(crate) fn all<N: StoredDocument>(&self, kind: Kind, above: Key) -> Vec<Versioned<N>> {
        let lookup = Lookup::Under(kind, above);
        run(self.memory.fetch(&[lookup]))
            .unwrap()
            .unwrap()
            .all()
            .unwrap()
    }

    pub(crate) fn service_key(&self) -> Key {
        Key::service(&project(), &self.service)
    }

    pub(crate) fn link_key(&self) -> Key {
        Key::link(&project(), &self.service, self.cloud.provider())
    }

    pub(crate) fn work_key(&self) -> WorkKey {
        WorkKey::Link(project(), self.service.clone(), self.cloud.provider())
    }

    /// What the link is called in the cloud.
    pub(crate) fn published_name(&self) -> Option<String> {
        let link = self.link()?;
        Some(format!("up-{}", link.value.id))
    }
}

fn engine(
    cloud: &'static dyn Cloud,
    environment: &SharedEnvironment,
    memory: &Arc<Memory>,
    ids: &Arc<Ids>,
    served: &Arc<Served>,
    planted: Planted,
) -> Engine {
    let store = Arc::new(MortalStore {
        memory: Arc::clone(memory),
        environment: environment.clone(),
        alter: planted.store,
    });
    let sink: Arc<dyn ZoneSink> = served.clone();
    let memory: Arc<dyn underpass_store::Store> = memory.clone();
    let publisher = Arc::new(Publisher::new(memory, sink, "sim.test", 1));
    run(publisher.refresh()).unwrap().unwrap();
    let with = |competing_worker: Option<Engine>| {
        let wire = FaultyTransport {
            cloud,
            environment: environment.clone(),
            garble: planted.wire,
            competing_worker,
        };
        let mut driver = cloud.driver(Arc::new(wire));
        if let Some(wrap) = planted.driver {
            driver = wrap(driver);
        }
        let served = Account {
            provider: cloud.provider(),
            regions: Vec::new(),
            label: cloud.name().to_owned(),
            cloud: driver,
        };
        Engine {
            store: store.clone(),
            accounts: Accounts::new(BTreeMap::from([(account(), served)])),
            clock: Arc::new(VirtualClock(environment.clone())),
            ids: Arc::clone(ids),
            publisher: Arc::clone(&publisher),
        }
    };
    with(Some(with(None)))
}

pub(crate) fn project() -> ProjectName {
    "demo".parse().unwrap()
}

pub(crate) fn account() -> AccountName {
    "cloud".parse().unwrap()
}

pub(crate) fn vpc_id() -> ProjectVpcId {
    "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap()
}
