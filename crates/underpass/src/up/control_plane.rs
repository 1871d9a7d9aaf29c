//! Control plane of an `up`: its store, settings and first user.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use error_reporter::Report;
use jiff::SignedDuration;
use underpass_clouds::Counters;
use underpass_console::Portals;
use underpass_model::credentials::Secret;
use underpass_model::name::AccountName;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_model::zone::{Zone, ZoneChange};
use underpass_net::dns;
use underpass_server::accounts::Accounts;
use underpass_server::api::Error;
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::changes::Listener;
use underpass_server::clock::{Clock as _, SystemClock};
use underpass_server::ids::Ids;
use underpass_server::proof_key::ProofKey;
use underpass_server::publish::ZoneSink;
use underpass_server::recovery::hold_all;
use underpass_server::runtime::BackgroundRuntime;
use underpass_server::settings::{EndpointPolicy, Settings};
use underpass_server::{service, token};
use underpass_store::{Cipher, Lineage, Sqlite};

use super::claimed_resources::ClaimedResources;
use super::console;
use super::data_dir::{DataDir, STORE, STORE_KEY};
use super::emulated_azure::EmulatedAzure;
use super::emulated_google::EmulatedGoogle;
use super::files_beside_store;
use super::process_limits::ProcessLimits;
use crate::cli::up::UpArgs;
use crate::failure::Failure;

/// Project created at the first start.
pub(super) const PROJECT: &str = "demo";

/// User created at the first start.
const OPERATOR: &str = "operator@underpass.test";

/// Names of the emulated clouds' accounts.
pub(super) const AZURE_ACCOUNT: &str = "azure";
pub(super) const GOOGLE_ACCOUNT: &str = "google";

/// Purpose of the key that proves our links and decisions. Proofs at the providers depend on it.
const PROOF_KEY: &str = "underpass decision proof 1";

/// A control plane that is bound to its address but does not answer yet.
pub(super) struct ControlPlane {
    pub(super) service: service::Service,
    /// Access token of the operator.
    pub(super) token: Secret,
    /// Notifies of possible changes.
    pub(super) changes: Listener,
}

/// Publishes the zone to the DNS server of this process.
struct DnsServer(dns::Handle);

impl ZoneSink for DnsServer {
    fn publish(&self, zone: Zone) {
        self.0.publish(zone);
    }

    fn change(&self, change: ZoneChange) {
        self.0.change(change);
    }
}

impl ControlPlane {
    /// Opens the store and creates the first project. No service may have an address of
    /// `other_listeners` or of the emulated clouds. The console links to `portals`. Clients'
    /// connections count among `limits`.
    ///
    /// # Errors
    /// If the store cannot be opened, the address is in use, or the project cannot be created.
    pub(super) async fn build(
        claimed: &ClaimedResources,
        args: &UpArgs,
        clouds: (&EmulatedAzure, &EmulatedGoogle),
        dns: dns::Handle,
        other_listeners: &[SocketAddr],
        portals: Portals,
        limits: ProcessLimits,
    ) -> Result<Self, Failure> {
        let (azure, google) = clouds;
        let consumers = claimed.consumers.range();
        let key_file = claimed.directory.join(STORE_KEY);
        let cipher = Cipher::from_key_file(&key_file).map_err(|error| failure(&error))?;
        let settings = Settings {
            domain: args.domain.clone(),
            regions: KnownRegions::with(args.further_regions.iter().cloned()),
            nodes: NodePolicy::Loopback { consumers },
            endpoints: EndpointPolicy::Within(consumers),
            api_hosts: args.api_hosts.clone(),
            own_listeners: [
                azure.handle.address(),
                azure.handle.admin_address(),
                google.handle.address(),
                google.handle.admin_address(),
            ]
            .iter()
            .chain(other_listeners)
            .copied()
            .collect(),
            discovery_interval: args.discovery_interval.0,
            absence: AbsenceRule {
                window: SignedDuration::try_from(args.absence_window)
                    .map_err(|error| failure(&error))?,
            },
            proof_key: ProofKey::from_bytes(&cipher.derive_key(PROOF_KEY)),
            reject_list: args.google_reject.into(),
            limits: args.limits.limits(),
        };
        let ids = Ids::from_system().map_err(|error| failure(&error))?;
        let token = claimed.directory.token(|| token::draw(&ids))?;
        let store = Arc::new(open_store(&claimed.directory, cipher, ids.lineage())?);
        let counters = Arc::new(Counters::default());
        let (rendered, of_process) = (Arc::clone(&counters), limits.clone());
        let account = |name: &str| -> Result<AccountName, Failure> {
            name.parse().map_err(|error| failure(&error))
        };
        let accounts = BTreeMap::from([
            (
                account(AZURE_ACCOUNT)?,
                azure.account(Arc::clone(&counters))?,
            ),
            (account(GOOGLE_ACCOUNT)?, google.account(counters)?),
        ]);
        let accounts = Accounts::new(accounts);
        recognise(&store, &accounts).await?;
        let background = BackgroundRuntime::start()
            .map_err(|error| Failure::ours(format!("start the runtime: {error}")))?;
        let options = service::Options {
            listen: claimed.api,
            store: Arc::clone(&store) as _,
            backups: store,
            accounts,
            zone: Arc::new(DnsServer(dns)),
            clock: Arc::new(SystemClock),
            ids: Arc::new(ids),
            settings,
            connections: limits.connections,
            metrics: Arc::new(move || {
                let connections = of_process.connections.counts().render_http();
                rendered.render() + &connections + &of_process.flows.render()
            }),
            background,
        };
        let service = options.build().await.map_err(|error| failure(&error))?;
        let beginning = Bootstrap {
            email: OPERATOR.to_owned(),
            real_name: "Operator".to_owned(),
            project: PROJECT.parse().map_err(|error| failure(&error))?,
            token: token.clone(),
        };
        bootstrap::ensure(service.app(), &beginning)
            .await
            .map_err(|error| match error {
                Error::Refused(refusal) => Failure::refused(refusal.message),
                other => Failure::ours(format!("create the first project: {other:?}")),
            })?;
        let pages = console::pages(service.app(), portals, files_beside_store::ALL);
        Ok(Self {
            changes: service.app().changes.listen(),
            service: service.with_routes(pages),
            token,
        })
    }
}

fn open_store(directory: &DataDir, cipher: Cipher, lineage: Lineage) -> Result<Sqlite, Failure> {
    Sqlite::open(&directory.join(STORE), cipher, lineage).map_err(|error| failure(&error))
}

/// Puts every account on hold if the store is older than it was. Nothing may run yet that writes to a
/// cloud.
async fn recognise(store: &Sqlite, accounts: &Accounts) -> Result<(), Failure> {
    let Some(older) = store.older() else {
        return Ok(());
    };
    hold_all(store, accounts.names(), SystemClock.now())
        .await
        .map_err(|error| failure(&error))?;
    tracing::warn!(
        ?older,
        "the store is older than it was; nothing is written to any account until an operator \
         compared with `underpass recovery show`"
    );
    // Only after the holds are stored: a crash in between repeats both.
    let accepted = store.accept_as_newest().await;
    accepted.map_err(|error| failure(&error))
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
