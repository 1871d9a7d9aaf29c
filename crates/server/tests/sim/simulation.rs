//! State of one simulation: the process under test, its services, the cloud and the consumers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_clouds::Depth;
use underpass_model::connection::Connection;
use underpass_model::google::RejectList;
use underpass_model::id::{ConnectionId, Generation, ProjectVpcId};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, HostLabel, ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::project::{Feature, Project};
use underpass_model::reconcile::AbsenceRule;
use underpass_model::service::{Component, Service, Usage};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_model::zone::{Zone, ZoneChange};
use underpass_server::accounts::{Account, Accounts};
use underpass_server::ids::Ids;
use underpass_server::limits::CurrentLimits;
use underpass_server::proof_key::ProofKey;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_server::reconcile::{
    AccountShares, ComparedAccounts, Engine, LEASE, LinkIndex, PassOutcome, reconcile_pass,
    sweep_all,
};

use underpass_store::{
    Change, Key, Kind, Lookup, Memory, Room, Store as _, StoredDocument, Versioned,
};

use crate::cloud::{Cloud, CloudCaller, CloudRequest, Timing};
use crate::environment::{Environment, SharedEnvironment, VirtualClock};
use crate::executor::run;
use crate::injected_mistake::InjectedMistake;
use crate::store::CrashingStore;
use crate::transport::FaultyTransport;

/// The proof of absence: its window is longer than the clouds answer falsely.
const ABSENCE: AbsenceRule = AbsenceRule {
    window: SignedDuration::from_secs(60),
};

/// Outcome of a reconcile pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PassEnd {
    Completed(PassOutcome),
    /// The process crashed during the pass.
    Crashed,
}

/// Last published zone.
#[derive(Default)]
struct Served(Mutex<Option<Zone>>);

impl ZoneSink for Served {
    fn publish(&self, zone: Zone) {
        *self.0.lock().unwrap() = Some(zone);
    }

    fn change(&self, change: ZoneChange) {
        self.0.lock().unwrap().as_mut().unwrap().apply(change);
    }
}

pub(crate) struct Simulation {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) environment: SharedEnvironment,
    pub(crate) memory: Arc<Memory>,
    pub(crate) engine: Engine,
    pub(crate) mistake: InjectedMistake,
    served: Arc<Served>,
    publisher: Publisher,
    ids: Arc<Ids>,
    /// Service that the actions refer to.
    pub(crate) service: ServiceName,
    /// Keys of connections that were ever approved.
    pub(crate) approved: BTreeSet<String>,
    pub(crate) endpoints: u32,
    /// Newest generation of each link.
    pub(crate) generations: BTreeMap<String, Generation>,
    /// Identities of resources that must never be replaced, by name.
    pub(crate) irreplaceable: BTreeMap<String, String>,
    /// Initial documents of resources that no link owns, by path.
    pub(crate) unrelated_resources: BTreeMap<String, Value>,
    /// Connections of existing endpoints, by the link's ID and the provider's name.
    pub(crate) connection_ids: BTreeMap<(String, String), ConnectionId>,
    /// Out-of-band changes that are not repaired yet.
    pub(crate) out_of_band_changes: BTreeSet<String>,
}

impl Simulation {
    pub(crate) fn new(
        cloud: &'static dyn Cloud,
        seed: u64,
        timing: Timing,
        mistake: InjectedMistake,
    ) -> Self {
        let environment = Arc::new(Mutex::new(Environment::new(seed, cloud.model(timing))));
        let memory = Arc::new(Memory::new());
        let ids = Arc::new(Ids::from_seed(seed));
        let served = Arc::new(Served::default());
        // Both uses of the reject list keep the invariants.
        let reject_list = if seed.is_multiple_of(2) {
            RejectList::Omit
        } else {
            RejectList::List
        };
        let engine = engine(cloud, &environment, &memory, &ids, mistake, reject_list);
        let publisher = publisher(&memory, &served, &environment);
        let mut sim = Self {
            cloud,
            environment,
            memory,
            engine,
            mistake,
            served,
            publisher,
            ids,
            service: cloud.services()[0].parse().unwrap(),
            approved: BTreeSet::new(),
            endpoints: 0,
            generations: BTreeMap::new(),
            irreplaceable: BTreeMap::new(),
            unrelated_resources: BTreeMap::new(),
            connection_ids: BTreeMap::new(),
            out_of_band_changes: BTreeSet::new(),
        };
        for path in cloud.create_initial_resources(&mut sim) {
            let (_, document) = sim.provider("GET", &path, None);
            sim.unrelated_resources.insert(path, document);
        }
        sim.register();
        sim
    }

    /// Kills the process and starts another with the stored state.
    pub(crate) fn restart(&mut self) {
        self.engine = engine(
            self.cloud,
            &self.environment,
            &self.memory,
            &self.ids,
            self.mistake,
            self.engine.reject_list,
        );
        self.publisher = publisher(&self.memory, &self.served, &self.environment);
    }

