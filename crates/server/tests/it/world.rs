//! A world of one API on a store, for tests that read as stories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt as _;
use underpass_clouds::{Cloud, Error as CloudError, Listing, PlacedAttachment, Report, Scope};
use underpass_model::auth::{Role, Token, User};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::credentials::Secret;
use underpass_model::google::RejectList;
use underpass_model::name::ProjectName;
use underpass_model::part::{Confirmed, Facts, Observed, ObservedPart, Part, Phase, Spec};
use underpass_model::project_limits::ProjectLimits;
use underpass_model::reconcile::{AbsenceRule, Step};
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::work::WorkKey;
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
use underpass_server::publish::{NotifyingStore, Publisher, ZoneSink};
use underpass_server::reconcile::{
    AccountShares, ComparedAccounts, Engine, LinkIndex, Sweeper, Wakeup,
};
use underpass_server::request_rates::RequestRates;
use underpass_server::whole_reads::WholeReads;

use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_server::token;
use underpass_store::{
    BackupSource, Change, EncryptedBackup, Error as StoreError, Key, Memory, Store,
};

use crate::contract::{assert_accepts, assert_documented};
use crate::error_page::assert_explained;
use crate::router;

/// The time at which every world begins: 2027-01-15T08:00:00Z.
const BEGINNING: i64 = 1_800_000_000;

/// An API on a store, in memory unless said otherwise, with accounts for Azure and Google that are
/// never called, an operator `ada@example.net`, and her project `demo`.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) zones: Arc<Zones>,
    clock: Arc<SteppedClock>,
    router: Router,
    admin: Secret,
}

/// Client that sends requests.
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) token: Option<Secret>,
}

/// An answer; prints as its status and body.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A clock that stands until it is moved.
pub(crate) struct SteppedClock(Mutex<Timestamp>);

/// Every zone that was published.
#[derive(Default)]
pub(crate) struct Zones(Mutex<Vec<Zone>>);

/// A store in memory, of which there are no backups.
pub(crate) struct NoBackups;

/// A cloud that handlers have no business calling.
struct Untouched;

// === impl World ===

impl World {
    pub(crate) async fn new() -> Self {
        Self::on_store(Arc::new(Memory::new())).await
    }

    /// The same on an empty store of another kind.
    pub(crate) async fn on_store(store: Arc<dyn Store>) -> Self {
        Self::with(store, Arc::new(Untouched), |_unused| {}).await
    }

    pub(crate) async fn with(
        store: Arc<dyn Store>,
        cloud: Arc<dyn Cloud>,
        sweep: impl FnOnce(Sweeper),
    ) -> Self {
        let clock = Arc::new(SteppedClock(Mutex::new(
            Timestamp::from_second(BEGINNING).unwrap(),
        )));
        let zones = Arc::new(Zones::default());
        let (app, sweeper) = app(store, Arc::clone(&clock), &zones, &cloud);
        sweep(sweeper);
        let admin = token::draw(&app.ids);
        let beginning = Bootstrap {
            email: "ada@example.net".to_owned(),
            real_name: "Ada".to_owned(),
            project: project(),
            token: admin.clone(),
        };
        bootstrap::ensure(&app, &beginning).await.unwrap();
        let router = router(app.clone());
        Self {
            app,
            zones,
            clock,
            router,
            admin,
        }
    }

    /// The operator, admin of `demo`.
    pub(crate) fn admin(&self) -> Client {
        self.client(Some(self.admin.clone()))
    }

    /// The operator's token.
    pub(crate) fn token(&self) -> Secret {
        self.admin.clone()
    }

    /// Returns a client without a token.
    pub(crate) fn stranger(&self) -> Client {
        self.client(None)
    }

    /// Returns a client with this token.
    pub(crate) fn client(&self, token: Option<Secret>) -> Client {
        Client {
            router: self.router.clone(),
            token,
        }
    }

    /// A new user with a token and these memberships.
    pub(crate) async fn user(&self, email: &str, memberships: &[(&str, Role)]) -> Client {
        let text = token::draw(&self.app.ids);
        let now = self.now();
        let user = User {
            email: email.to_owned(),
            real_name: email.to_owned(),
            memberships: memberships
                .iter()
                .map(|(project, role)| (project.parse().unwrap(), *role))
                .collect(),
            is_operator: false,
            tokens_valid_from: now,
        };
        let sha256 = token::hash(text.expose());
        let row = Token {
            prefix: token::prefix(text.expose()),
            sha256: sha256.clone(),
            email: email.to_owned(),
            description: "test".to_owned(),
            created_at: now,
            max_age_seconds: None,
            extend_when_used: false,
            expires_at: None,
            only_projects: BTreeSet::new(),
            incarnations: BTreeMap::new(),
            read_only: false,
            exchanged_for: None,
            sessions: Vec::new(),
            from_file: false,
        };
        let change = Change::new().insert(Key::user(email), &user).unwrap();
        let change = change.insert(Key::token(&sha256), &row).unwrap();
        self.app.store.commit(change).await.unwrap();
        self.client(Some(text))
    }

    /// A member of `demo` who may only look.
    pub(crate) async fn reader(&self) -> Client {
        self.user("reader@example.net", &[("demo", Role::ReadOnly)])
            .await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock forward.
    pub(crate) fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }

    /// Plays the worker: writes the observed state of an object.
    pub(crate) async fn observe(&self, work: &WorkKey, observed: &Observed) {
        let change = Change::new().put(Key::observed(work), observed).unwrap();
        self.app.store.commit(change).await.unwrap();
    }

