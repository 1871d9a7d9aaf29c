//! Google's model and driver, and the initial resources.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use underpass_clouds::google::{Credentials, Google as Driver, Options, Permission};
use underpass_clouds::{Cloud, Depth, Transport};
use underpass_emulators::CloudModel;
use underpass_emulators::google::model::{
    self, Binding, Caller, Configuration, Fault, Google as Emulated, HostMapping, IamBinding,
    IamPolicy, Role,
};
use underpass_model::cloud::Provider;
use underpass_model::service::{Node, NodeHandle};
use underpass_model::vpc::{AdoptedGoogle, VpcNetwork};

use super::{
    CONSUMERS, Google, INSTANCES, PROJECT, PROJECT_NUMBER, UNRELATED_PORT, consumer_regional,
    global, instance_path, regional, zonal,
};
use crate::actors::Decision;
use crate::cloud::{
    BASE, CloudCaller, CloudRequest, CloudResponse, CloudSetup, FaultResponse, Model, Timing,
};
use crate::fault_at_every_effect::{Scenario, connected, discover, settle};
use crate::random_run::run_without_faults;
use crate::simulation::Simulation;

/// The service account of the driver, which has exactly the printed role.
const DRIVER: &str = "underpass@provider.iam.gserviceaccount.com";

/// Slow operations, and connections that are listed late.
const SLOW: Timing = Timing {
    operation_delay: Duration::from_secs(20),
    status_lag: Duration::from_secs(7),
};

/// Faults of the operation of a write: the code of its error (none if empty), and its additional
/// delay in seconds.
const OPERATION_FAULTS: [(&str, u32); 4] = [
    ("RESOURCE_NOT_READY", 0),
    ("RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", 10),
    ("INTERNAL_ERROR", 0),
    ("", 90),
];

impl CloudSetup for Google {
    fn name(&self) -> &'static str {
        "google"
    }

    fn provider(&self) -> Provider {
        Provider::Google
    }

    fn region(&self) -> &'static str {
        "google-europe-west1"
    }

    /// Two services in one network, whose NAT ranges must be disjoint.
    fn services(&self) -> &'static [&'static str] {
        &["pg-1", "pg-2"]
    }

    fn node_sets(&self) -> &'static [&'static [&'static str]] {
        &[&[], &["n-1"], &["n-2"], &["n-1", "n-3"], &["n-1", "n-2"]]
    }

    fn node(&self, name: &str) -> Node {
        Node {
            name: name.parse().unwrap(),
            address: "127.0.0.1".parse().unwrap(),
            cloud: Some(NodeHandle::Google {
                instance: instance_path(name),
            }),
            public_address: None,
            private_address: None,
        }
    }

    fn vpc_network(&self) -> VpcNetwork {
        VpcNetwork::AdoptedGoogle(AdoptedGoogle {
            network: global("networks/net"),
            node_subnet: regional("subnetworks/nodes"),
        })
    }

    /// Slow only: polling operations adds points to crash at. Half of the random runs have immediate
    /// operations.
    fn timings(&self) -> &'static [Timing] {
        &[SLOW]
    }

    fn timing(&self, rng: &mut StdRng) -> Timing {
        let operation_delay = if rng.random_ratio(1, 2) { 0 } else { 20 };
        let status_lag = [0, 3, 45][rng.random_range(0..3_usize)];
        Timing {
            operation_delay: Duration::from_secs(operation_delay),
            status_lag: Duration::from_secs(status_lag),
        }
    }

    fn model(&self, timing: Timing) -> Box<dyn Model> {
        let mut emulated = Emulated::new(Configuration {
            provider_project: PROJECT.to_owned(),
            provider_project_number: PROJECT_NUMBER,
            operation_delay: timing.operation_delay,
            further_regions: BTreeSet::new(),
            status_lag: timing.status_lag,
        });
        let permissions = Permission::ALL.iter().map(|it| it.name().to_owned());
        emulated.set_policy(IamPolicy {
            bindings: vec![IamBinding {
                role: Role::Custom {
                    included_permissions: permissions.collect(),
                },
                members: vec![format!("serviceAccount:{DRIVER}")],
            }],
        });
        Box::new(emulated)
    }

    fn driver(&self, request_body: Arc<dyn Transport>) -> Arc<dyn Cloud> {
        let options = Options {
            base_url: BASE.to_owned(),
            project: PROJECT.to_owned(),
            credentials: Credentials::Metadata {
                base_url: BASE.to_owned(),
                service_account: None,
            },
        };
        Arc::new(Driver::new(options, request_body))
    }

    fn create_initial_resources(&self, sim: &mut Simulation) -> Vec<String> {
        let network = json!({"name": "net", "autoCreateSubnetworks": false});
        let subnet = |name: &str, range: &str, purpose: &str| {
            json!({"name": name, "network": "global/networks/net", "ipCidrRange": range,
                "purpose": purpose})
        };
        create(sim, &global("networks"), network.clone());
        for (name, range, purpose) in [
            ("nodes", "10.9.0.0/24", "PRIVATE"),
            ("up-bystander", "10.9.1.0/24", "PRIVATE_SERVICE_CONNECT"),
        ] {
            create(sim, &regional("subnetworks"), subnet(name, range, purpose));
        }
        for (name, zone, host) in INSTANCES {
            let interfaces = json!([{"subnetwork": regional("subnetworks/nodes")}]);
            let body = json!({"name": name, "networkInterfaces": interfaces});
            create(sim, &zonal(zone, "instances"), body);
            let host = host.parse().unwrap();
            sim.environment
                .lock()
                .unwrap()
                .model
                .map_host(instance_path(name), host);
        }
        // It allows what the link's rules, of higher priority, must deny.
        let ports = [UNRELATED_PORT, 5432, 6432].map(|port| port.to_string());
        let rule = json!({"name": "up-bystander", "network": "global/networks/net",
            "sourceRanges": ["0.0.0.0/0"], "allowed": [{"IPProtocol": "tcp", "ports": ports}]});
        create(sim, &global("firewalls"), rule);
        for project in CONSUMERS {
            let networks = format!("projects/{project}/global/networks");
            sim.consumer(project, "POST", &networks, Some(network.clone()));
            sim.settle_cloud();
            let body = subnet("default", "127.64.0.0/24", "PRIVATE");
            let subnets = consumer_regional(project, "subnetworks");
            sim.consumer(project, "POST", &subnets, Some(body));
            sim.settle_cloud();
        }
        vec![
            regional("subnetworks/up-bystander"),
            global("firewalls/up-bystander"),
        ]
    }

    /// Most runs begin with one published link, since two links take long to build.
    fn prepare_run(&self, sim: &mut Simulation, rng: &mut StdRng) {
        if rng.random_ratio(1, 4) {
            return;
        }
        sim.toggle("pg", true);
        sim.create_link(0);
        run_without_faults(sim);
        for _ in 0..rng.random_range(0..4_usize) {
            sim.make_endpoint(CONSUMERS[0]);
            sim.settle_cloud();
        }
        sim.sweep(Depth::Connections);
        run_without_faults(sim);
    }

    /// The last three refusals apply to writes only.
    fn fault_responses(&self, is_write: bool) -> &'static [FaultResponse] {
        const ALL: [FaultResponse; 7] = [
            (429, "rateLimitExceeded"),
            (403, "rateLimitExceeded"),
            (500, "internalError"),
            (503, "backendError"),
            (412, "conditionNotMet"),
            (400, "resourceNotReady"),
            (400, "resourceInUseByAnotherResource"),
        ];
        if is_write { &ALL } else { &ALL[..4] }
    }

    fn fault_body(&self, (status, reason): FaultResponse) -> Value {
        let errors = json!([{"message": "injected fault", "domain": "global", "reason": reason}]);
        json!({"error": {"code": status, "message": "injected fault", "errors": errors}})
    }

    fn not_found_code(&self) -> &'static str {
        "notFound"
    }

    fn operation_fault_count(&self, is_write: bool) -> usize {
        if is_write { OPERATION_FAULTS.len() } else { 0 }
    }

    fn scenarios(&self) -> Vec<(&'static str, Scenario)> {
        let scenario =
            |setup: fn(&mut Simulation), action: fn(&mut Simulation)| Scenario { setup, action };
        vec![
            (
                "restore",
                scenario(rejected, |sim| sim.decide(0, Decision::Restore)),
            ),
            (
                "another zone",
                scenario(connected, |sim| sim.set_nodes(&["n-2", "n-3"])),
            ),
            (
                "the last consumer disconnects",
                scenario(connected, last_consumer_leaves),
            ),
        ]
    }
}

