//! Control plane that runs in this process.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use underpass_clouds::Cloud;
use underpass_model::cloud::Provider;
use underpass_model::credentials::Secret;
use underpass_model::google::RejectList;
use underpass_model::project_limits::ProjectLimits;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_net::connections::{ConnectionLimits, Connections};
use underpass_server::accounts::{Account, Accounts};
use underpass_server::api::router;
use underpass_server::app::App;
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::clock::SystemClock;
use underpass_server::ids::Ids;
use underpass_server::limits::Limits;
use underpass_server::proof_key::ProofKey;
use underpass_server::publish::ZoneSink;
use underpass_server::retention_limits::RetentionLimits;
use underpass_server::runtime::BackgroundRuntime;
use underpass_server::service::{Options, Service};
use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_store::{Cipher, Lineage, Sqlite};

use crate::client::Client;
use crate::fill;
use crate::memory_cloud::MemoryCloud;

/// Interval of sweeps, as `up` has it by default.
const DISCOVERY: Duration = Duration::from_secs(10);

/// A control plane with its client.
pub(crate) struct Running {
    pub(crate) app: App,
    pub(crate) client: Client,
    pub(crate) names: Arc<Names>,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

/// Receiver of names that keeps them.
pub(crate) struct Names(Mutex<Zone>);

impl Names {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().records.len()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().records.keys().cloned().collect()
    }
}

impl ZoneSink for Names {
    fn publish(&self, zone: Zone) {
        *self.0.lock().unwrap() = zone;
    }

    fn change(&self, change: ZoneChange) {
        self.0.lock().unwrap().apply(change);
    }
}

/// Builds the control plane on the store in a directory.
pub(crate) async fn build(
    directory: &Path,
    clouds: Vec<Arc<dyn Cloud>>,
    discovery: Option<Duration>,
    retention: RetentionLimits,
) -> (Service, Arc<Names>) {
    let cipher = Cipher::from_bytes(&[7; 32]);
    let store = Arc::new(
        Sqlite::open(
            &directory.join("underpass.db"),
            cipher,
            Lineage::from_bits(1),
        )
        .unwrap(),
    );
    let names = Arc::new(Names(Mutex::new(Zone::empty("underpass.test"))));
    let accounts = u32::try_from(clouds.len()).unwrap();
    let account = |(number, cloud): (u32, Arc<dyn Cloud>)| {
        let account = Account {
            provider: Provider::Azure,
            regions: Vec::new(),
            projects: None,
            native_id: format!("p{number}"),
            cloud,
        };
        (fill::account(number * fill::RESIDENTS, accounts), account)
    };
    let accounts = (0..).zip(clouds).map(account).collect();
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        store: store.clone(),
        backups: store,
        accounts: Accounts::new(accounts),
        zone: names.clone(),
        clock: Arc::new(SystemClock),
        ids: Arc::new(Ids::from_system().unwrap()),
        settings: Settings {
            domain: "underpass.test".to_owned(),
            regions: KnownRegions::default(),
            nodes: NodePolicy::InsideVpc,
            endpoints: EndpointPolicy::Within("10.0.0.0/8".parse().unwrap()),
            api_hosts: Vec::new(),
            own_listeners: Vec::new(),
            discovery_interval: discovery,
            absence: AbsenceRule {
                window: SignedDuration::from_secs(4),
            },
            proof_key: ProofKey::from_bytes(&[7; 32]),
            reject_list: RejectList::default(),
            limits: Limits {
                project: ProjectLimits::unreachable(),
                retention,
            }
            .into(),
        },
        connections: Connections::new(ConnectionLimits::of_http()),
        metrics: Arc::new(String::new),
        background: BackgroundRuntime::start().unwrap(),
    };
    (options.build().await.unwrap(), names)
}

impl Running {
    /// Starts it on the store in a directory, which is made if there is none.
    pub(crate) async fn start(
        directory: &Path,
        clouds: &[Arc<MemoryCloud>],
        retention: RetentionLimits,
    ) -> Self {
        let clouds = clouds.iter().map(|it| Arc::clone(it) as Arc<dyn Cloud>);
        let (service, names) = build(directory, clouds.collect(), Some(DISCOVERY), retention).await;
        let app = service.app().clone();
        let token = Secret::new("a token of the operator, for the bench alone".to_owned());
        let beginning = Bootstrap {
            email: "ada@example.net".to_owned(),
            real_name: "Ada".to_owned(),
            project: "demo".parse().unwrap(),
            token: token.clone(),
        };
        bootstrap::ensure(&app, &beginning).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(service.run(stopped));
        Self {
            client: Client {
                router: router(app.clone(), Router::new()),
                token,
            },
            app,
            names,
            stop,
            served,
        }
    }

    /// Stops it, and closes the store.
    pub(crate) async fn stop(self) {
        let Self {
            app,
            client,
            stop,
            served,
            ..
        } = self;
        stop.send_replace(true);
        drop((app, client));
        served.await.unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}
