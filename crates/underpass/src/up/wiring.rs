//! Puts the parts together: emulated cloud, store, driver, API with its workers, DNS, and the
//! machine room; and takes them apart in order.
//!
//! At the end, whoever asks stops first: the API and its workers before the cloud they act in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::Ipv4Net;
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_clouds::azure::{Azure, Options as DriverOptions};
use underpass_clouds::{CountedTransport, Counters, HttpTransport};
use underpass_emulators::azure as emulator;
use underpass_model::cloud::Provider;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::service::NodePolicy;
use underpass_model::zone::Zone;
use underpass_net::dns;
use underpass_server::accounts::{Account, Accounts};
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::clock::SystemClock;
use underpass_server::ids::Ids;
use underpass_server::publish::ZoneSink;
use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_server::{service as server, token};
use underpass_store::{Sealer, Sqlite};

use super::consumer_cidr::ConsumerCidr;
use super::data_dir::DataDir;
use super::identity::{self, AzureProvider};
use super::keep::Keep;
use super::machine_room::{HostTable, MachineRoom};
use super::watched_store::WatchedStore;
use super::{ports, seed};
use crate::azure::{Arm, Login};
use crate::cli::up::UpArgs;
use crate::client::{Client, http_client};
use crate::failure::{Chain, Failure};
use crate::private_file;
use crate::ready::{AzureReady, Ready, SCHEMA};
use crate::settings::Target;

/// The project of the first start.
const PROJECT: &str = "demo";

/// The user of the first start.
const OPERATOR: &str = "operator@underpass.test";

/// The name of the emulated Azure account.
const ACCOUNT: &str = "azure";

/// Where emulated Azure keeps its state.
const AZURE_DIR: &str = "azure";

const STORE: &str = "store.sqlite";
const STORE_KEY: &str = "store.key";