fn rejected(sim: &mut Simulation) {
    connected(sim);
    sim.decide(0, Decision::Reject);
    settle(sim);
}

/// The consumer deletes the endpoint, and a sweep observes it.
fn last_consumer_leaves(sim: &mut Simulation) {
    sim.drop_endpoint(CONSUMERS[0], 1);
    sim.settle_cloud();
    sim.sweep(Depth::Connections);
    discover(sim);
}

pub(super) fn create(sim: &mut Simulation, collection: &str, body: Value) {
    let (status, answer) = sim.provider("POST", collection, Some(body));
    assert_eq!(status, 200, "{answer}");
    sim.settle_cloud();
}

impl Model for Emulated {
    fn handle(
        &mut self,
        request: &CloudRequest,
        now: Timestamp,
        rng: &mut StdRng,
    ) -> CloudResponse {
        let reply = CloudModel::handle(self, &model_request(request), now, rng);
        CloudResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        }
    }

    fn advance(&mut self, now: Timestamp) {
        CloudModel::advance(self, now);
    }

    fn bindings(&self) -> Vec<Binding> {
        CloudModel::bindings(self)
    }

    fn resource_ids(&self) -> Vec<String> {
        CloudModel::resource_ids(self)
    }

    fn map_host(&mut self, instance_path: String, host: IpAddr) {
        CloudModel::map_host(
            self,
            HostMapping {
                instance: instance_path,
                host,
            },
        );
    }

    fn inject_operation_fault(&mut self, request: &CloudRequest, way: usize) {
        let (reason, hold_seconds) = OPERATION_FAULTS[way];
        self.inject_fault(Fault {
            method: Some(request.method.clone()),
            path_contains: request.path.clone(),
            reason: reason.to_owned(),
            message: "injected fault".to_owned(),
            hold_seconds,
            ..Fault::default()
        });
    }
}

fn model_request(request: &CloudRequest) -> model::Request {
    model::Request {
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        body: request.body.clone(),
        caller: match request.caller {
            CloudCaller::Driver => Caller::Principal(DRIVER.to_owned()),
            CloudCaller::Provider => Caller::Provider,
            CloudCaller::Consumer(_) => Caller::Anonymous,
        },
    }
}
