//! Control plane with workers and sweeper, on a store in a file, with two accounts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;
use underpass_clouds::azure::{Azure, Credentials, Options};
use underpass_clouds::{
    Cloud, Error as CloudError, HttpTransport, Listing, PlacedAttachment, Report, Scope,
    SecretSource,
};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::google::RejectList;
use underpass_model::part::{Confirmed, Facts};
use underpass_model::project_limits::ProjectLimits;
use underpass_model::reconcile::{AbsenceRule, Outcome, Step};
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_server::accounts::{Account, Accounts};
use underpass_server::app::App;
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::change_slots::ChangeSlots;
use underpass_server::changes::Changes;
use underpass_server::clock::SystemClock;
use underpass_server::ids::Ids;
use underpass_server::in_progress::InProgress;
use underpass_server::limits::CurrentLimits;
use underpass_server::limits::Limits;
use underpass_server::proof_key::ProofKey;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_server::reconcile::{
    AccountShares, ComparedAccounts, Engine, LinkIndex, Sweeper, Wakeup, Workers,
};
use underpass_server::request_rates::RequestRates;
use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_server::token;
use underpass_server::whole_reads::WholeReads;
use underpass_store::{BackupSource, Cipher, EncryptedBackup, Lineage, Sqlite, Store};

use crate::sick::{self, Sickness};

/// Objects of the account that does not answer.
pub(crate) const SICK_OBJECTS: u32 = 100;

/// Time of each call of the account that answers.
const CALL: Duration = Duration::from_millis(5);

const LINK: &str = "/v1/project/demo/service/pg-1/privatelink/azure";

pub(crate) struct Stage {
    runtime: tokio::runtime::Runtime,
    client: Client,
    requests: Option<Arc<AtomicUsize>>,
    _keeps_running: watch::Sender<bool>,
    /// Removed with the file in it at the end.
    _dir: tempfile::TempDir,
}

struct Client {
    router: Router,
    token: Secret,
}

/// A cloud that does as it is told.
struct Answering;

struct Nowhere;

// === impl Stage ===

