//! API on a store in a file, and its client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use underpass_clouds::{Cloud, Error as CloudError, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::google::RejectList;
use underpass_model::project_limits::ProjectLimits;
use underpass_model::reconcile::{AbsenceRule, Step};
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_server::accounts::{Account, Accounts};
use underpass_server::app::App;
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::change_slots::ChangeSlots;
use underpass_server::changes::Changes;
use underpass_server::clock::Clock;
use underpass_server::ids::Ids;
use underpass_server::in_progress::InProgress;
use underpass_server::limits::CurrentLimits;
use underpass_server::limits::Limits;
use underpass_server::proof_key::ProofKey;
use underpass_server::publish::{Publisher, ZoneSink};
use underpass_server::reconcile::{
    AccountShares, ComparedAccounts, Engine, LinkIndex, Sweeper, Wakeup,
};
use underpass_server::request_rates::RequestRates;
use underpass_server::whole_reads::WholeReads;

use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_server::token;
use underpass_store::{BackupSource, Cipher, EncryptedBackup, Lineage, Sqlite, Store};

use crate::{fill, router};

/// The time that stands still while the routes are timed: 2027-01-15T08:00:00Z.
const NOW: i64 = 1_800_000_000;

pub(crate) struct Stage {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) router: Router,
    pub(crate) token: Secret,
    /// The cookie that is sent with every request.
    pub(crate) cookie: String,
    /// Removed with the file in it at the end.
    _dir: tempfile::TempDir,
}

struct Standing;

struct Nowhere;

// === impl Stage ===

impl Stage {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("underpass.db");
        let cipher = Cipher::from_bytes(&[7; 32]);
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&file, cipher, Lineage::from_bits(1)).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let app = app(&store);
        let token = token::draw(&app.ids);
        let beginning = Bootstrap {
            email: "ada@example.net".to_owned(),
            real_name: "Ada".to_owned(),
            project: "demo".parse().unwrap(),
            token: token.clone(),
        };
        runtime.block_on(async {
            bootstrap::ensure(&app, &beginning).await.unwrap();
            fill::fill(&*store, Standing.now()).await;
        });
        let router = router(app);
        Self {
            runtime,
            router,
            token,
            cookie: String::new(),
            _dir: dir,
        }
    }

    /// Asks; how long the answer took, and its bytes.
    pub(crate) fn get(&self, path: &str) -> (Duration, usize) {
        let (took, body) = self.ask(path);
        (took, body.len())
    }

    /// Asks; how long the answer took, and its body.
    pub(crate) fn ask(&self, path: &str) -> (Duration, Bytes) {
        let request = Request::builder()
            .uri(path)
            .header("host", "127.0.0.1:8780")
            .header("authorization", format!("aivenv1 {}", self.token.expose()))
            .header("cookie", &self.cookie)
            .body(Body::empty())
            .unwrap();
        #[expect(clippy::disallowed_methods, reason = "this is what is measured")]
        let begun = Instant::now();
        let answer = self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, body)
        });
        let took = begun.elapsed();
        let (status, body) = answer;
        assert_eq!(status, StatusCode::OK, "{path}: {body:?}");
        (took, body)
    }
}

fn app(store: &Arc<dyn Store>) -> App {
    let ids = Arc::new(Ids::from_seed(7));
    let settings = Settings {
        domain: "underpass.test".to_owned(),
        regions: KnownRegions::default(),
        nodes: NodePolicy::InsideVpc,
        endpoints: EndpointPolicy::Within("10.0.0.0/8".parse().unwrap()),
        api_hosts: Vec::new(),
        own_listeners: Vec::new(),
        discovery_interval: None,
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
    let (_, names) = Publisher::new(
        Arc::clone(store),
        Arc::new(Nowhere),
        &settings.domain,
        Arc::new(Standing),
    );
    let account = Account {
        provider: Provider::Azure,
        regions: Vec::new(),
        projects: None,
        native_id: "p".to_owned(),
        cloud: Arc::new(Nowhere),
    };
    let accounts = Accounts::new(BTreeMap::from([("azure".parse().unwrap(), account)]));
    let wakeup = Wakeup::new();
    let shares = AccountShares::new(wakeup.clone());
    let engine = Engine {
        store: Arc::clone(store),
        accounts: accounts.clone(),
        clock: Arc::new(Standing),
        ids: Arc::clone(&ids),
        absence: settings.absence,
        limits: CurrentLimits::default(),
        proof_key: settings.proof_key.clone(),
        compared: ComparedAccounts::of(accounts.names().cloned()),
        shares: shares.clone(),
        links: LinkIndex::default(),
        reject_list: settings.reject_list,
    };
    let (_, sweeps) = Sweeper::new(engine, wakeup.clone(), None);
    App {
        store: Arc::clone(store),
        backups: Arc::new(Nowhere),
        clock: Arc::new(Standing),
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
    }
}

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }
}

impl BackupSource for Nowhere {
    fn back_up(&self, _: Timestamp) -> Result<EncryptedBackup, underpass_store::Error> {
        unreachable!("reading makes no backup")
    }
}

impl ZoneSink for Nowhere {
    fn publish(&self, _: Zone) {}

    fn change(&self, _: ZoneChange) {}
}

#[async_trait]
impl Cloud for Nowhere {
    async fn perform(&self, _: &CloudTarget, _: &Step, _: Timestamp) -> Result<Report, CloudError> {
        unreachable!("reading calls no cloud")
    }

    async fn sweep(&self, _: &Scope, _: Timestamp) -> Result<Listing, CloudError> {
        unreachable!("reading calls no cloud")
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, CloudError> {
        unreachable!("reading calls no cloud")
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, CloudError> {
        unreachable!("reading calls no cloud")
    }
}