type Tasks = JoinSet<(&'static str, Result<(), Failure>)>;

/// A running `up`.
pub(crate) struct Up {
    ready: Ready,
    client_file: PathBuf,
    /// API, workers, machine room.
    upper: Floor,
    /// DNS, emulated clouds.
    lower: Floor,
    emulator: emulator::Handle,
    // Let go of last.
    _consumers: ConsumerCidr,
    _directory: DataDir,
}

/// Tasks that stop together.
struct Floor {
    tasks: Tasks,
    stop: watch::Sender<bool>,
}

/// The zone goes to the DNS server of this process.
struct Names(dns::Handle);

impl ZoneSink for Names {
    fn publish(&self, zone: Zone) {
        self.0.publish(zone);
    }
}

impl Up {
    /// Starts everything; returns when everything answers.
    pub(crate) async fn start(path: &Path, args: &UpArgs) -> Result<Self, Failure> {
        let directory = DataDir::open(path)?;
        let mut keep = Keep::open(&directory)?;
        let api = ports::remembered(args.api, keep.choices().api_port);
        let dns_listen = ports::remembered(args.dns, keep.choices().dns_port);
        ports::check_free(api, "--api").await?;
        ports::check_free(args.azure, "--azure").await?;
        let names = dns::Options { listen: dns_listen, domain: args.domain.clone() };
        let names = names.bind().await.map_err(|error| failure(&error))?;
        let consumers = ConsumerCidr::claim(args.consumer_cidr, keep.choices().consumer_cidr)?;
        keep.choose(|choices| choices.consumer_cidr = Some(consumers.range()))?;

        let mut lower = Floor::new();
        let provider = AzureProvider::open(directory.path())?;
        let cloud = emulate(&directory, args, &provider, consumers.range()).await?;
        let emulator = cloud.handle();
        let dns_address = names.local_addr();
        let zone = Arc::new(Names(names.handle()));
        let stop = lower.stop();
        lower.tasks.spawn(async move {
            names.run(stop).await;
            ("DNS", Ok(()))
        });
        let stop = lower.stop();
        lower.tasks.spawn(async move {
            ("emulated Azure", cloud.run(stop).await.map_err(|error| failure(&error)))
        });

        let ca = std::fs::read(emulator.ca_path())
            .map_err(|error| Failure::caused("read emulated Azure's authority", &error))?;
        let http = http_client(emulator.base_url(), Some(&ca))?;
        let arm = |login| Arm::new(http.clone(), emulator.base_url(), login);
        let provider_arm = arm(Login {
            tenant: provider.tenant.clone(),
            client_id: provider.client_id.clone(),
            client_secret: provider.secret.clone(),
        });
        let consumer_arm = arm(Login::consumer(identity::CONSUMER_TENANT));
        let consumer_subnet = seed::consumer(&consumer_arm, consumers.range()).await?;
        seed::account(&provider_arm, &provider.subscription).await?;

        let counters = Arc::new(Counters::default());
        let settings = Settings {
            domain: args.domain.clone(),
            nodes: NodePolicy::Loopback { consumers: consumers.range() },
            endpoints: EndpointPolicy::Within(consumers.range()),
            api_hosts: Vec::new(),
            own_listeners: vec![dns_address, emulator.address(), emulator.admin_address()],
            discovery_interval: args.discovery_interval.0,
        };
        let ids = Ids::from_system().map_err(|error| failure(&error))?;
        let operator_token = directory.token(|| token::draw(&ids))?;
        let rendered = Arc::clone(&counters);
        let (store, bell) = WatchedStore::new(open_store(&directory)?);
        let control_plane = server::Options {
            listen: api,
            store: Arc::new(store),
            accounts: accounts(&emulator, &provider, &ca, counters)?,
            zone,
            clock: Arc::new(SystemClock),
            ids: Arc::new(ids),
            settings,
            metrics: Arc::new(move || rendered.render()),
        };
        let control_plane = control_plane.build().await.map_err(|error| failure(&error))?;
        let beginning = Bootstrap {
            email: OPERATOR.to_owned(),
            real_name: "Operator".to_owned(),
            project: project_name()?,
            token: operator_token.clone(),
        };
        bootstrap::ensure(control_plane.app(), &beginning)
            .await
            .map_err(|error| Failure::refused(format!("make the first project: {error:?}")))?;
        let api_address = control_plane.local_addr();
        keep.choose(|choices| {
            choices.api_port = ports::to_remember(args.api, api_address).or(choices.api_port);
            choices.dns_port = ports::to_remember(args.dns, dns_address).or(choices.dns_port);
        })?;

        let mut upper = Floor::new();
        let stop = upper.stop();
        upper.tasks.spawn(async move {
            control_plane.run(stop).await;
            ("the API", Ok(()))
        });
        let url = format!("http://{api_address}");
        let client = Client::new(Target { url: url.clone(), token: operator_token })?;
        let room = MachineRoom {
            client: client.clone(),
            arm: provider_arm,
            subscription: provider.subscription.clone(),
            bell,
            hosts: HostTable {
                http: http_client(&emulator.admin_url(), None)?,
                admin_url: emulator.admin_url(),
                secret: underpass_model::credentials::Secret::new(
                    emulator.admin_secret().reveal().to_owned(),
                ),
            },
        };
        let stop = upper.stop();
        upper.tasks.spawn(async move {
            room.run(stop).await;
            ("the machine room", Ok(()))
        });
        let project_vpcs = seed::project_vpcs(&client, PROJECT, &mut keep).await?;

        let ready = Ready {
            ready: true,
            schema: SCHEMA,
            pid: std::process::id(),
            data_dir: directory.path().to_owned(),
            api: url,
            token_file: directory.token_file(),
            project: PROJECT.to_owned(),
            project_vpcs,
            domain: args.domain.clone(),
            dns: dns_address.to_string(),
            consumer_cidr: consumers.range().to_string(),
            console: None,
            azure: Some(AzureReady {
                url: emulator.base_url().to_owned(),
                ca: emulator.ca_path().to_owned(),
                tenant: provider.tenant,
                subscription: provider.subscription,
                consumer_tenant: identity::CONSUMER_TENANT.to_owned(),
                consumer_subscription: identity::CONSUMER_SUBSCRIPTION.to_owned(),
                consumer_subnet,
                consumer_location: seed::CONSUMER_LOCATION.to_owned(),
                client_id: provider.client_id,
                secret_file: provider.secret_file,
            }),
            google: None,
            aws: None,
        };
        let client_file = directory.client_file();
        private_file::write(&client_file, format!("{}\n", ready.line()?).as_bytes())?;
        Ok(Self {
            ready,
            client_file,
            upper,
            lower,
            emulator,
            _consumers: consumers,
            _directory: directory,
        })
    }

    /// Where everything answers.
    pub(crate) const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The emulated cloud, for whoever wants to look behind it.
    pub(crate) const fn emulator(&self) -> &emulator::Handle {
        &self.emulator
    }

    /// Runs until `stop` turns true or a part gives up, then stops everything in order.
    pub(crate) async fn run_until(mut self, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
        let ended = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            ended = self.upper.first_end() => ended,
            ended = self.lower.first_end() => ended,
        };
        ended.and(self.stop().await)
    }

    /// Stops everything in order.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        // Clients are not to look for what is going away. If it is not there, so much the better.
        let _ = std::fs::remove_file(&self.client_file);
        let upper = self.upper.end().await;
        let lower = self.lower.end().await;
        upper.and(lower)
    }
}

