//! Emulated Google with the accounts of the provider and of the default consumer.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use ipnet::Ipv4Net;
use underpass_clouds::google::{Credentials, Google, Options as DriverOptions, Permission};
use underpass_clouds::{CountedTransport, Counters, HttpTransport};
use underpass_emulators::google as emulator;
use underpass_emulators::google::model::{IamBinding, IamPolicy, Role};
use underpass_model::cloud::Provider;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;
use underpass_server::accounts::Account;

use super::claimed_resources::ClaimedResources;
use super::identity::{GOOGLE_CONSUMER_PROJECT, GOOGLE_PROJECT, GoogleProvider};
use super::seed::google::{self as seed, ConsumerNetwork};
use crate::cli::up::UpArgs;
use crate::control_plane::process_limits::ProcessLimits;
use crate::control_plane::task_group::TaskGroup;
use crate::failure::Failure;
use crate::google::Compute;
use crate::http_client::{Trust, http_client};
use crate::ids;
use crate::ready::GoogleReady;

/// Directory of its state, below the data directory.
pub(super) const DIRECTORY: &str = "google";

/// A running emulated Google.
pub(super) struct EmulatedGoogle {
    pub(super) handle: emulator::Handle,
    /// Token of the control plane.
    token: Secret,
    /// Authenticated as the provider.
    pub(super) provider_compute: Compute,
    consumer_compute: Compute,
}

impl EmulatedGoogle {
    /// Starts it in a task group. Its clients' connections and flows count among `limits`.
    ///
    /// # Errors
    /// If its state cannot be read or its address is in use.
    pub(super) async fn start(
        claimed: &ClaimedResources,
        args: &UpArgs,
        limits: ProcessLimits,
        tasks: &mut TaskGroup,
    ) -> Result<Self, Failure> {
        let provider = GoogleProvider::open(claimed.directory.path())?;
        let consumers = claimed.consumers.range();
        let mut token = provider.token.clone();
        let mut principal = None;
        if args.enforce_roles {
            token = Secret::new(ids::secret()?);
            principal = Some(with_role(&token));
        }
        let options = emulator::Options {
            listen: args.google,
            admin_listen: ([127, 0, 0, 1], 0).into(),
            proxy_listen: None,
            metadata_listen: None,
            data_dir: claimed.directory.join(DIRECTORY),
            operation_delay: args.cloud_delay,
            further_regions: args.further_regions_of(Provider::Google),
            // The effect of a change shows immediately here; `emulate google` can delay it, as the
            // real cloud does.
            status_lag: Duration::ZERO,
            consumer_cidr: Some(consumers),
            provider_project: GOOGLE_PROJECT.to_owned(),
            provider_token: underpass_emulators::Secret::new(provider.token.expose()),
            service_account: None,
            principal,
        };
        let service = options.build().await.map_err(|error| failure(&error))?;
        let service = service.with_connections(limits.connections);
        let mut service = service.with_flow_limit(limits.flows);
        if let Some(directory) = &args.record {
            private_file::create_directory(directory)?;
            let recorded = service.with_record(&directory.join("google.jsonl"));
            service = recorded.map_err(|error| failure(&error))?;
        }
        let handle = service.handle();
        let stop = tasks.stop();
        tasks.start("emulated Google", async move {
            service.run(stop).await.map_err(|error| failure(&error))
        });

        let http = http_client(handle.base_url(), Trust::System)?;
        let compute = |token| Compute::new(http.clone(), handle.base_url(), token);
        let provider_compute = compute(Some(provider.token));
        let consumer_compute = compute(None);
        Ok(Self {
            handle,
            token,
            provider_compute,
            consumer_compute,
        })
    }

    /// Creates the resources of the first start: the default consumer's network.
    ///
    /// # Errors
    /// If the emulator refuses a request.
    pub(super) async fn seed(&self, consumers: Ipv4Net) -> Result<ConsumerNetwork, Failure> {
        seed::consumer(&self.consumer_compute, consumers).await
    }

    /// Account with which the control plane authenticates.
    ///
    /// # Errors
    /// If no HTTP client can be set up.
    pub(super) fn account(&self, counters: Arc<Counters>) -> Result<Account, Failure> {
        let transport = HttpTransport::new(None).map_err(|error| failure(&error))?;
        let transport = CountedTransport::new(Provider::Google, counters, Arc::new(transport));
        let options = DriverOptions {
            base_url: self.handle.base_url().to_owned(),
            project: GOOGLE_PROJECT.to_owned(),
            credentials: Credentials::AccessToken(self.token.clone()),
        };
        let google = Google::new(options, Arc::new(transport));
        Ok(Account {
            provider: Provider::Google,
            regions: Vec::new(),
            projects: None,
            native_id: GOOGLE_PROJECT.to_owned(),
            cloud: Arc::new(google),
        })
    }

    /// Member of the ready line.
    pub(super) fn ready(&self, consumer: ConsumerNetwork, portal: Option<String>) -> GoogleReady {
        GoogleReady {
            url: self.handle.base_url().to_owned(),
            portal,
            project: GOOGLE_PROJECT.to_owned(),
            consumer_project: GOOGLE_CONSUMER_PROJECT.to_owned(),
            consumer_network: consumer.network,
            consumer_subnet: consumer.subnet,
            region: seed::CONSUMER_REGION.to_owned(),
            admin_url: self.handle.admin_url(),
            admin_secret_file: self.handle.admin_secret_file().to_owned(),
        }
    }
}

/// A service account with a token and exactly the role of the account.
fn with_role(token: &Secret) -> emulator::Principal {
    let email = format!("underpass@{GOOGLE_PROJECT}.iam.gserviceaccount.com");
    let permissions = Permission::ALL.iter().map(|it| it.name().to_owned());
    let binding = IamBinding {
        role: Role::Custom {
            included_permissions: permissions.collect(),
        },
        members: vec![format!("serviceAccount:{email}")],
    };
    emulator::Principal {
        email,
        token: underpass_emulators::Secret::new(token.expose()),
        policy: IamPolicy {
            bindings: vec![binding],
        },
    }
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