impl Stage {
    pub(crate) fn new(sickness: Option<Sickness>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("underpass.db");
        let cipher = Cipher::from_bytes(&[7; 32]);
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&file, cipher, Lineage::from_bits(1)).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let (client, requests) = runtime.block_on(start(store, sickness, stopped));
        Self {
            runtime,
            client,
            requests,
            _keeps_running: stop,
            _dir: dir,
        }
    }

    /// Makes and deletes links; returns the times from request to active, and of refreshes.
    pub(crate) fn measure(&self, repeats: usize) -> (Vec<Duration>, Vec<Duration>) {
        self.runtime.block_on(async {
            let (mut creates, mut refreshes) = (Vec::new(), Vec::new());
            let allowed =
                json!({"user_subscription_ids": ["8eefec94-5d63-40c9-983c-03ab083b411d"]});
            for _ in 0..repeats {
                let begun = begin();
                self.client.post(LINK, allowed.clone()).await;
                self.client
                    .wait(LINK, |link| link["state"] == "active")
                    .await;
                creates.push(begun.elapsed());
                let begun = begin();
                let answer = self
                    .client
                    .post(&format!("{LINK}/refresh"), json!({}))
                    .await;
                refreshes.push(begun.elapsed());
                assert_eq!(answer["message"], "refreshed");
                self.client.send("DELETE", LINK, Value::Null).await;
                self.client.wait(LINK, Value::is_null).await;
                // A scope is listed on request at most once a second.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            (creates, refreshes)
        })
    }

    /// The number of calls of the account that does not answer.
    pub(crate) fn calls_of_sick(&self) -> usize {
        let requests = self.requests.as_ref();
        requests.map_or(0, |requests| requests.load(Ordering::Relaxed))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is what is measured")]
fn begin() -> Instant {
    Instant::now()
}

async fn start(
    store: Arc<dyn Store>,
    sickness: Option<Sickness>,
    stopped: watch::Receiver<bool>,
) -> (Client, Option<Arc<AtomicUsize>>) {
    let served = |region: &str, cloud: Arc<dyn Cloud>| Account {
        provider: Provider::Azure,
        regions: vec![region.to_owned()],
        projects: None,
        native_id: "p".to_owned(),
        cloud,
    };
    let mut accounts = BTreeMap::from([(
        "healthy".parse().unwrap(),
        served("westeurope", Arc::new(Answering)),
    )]);
    let mut requests = None;
    if let Some(sickness) = sickness {
        let (base_url, count) = sick::serve(sickness).await;
        let driver: Arc<dyn Cloud> = Arc::new(driver(base_url));
        accounts.insert("sick".parse().unwrap(), served("northeurope", driver));
        requests = Some(count);
    }
    let client = run(store, Accounts::new(accounts), stopped).await;
    for number in 0..requests.as_ref().map_or(0, |_| SICK_OBJECTS) {
        let cidr = format!("10.80.{number}.0/24");
        let vpc = json!({"cloud_name": "azure-northeurope", "network_cidr": cidr});
        client.post("/v1/project/demo/vpcs", vpc).await;
    }
    register(&client).await;
    (client, requests)
}

fn driver(base_url: String) -> Azure {
    let options = Options {
        authority: base_url.clone(),
        base_url,
        scope: None,
        credentials: Credentials::ClientSecret {
            tenant: "t".to_owned(),
            client_id: "c".to_owned(),
            secret: SecretSource::Given(Secret::new("secret".to_owned())),
        },
        subscription: "s".to_owned(),
        resource_group: "g".to_owned(),
    };
    Azure::new(options, Arc::new(HttpTransport::new(None).unwrap()))
}

/// Starts a control plane.
async fn run(store: Arc<dyn Store>, accounts: Accounts, stopped: watch::Receiver<bool>) -> Client {
    let ids = Arc::new(Ids::from_seed(7));
    let settings = Settings {
        domain: "underpass.test".to_owned(),
        regions: KnownRegions::default(),
        nodes: NodePolicy::Loopback {
            consumers: "127.64.0.0/16".parse().unwrap(),
        },
        endpoints: EndpointPolicy::Within("127.64.0.0/16".parse().unwrap()),
        api_hosts: Vec::new(),
        own_listeners: Vec::new(),
        discovery_interval: Some(Duration::from_secs(10)),
        absence: AbsenceRule {
            window: SignedDuration::ZERO,
        },
        proof_key: ProofKey::from_bytes(&[7; 32]),
        reject_list: RejectList::default(),
        limits: Limits {
            project: ProjectLimits::unreachable(),
            ..Limits::default()
        }
        .into(),
    };
    let (publisher, names) = Publisher::new(
        Arc::clone(&store),
        Arc::new(Nowhere),
        &settings.domain,
        Arc::new(SystemClock),
    );
    let wakeup = Wakeup::new();
    let shares = AccountShares::new(wakeup.clone());
    let engine = Engine {
        store: Arc::clone(&store),
        accounts: accounts.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::clone(&ids),
        absence: settings.absence,
        limits: CurrentLimits::default(),
        proof_key: settings.proof_key.clone(),
        compared: ComparedAccounts::of(accounts.names().cloned()),
        shares: shares.clone(),
        links: LinkIndex::default(),
        reject_list: settings.reject_list,
    };
    let interval = settings.discovery_interval;
    let (sweeper, sweeps) = Sweeper::new(engine.clone(), wakeup.clone(), interval);
    let workers = Workers::new(engine, wakeup.clone(), "bench".to_owned());
    tokio::spawn(publisher.run(stopped.clone()));
    tokio::spawn(sweeper.run(stopped.clone()));
    tokio::spawn(workers.run(stopped));
    let app = App {
        store,
        backups: Arc::new(Nowhere),
        clock: Arc::new(SystemClock),
        ids,
        settings: Arc::new(settings),
        accounts,
        wakeup,
        shares,
        health: underpass_server::backend_health::BackendHealth::default(),
        sweeps,
        names,
        rates: RequestRates::default(),
        in_progress: InProgress::limited(64),
        slots: ChangeSlots::new(false, 2),
        whole_reads: WholeReads::on_caller(2),
        changes: Changes::new(),
        readiness: underpass_server::readiness::Readiness::default(),
        metrics: Arc::new(String::new),
    };
    let token = token::draw(&app.ids);
    let beginning = Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: "demo".parse().unwrap(),
        token: token.clone(),
    };
    bootstrap::ensure(&app, &beginning).await.unwrap();
    let router = underpass_server::api::router(app, Router::new());
    Client { router, token }
}

/// Registers a service in the account that answers, with all that its link needs.
async fn register(client: &Client) {
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    let vpc = client.post("/v1/project/demo/vpcs", vpc).await;
    let id = vpc["project_vpc_id"].as_str().unwrap();
    let path = format!("/v1/project/demo/vpcs/{id}");
    client.wait(&path, |vpc| vpc["state"] == "ACTIVE").await;
    let nic = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/\
               Microsoft.Network/networkInterfaces/n1";
    let service = json!({
        "service_name": "pg-1",
        "service_type": "pg",
        "plan": "startup-4",
        "cloud": "azure-westeurope",
        "project_vpc_id": id,
        "user_config": {"privatelink_access": {"pg": true}},
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1", "cloud": {"azure": {"nic_id": nic}}}],
            "components": [{"component": "pg", "port": 15432}],
        },
    });
    client.post("/v1/project/demo/service", service).await;
    for _ in 0..2 {
        let path = "/v1/project/demo/static-ips";
        let ip = client
            .post(path, json!({"cloud_name": "azure-westeurope"}))
            .await;
        let id = ip["static_ip_address_id"].as_str().unwrap();
        let associate = json!({"service_name": "pg-1"});
        client
            .post(&format!("{path}/{id}/association"), associate)
            .await;
    }
    let config = json!({"user_config": {"static_ips": true}});
    client
        .send("PUT", "/v1/project/demo/service/pg-1", config)
        .await;
}