impl Floor {
    fn new() -> Self {
        Self { tasks: JoinSet::new(), stop: watch::Sender::new(false) }
    }

    fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Waits until a task ends by itself, which none should.
    async fn first_end(&mut self) -> Result<(), Failure> {
        match self.tasks.join_next().await {
            Some(Ok((part, Ok(())))) => Err(Failure::ours(format!("{part} ended by itself"))),
            Some(Ok((part, Err(failure)))) => Err(Failure::refused(format!("{part}: {failure}"))),
            Some(Err(error)) => Err(Failure::ours(format!("a part broke: {error}"))),
            None => std::future::pending().await,
        }
    }

    /// Asks every task to end and waits for it.
    async fn end(mut self) -> Result<(), Failure> {
        // No receiver left means that nothing runs.
        let _ = self.stop.send(true);
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.map_err(|error| Failure::ours(format!("a part broke: {error}")));
            let ended = ended.and_then(|(part, ended)| {
                ended.map_err(|failure| Failure::refused(format!("{part}: {failure}")))
            });
            outcome = outcome.and(ended);
        }
        outcome
    }
}

async fn emulate(
    directory: &DataDir,
    args: &UpArgs,
    provider: &AzureProvider,
    consumers: Ipv4Net,
) -> Result<emulator::Service, Failure> {
    let options = emulator::Options {
        listen: args.azure,
        admin_listen: ([127, 0, 0, 1], 0).into(),
        data_dir: directory.join(AZURE_DIR),
        operation_delay: args.cloud_delay,
        consumer_cidr: Some(consumers),
        provider_tenant: provider.tenant.clone(),
        provider_client: provider.client_id.clone(),
        provider_secret: underpass_emulators::Secret::new(provider.secret.expose()),
        provider_subscription: provider.subscription.clone(),
        public_host: None,
    };
    options.build().await.map_err(|error| failure(&error))
}

fn open_store(directory: &DataDir) -> Result<Sqlite, Failure> {
    let sealer =
        Sealer::from_key_file(&directory.join(STORE_KEY)).map_err(|error| failure(&error))?;
    Sqlite::open(&directory.join(STORE), sealer).map_err(|error| failure(&error))
}

fn accounts(
    emulator: &emulator::Handle,
    provider: &AzureProvider,
    ca: &[u8],
    counters: Arc<Counters>,
) -> Result<Accounts, Failure> {
    let transport = HttpTransport::new(Some(ca)).map_err(|error| failure(&error))?;
    let transport = CountedTransport::new(Provider::Azure, counters, Arc::new(transport));
    let options = DriverOptions {
        base_url: emulator.base_url().to_owned(),
        authority: emulator.base_url().to_owned(),
        scope: None,
        tenant: provider.tenant.clone(),
        subscription: provider.subscription.clone(),
        client_id: provider.client_id.clone(),
        client_secret: provider.secret.clone(),
        resource_group: seed::ACCOUNT_GROUP.to_owned(),
    };
    let account = Account {
        provider: Provider::Azure,
        regions: Vec::new(),
        label: provider.subscription.clone(),
        cloud: Arc::new(Azure::new(options, Arc::new(transport))),
    };
    let name: AccountName = ACCOUNT.parse().map_err(|error| failure(&error))?;
    Ok(Accounts::new(BTreeMap::from([(name, account)])))
}

fn project_name() -> Result<ProjectName, Failure> {
    PROJECT.parse().map_err(|error| failure(&error))
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Chain(error))
}