    /// The codes of the project's history, oldest first.
    pub(crate) async fn history(&self) -> Vec<String> {
        let events = self.app.store.events(&project(), 0, 1000).await.unwrap();
        events.into_iter().map(|(_, event)| event.code).collect()
    }
}

/// The project of every world.
pub(crate) fn project() -> ProjectName {
    "demo".parse().unwrap()
}

/// Parts that are there and settled, with these facts.
pub(crate) fn seen(parts: impl IntoIterator<Item = (Part, Spec, Facts)>) -> Observed {
    let parts = parts
        .into_iter()
        .map(|(part, spec, facts)| {
            let last = Some(Confirmed {
                spec,
                tag: None,
                facts,
            });
            (
                part,
                ObservedPart {
                    phase: Phase::Ready,
                    last,
                },
            )
        })
        .collect();
    Observed {
        parts,
        ..Observed::default()
    }
}

fn app(
    store: Arc<dyn Store>,
    clock: Arc<SteppedClock>,
    zones: &Arc<Zones>,
    cloud: &Arc<dyn Cloud>,
) -> (App, Sweeper) {
    let ids = Arc::new(Ids::from_seed(7));
    let sink: Arc<dyn ZoneSink> = Arc::clone(zones) as Arc<dyn ZoneSink>;
    let settings = Settings {
        domain: "underpass.test".to_owned(),
        regions: KnownRegions::default(),
        nodes: NodePolicy::Loopback {
            consumers: "127.64.0.0/16".parse().unwrap(),
        },
        endpoints: EndpointPolicy::Within("127.64.0.0/16".parse().unwrap()),
        api_hosts: vec!["api.example.net".to_owned()],
        own_listeners: vec!["127.0.0.1:8780".parse().unwrap()],
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
    let (publisher, names) = Publisher::new(
        Arc::clone(&store),
        sink,
        &settings.domain,
        Arc::clone(&clock) as Arc<dyn Clock>,
    );
    let store: Arc<dyn Store> = Arc::new(NotifyingStore::new(store, names.clone()));
    tokio::spawn(async move {
        // The test's runtime ends it.
        let (_keeps_running, shutdown) = watch::channel(false);
        publisher.run(shutdown).await;
    });
    let account = |provider| Account {
        provider,
        regions: Vec::new(),
        projects: None,
        native_id: "p".to_owned(),
        cloud: Arc::clone(cloud),
    };
    let accounts = Accounts::new(BTreeMap::from([
        ("azure".parse().unwrap(), account(Provider::Azure)),
        ("google".parse().unwrap(), account(Provider::Google)),
    ]));
    let wakeup = Wakeup::new();
    let shares = AccountShares::new(wakeup.clone());
    let engine = Engine {
        store: Arc::clone(&store),
        accounts: accounts.clone(),
        clock: clock.clone(),
        ids: Arc::clone(&ids),
        absence: settings.absence,
        limits: CurrentLimits::default(),
        proof_key: settings.proof_key.clone(),
        compared: ComparedAccounts::of(accounts.names().cloned()),
        shares: shares.clone(),
        links: LinkIndex::default(),
        reject_list: settings.reject_list,
    };
    // Without a running sweeper, the handle answers immediately that there was no sweep.
    let (sweeper, sweeps) = Sweeper::new(engine, wakeup.clone(), None);
    let app = App {
        store,
        backups: Arc::new(NoBackups),
        clock,
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
        metrics: Arc::new(|| "underpass_test_total 1\n".to_owned()),
    };
    (app, sweeper)
}

impl BackupSource for NoBackups {
    fn back_up(&self, _made_at: Timestamp) -> Result<EncryptedBackup, StoreError> {
        unreachable!("a test of backups has a store of its own")
    }
}

// === impl Client ===

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, "").await
    }

    /// Sends a body as it is, as the compatible command line does: of no particular type.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8780")
            .header("content-type", "application/octet-stream");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("aivenv1 {}", token.expose()));
        }
        let reply = self
            .exchange(request.body(Body::from(body.to_owned())).unwrap())
            .await;
        if reply.status.is_success() {
            assert_accepts(method, path, body);
        }
        reply
    }

    /// Sends a request as it is.
    pub(crate) async fn exchange(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_explained(parts.status.as_u16(), &text);
        assert_documented(method.as_str(), &path, &parts, &text);
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }
}

// === impl Reply ===

impl Reply {
    /// The body, which must be a JSON object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.text).unwrap();
        assert!(value.is_object(), "every answer is an object, not {value}");
        value
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// The message of a refusal with this status.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let body = self.json();
        assert_eq!(body["errors"][0]["status"], status);
        assert_eq!(body["errors"][0]["message"], body["message"]);
        body["message"].as_str().unwrap().to_owned()
    }
}

// === impl Zones ===

impl Zones {
    /// The zone served now.
    pub(crate) fn last(&self) -> Zone {
        self.0.lock().unwrap().last().cloned().unwrap()
    }
}

impl ZoneSink for Zones {
    fn publish(&self, zone: Zone) {
        self.0.lock().unwrap().push(zone);
    }

    fn change(&self, change: ZoneChange) {
        let mut zone = self.last();
        zone.apply(change);
        self.publish(zone);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Cloud for Untouched {
    async fn perform(
        &self,
        _: &CloudTarget,
        step: &Step,
        _: Timestamp,
    ) -> Result<Report, CloudError> {
        panic!("a handler performed {step:?}");
    }

    async fn sweep(&self, scope: &Scope, _: Timestamp) -> Result<Listing, CloudError> {
        panic!("a handler swept {scope:?}");
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, CloudError> {
        panic!("a handler listed an account");
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, CloudError> {
        panic!("a handler listed networks");
    }
}