    fn register(&mut self) {
        let now = self.engine.clock.now();
        let project = Project {
            name: project(),
            ca_pem: String::new(),
            features: Feature::ALL.into_iter().collect(),
            external_approval: underpass_model::project::ExternalApproval::Reject,
            grants: Vec::new(),
            limits: underpass_model::project_limits::OwnLimits::default(),
            tags: BTreeMap::new(),
            created_at: now,
            incarnation: underpass_model::id::ProjectIncarnation::default(),
            history_after: 0,
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
            self.select_service(name);
            change = change
                .insert(self.service_key(), &self.new_service(now))
                .unwrap();
        }
        self.select_service(self.cloud.services()[0]);
        // The rule for probes, or the policy of the NAT subnet, belongs to the network.
        change = change.enqueue(Enqueue {
            key: WorkKey::Vpc(project.name.clone(), vpc.id),
            due_at: now,
            generation: vpc.generation,
            priority: Priority::User,
        });
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
            certificate: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Selects the service that further actions refer to.
    pub(crate) fn select_service(&mut self, service: &str) {
        self.service = service.parse().unwrap();
    }

    /// Runs a check for each service.
    pub(crate) fn for_each_service(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        let before = self.service.clone();
        let outcome = self.cloud.services().iter().try_for_each(|name| {
            self.select_service(name);
            each(self).map_err(|violation| format!("{name}: {violation}"))
        });
        self.service = before;
        outcome
    }
}

// === requests to the cloud ===

impl Simulation {
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

impl Simulation {
    /// Claims one due managed object and runs a reconcile pass; `None` if no work was due.
    pub(crate) fn run_due_pass(&mut self) -> Option<PassEnd> {
        let now = self.engine.clock.now();
        let lease_until = now.checked_add(LEASE).unwrap();
        let claims = run(self.memory.claim("sim", now, lease_until, &Room::of(1)))
            .unwrap()
            .unwrap();
        let claim = claims.into_iter().next()?;
        let engine = self.engine.clone();
        let end = run(reconcile_pass(&engine, &claim, lease_until));
        Some(match end {
            None => {
                self.restart();
                PassEnd::Crashed
            }
            Some(end) => {
                self.publish();
                PassEnd::Completed(end.expect("the memory store does not fail"))
            }
        })
    }

    pub(crate) fn sweep(&mut self, depth: Depth) {
        let engine = self.engine.clone();
        match run(sweep_all(&engine, depth)) {
            Some(swept) => {
                swept.expect("the memory store does not fail");
                self.publish();
            }
            None => self.restart(),
        }
    }

    /// Publishes the names of what changed, as the publisher's task does.
    fn publish(&mut self) {
        run(self.publisher.follow())
            .unwrap()
            .expect("the memory store does not fail");
    }

    /// Commits a change of the desired state, as the API does.
    pub(crate) fn commit(&mut self, change: Change, generation: Generation) {
        let change = change.enqueue(Enqueue {
            key: self.work_key(),
            due_at: self.engine.clock.now(),
            generation,
            priority: Priority::User,
        });
        run(self.memory.commit(change))
            .unwrap()
            .expect("there is no other writer");
        self.publish();
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

impl Simulation {
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

    /// Name of the link's resources in the cloud.
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
    mistake: InjectedMistake,
    reject_list: RejectList,
) -> Engine {
    let store = Arc::new(CrashingStore {
        memory: Arc::clone(memory),
        environment: environment.clone(),
        alter: mistake.store,
    });
    let with = |competing_worker: Option<Engine>| {
        let request_body = FaultyTransport {
            cloud,
            environment: environment.clone(),
            mistake: mistake.request_body,
            competing_worker,
        };
        let mut driver = cloud.driver(Arc::new(request_body));
        if let Some(wrap) = mistake.driver {
            driver = wrap(driver);
        }
        let served = Account {
            provider: cloud.provider(),
            regions: Vec::new(),
            projects: None,
            native_id: cloud.name().to_owned(),
            cloud: driver,
        };
        Engine {
            store: store.clone(),
            accounts: Accounts::new(BTreeMap::from([(account(), served)])),
            clock: Arc::new(VirtualClock(environment.clone())),
            ids: Arc::clone(ids),
            absence: ABSENCE,
            limits: CurrentLimits::default(),
            proof_key: ProofKey::from_bytes(&[7; 32]),
            compared: ComparedAccounts::of([account()]),
            shares: AccountShares::default(),
            links: LinkIndex::default(),
            reject_list,
        }
    };
    with(Some(with(None)))
}

/// A publisher of a process that has just started.
fn publisher(
    memory: &Arc<Memory>,
    served: &Arc<Served>,
    environment: &SharedEnvironment,
) -> Publisher {
    let sink: Arc<dyn ZoneSink> = served.clone();
    let store: Arc<dyn underpass_store::Store> = memory.clone();
    let (mut publisher, _) = Publisher::new(
        store,
        sink,
        "sim.test",
        Arc::new(VirtualClock(environment.clone())),
    );
    run(publisher.follow()).unwrap().unwrap();
    publisher
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