// === impl Client ===

impl Client {
    async fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, body).await
    }

    /// Sends a request; null for an answer of status 404.
    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8780")
            .header("content-type", "application/json")
            .header("authorization", format!("aivenv1 {}", self.token.expose()))
            .body(body)
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        if status == StatusCode::NOT_FOUND {
            return Value::Null;
        }
        assert!(status.is_success(), "{method} {path}: {status} {body:?}");
        serde_json::from_slice(&body).unwrap()
    }

    /// Reads a document until it is as it should be.
    async fn wait(&self, path: &str, is_done: impl Fn(&Value) -> bool) {
        let begun = begin();
        loop {
            let shown = self.send("GET", path, Value::Null).await;
            if is_done(&shown) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_mins(10), "{shown}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl BackupSource for Nowhere {
    fn back_up(&self, _: Timestamp) -> Result<EncryptedBackup, underpass_store::Error> {
        unreachable!("the benchmark makes no backup")
    }
}

impl ZoneSink for Nowhere {
    fn publish(&self, _: Zone) {}

    fn change(&self, _: ZoneChange) {}
}

#[async_trait]
impl Cloud for Answering {
    async fn perform(
        &self,
        _: &CloudTarget,
        step: &Step,
        _: Timestamp,
    ) -> Result<Report, CloudError> {
        tokio::time::sleep(CALL).await;
        let facts = Facts {
            id: Some("/subscriptions/p/resource".to_owned()),
            alias: Some("alias".to_owned()),
            address: None,
            ..Facts::default()
        };
        let outcome = match step {
            Step::Put { spec, .. } => Outcome::Ready(Confirmed {
                spec: spec.clone(),
                tag: None,
                facts,
            }),
            Step::Survey(_) => Outcome::Empty,
            Step::Read(_) | Step::Delete(_) | Step::Poll { .. } => Outcome::Gone,
        };
        Ok(Report {
            outcome,
            connections: None,
        })
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, CloudError> {
        tokio::time::sleep(CALL).await;
        Ok(Listing::default())
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, CloudError> {
        tokio::time::sleep(CALL).await;
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, CloudError> {
        Ok(Listing::default())
    }
}
