//! An installation whose requests leave no trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use axum::Router;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use underpass_model::google::RejectList;
use underpass_model::project_limits::ProjectLimits;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_store::{BackupSource, Change, EncryptedBackup, Error, Memory, Store, StoreLayer};

use super::accounts::accounts;
use super::answer::Answer;
use super::objects::make_objects;
use super::request_lines::{Names, RequestLines};
use crate::app::App;
use crate::backend_health::BackendHealth;
use crate::change_slots::ChangeSlots;
use crate::changes::Changes;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::in_progress::InProgress;
use crate::limits::{CurrentLimits, Limits};
use crate::proof_key::ProofKey;
use crate::publish::{Publisher, ZoneSink};
use crate::readiness::Readiness;
use crate::reconcile::{AccountShares, ComparedAccounts, Engine, LinkIndex, Sweeper, Wakeup};
use crate::request_rates::RequestRates;
use crate::settings::{EndpointPolicy, Settings};
use crate::whole_reads::WholeReads;

/// Milliseconds from 1970 to the time of the first request.
const BEGINNING: i64 = 1_800_000_000_000;

/// Requests by the operator after those of an input that stored something.
const AFTERWARDS: [&str; 4] = [
    "/v1/project/demo/service",
    "/v1/underpass/project/demo/overview",
    "/v1/underpass/project/demo/events?limit=1000",
    "/v1/underpass/unreadable-documents",
];

/// An API on a store in memory, which has the same contents before each input.
pub(super) struct Installation {
    runtime: Runtime,
    router: Router,
    clock: Arc<SteppedClock>,
    store: Arc<CountedStore>,
    /// The contents before each input.
    saved: Memory,
    names: Names,
}

/// A clock that moves by a millisecond with each input, so that the rates of requests are never used up.
struct SteppedClock(AtomicI64);

/// A store that counts commits.
#[derive(Default)]
struct CountedStore {
    memory: Memory,
    commits: AtomicU64,
}

/// A receiver of names that forgets them.
struct NoZone;

struct NoBackups;

impl Installation {
    /// Begins with callers, services, links and connections.
    pub(super) fn new() -> Self {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime is made");
        let clock = Arc::new(SteppedClock(AtomicI64::new(BEGINNING)));
        let store = Arc::new(CountedStore::default());
        let app = app(&store, &clock);
        let router = crate::api::router(app.clone(), Router::new());
        let names = runtime.block_on(make_objects(&app, &router));
        let saved = Memory::new();
        saved.copy_from(&store.memory);
        Self {
            runtime,
            router,
            clock,
            store,
            saved,
            names,
        }
    }

    /// Sends requests, reads what they stored, and forgets it.
    pub(super) fn send<'a>(&self, requests: impl Iterator<Item = RequestLines<'a>>) {
        self.store.memory.copy_from(&self.saved);
        self.clock.0.fetch_add(1, Ordering::Relaxed);
        let beginning = self.commits();
        for request in requests {
            let before = self.commits();
            let Some(answer) = self.answer(&request) else {
                continue;
            };
            answer.check(request.method);
            assert!(
                before == self.commits() || !answer.is_refusal(),
                "a refused request was stored: {answer:?}"
            );
        }
        if beginning != self.commits() {
            self.check_stored();
        }
    }

    /// Checks that everything that is stored can be read.
    fn check_stored(&self) {
        for target in AFTERWARDS {
            let request = RequestLines {
                authorization: "aivenv1 {operator}",
                method: "GET",
                target,
                body: "",
            };
            let answer = self.answer(&request).expect("a request");
            answer.check("GET");
        }
        let unreadable = self.runtime.block_on(self.store.unreadable());
        assert_eq!(unreadable.ok(), Some(Vec::new()), "documents can be read");
    }

    /// Sends a request.
    fn answer(&self, request: &RequestLines<'_>) -> Option<Answer> {
        let answer = Answer::to(&self.router, request, &self.names);
        self.runtime.block_on(answer)
    }

    /// Commits so far.
    fn commits(&self) -> u64 {
        self.store.commits.load(Ordering::Relaxed)
    }
}

fn app(store: &Arc<CountedStore>, clock: &Arc<SteppedClock>) -> App {
    let (store, clock): (Arc<dyn Store>, Arc<dyn Clock>) = (store.clone(), clock.clone());
    let ids = Arc::new(Ids::from_seed(7));
    let settings = settings();
    let (_stopped, names) = Publisher::new(
        Arc::clone(&store),
        Arc::new(NoZone),
        &settings.domain,
        Arc::clone(&clock),
    );
    let accounts = accounts();
    let wakeup = Wakeup::new();
    let shares = AccountShares::new(wakeup.clone());
    let engine = Engine {
        store: Arc::clone(&store),
        accounts: accounts.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        absence: settings.absence,
        limits: CurrentLimits::default(),
        proof_key: settings.proof_key.clone(),
        compared: ComparedAccounts::of(accounts.names().cloned()),
        shares: shares.clone(),
        links: LinkIndex::default(),
        reject_list: settings.reject_list,
    };
    // Without a running sweeper, a refresh does not wait.
    let (_stopped, sweeps) = Sweeper::new(engine, wakeup.clone(), None);
    App {
        store,
        backups: Arc::new(NoBackups),
        clock,
        ids,
        settings: Arc::new(settings),
        accounts,
        wakeup,
        shares,
        health: BackendHealth::default(),
        sweeps,
        names,
        rates: RequestRates::default(),
        in_progress: InProgress::limited(64),
        slots: ChangeSlots::new(false, 2),
        whole_reads: WholeReads::on_caller(2),
        changes: Changes::new(),
        readiness: Readiness::default(),
        metrics: Arc::new(String::new),
    }
}

fn settings() -> Settings {
    Settings {
        domain: "underpass.test".to_owned(),
        regions: KnownRegions::default(),
        // Nodes on loopback are probed.
        nodes: NodePolicy::InsideVpc,
        endpoints: EndpointPolicy::Private,
        api_hosts: Vec::new(),
        own_listeners: vec!["127.0.0.1:8780".parse().expect("an address")],
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
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::from_millisecond(self.0.load(Ordering::Relaxed));
        now.expect("an input takes longer than a millisecond")
    }
}

#[async_trait]
impl StoreLayer for CountedStore {
    fn inner(&self) -> &dyn Store {
        &self.memory
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        self.memory.commit(change).await?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl ZoneSink for NoZone {
    fn publish(&self, _zone: Zone) {}

    fn change(&self, _change: ZoneChange) {}
}

impl BackupSource for NoBackups {
    fn back_up(&self, _made_at: Timestamp) -> Result<EncryptedBackup, Error> {
        Err(Error::BackupElsewhere)
    }
}
