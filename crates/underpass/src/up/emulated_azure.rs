//! Emulated Azure with the accounts of the provider and of the default consumer.

use std::sync::Arc;

use error_reporter::Report;
use ipnet::Ipv4Net;
use underpass_clouds::azure::{Azure, Credentials, Options as DriverOptions, role_definition};
use underpass_clouds::{CountedTransport, Counters, HttpTransport, SecretSource};
use underpass_emulators::azure as emulator;
use underpass_emulators::azure::model::{RoleAssignment, RoleAssignments};
use underpass_model::cloud::Provider;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;
use underpass_server::accounts::Account;

use super::claimed_resources::ClaimedResources;
use super::identity::{self, AZURE_ACCOUNT, AzureProvider};
use super::seed::azure as seed;
use crate::azure::{Arm, Login};
use crate::cli::up::UpArgs;
use crate::control_plane::process_limits::ProcessLimits;
use crate::control_plane::task_group::TaskGroup;
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};
use crate::ids;
use crate::ready::AzureReady;

/// Directory of its state, below the data directory.
pub(super) const DIRECTORY: &str = "azure";

/// A running emulated Azure.
pub(super) struct EmulatedAzure {
    pub(super) handle: emulator::Handle,
    pub(super) provider: AzureProvider,
    /// Signed in as the provider.
    pub(super) provider_arm: Arm,
    consumer_arm: Arm,
    /// Login of the control plane.
    login: Login,
    ca: Vec<u8>,
}

impl EmulatedAzure {
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
        let provider = AzureProvider::open(claimed.directory.path())?;
        let consumers = claimed.consumers.range();
        let mut login = provider.login();
        let mut application = None;
        if args.enforce_roles {
            login = own_login(&provider)?;
            application = Some(with_role(&login, &provider.subscription)?);
        }
        let options = emulator::Options {
            listen: args.azure,
            admin_listen: ([127, 0, 0, 1], 0).into(),
            data_dir: claimed.directory.join(DIRECTORY),
            operation_delay: args.cloud_delay,
            further_regions: args.further_regions_of(Provider::Azure),
            consumer_cidr: Some(consumers),
            metadata_listen: None,
            consumer_dns: args.consumer_dns,
            provider_tenant: provider.tenant.clone(),
            provider_client: provider.client_id.clone(),
            provider_secret: underpass_emulators::Secret::new(provider.secret.expose()),
            provider_subscription: provider.subscription.clone(),
            public_host: None,
            application,
        };
        let service = options.build().await.map_err(|error| failure(&error))?;
        let service = service.with_connections(limits.connections);
        let mut service = service.with_flow_limit(limits.flows);
        if let Some(directory) = &args.record {
            private_file::create_directory(directory)?;
            let recorded = service.with_record(&directory.join("azure.jsonl"));
            service = recorded.map_err(|error| failure(&error))?;
        }
        let handle = service.handle();
        let stop = tasks.stop();
        tasks.start("emulated Azure", async move {
            service.run(stop).await.map_err(|error| failure(&error))
        });

        let ca = std::fs::read(handle.ca_path())
            .map_err(|error| Failure::caused("read emulated Azure's authority", &error))?;
        let http = http_client(handle.base_url(), Trust::Only(&ca))?;
        let arm = |login| Arm::new(http.clone(), handle.base_url(), login);
        let provider_arm = arm(provider.login());
        let consumer_arm = arm(Login::consumer(identity::CONSUMER_TENANT));
        Ok(Self {
            handle,
            provider,
            provider_arm,
            consumer_arm,
            login,
            ca,
        })
    }

    /// Creates the resources of the first start; returns the resource ID of the default consumer's
    /// subnet for endpoints.
    ///
    /// # Errors
    /// If the emulator refuses a request.
    pub(super) async fn seed(&self, consumers: Ipv4Net) -> Result<String, Failure> {
        let subnet = seed::consumer(&self.consumer_arm, consumers).await?;
        seed::account(&self.provider_arm, &self.provider.subscription).await?;
        Ok(subnet)
    }

    /// Account with which the control plane signs in.
    ///
    /// # Errors
    /// If no HTTP client can be set up.
    pub(super) fn account(&self, counters: Arc<Counters>) -> Result<Account, Failure> {
        let transport = HttpTransport::new(Some(&self.ca)).map_err(|error| failure(&error))?;
        let transport = CountedTransport::new(Provider::Azure, counters, Arc::new(transport));
        let options = DriverOptions {
            base_url: self.handle.base_url().to_owned(),
            authority: self.handle.base_url().to_owned(),
            scope: None,
            credentials: Credentials::ClientSecret {
                tenant: self.login.tenant.clone(),
                client_id: self.login.client_id.clone(),
                secret: SecretSource::Given(self.login.client_secret.clone()),
            },
            subscription: self.provider.subscription.clone(),
            resource_group: seed::ACCOUNT_GROUP.to_owned(),
        };
        Ok(Account {
            provider: Provider::Azure,
            regions: Vec::new(),
            projects: None,
            native_id: self.provider.subscription.clone(),
            cloud: Arc::new(Azure::new(options, Arc::new(transport))),
        })
    }

    /// Member of the ready line.
    pub(super) fn ready(&self, consumer_subnet: String, portal: Option<String>) -> AzureReady {
        AzureReady {
            url: self.handle.base_url().to_owned(),
            portal,
            consumer_dns: self.handle.consumer_dns_address().map(|it| it.to_string()),
            ca: self.handle.ca_path().to_owned(),
            tenant: self.provider.tenant.clone(),
            subscription: self.provider.subscription.clone(),
            consumer_tenant: identity::CONSUMER_TENANT.to_owned(),
            consumer_subscription: identity::CONSUMER_SUBSCRIPTION.to_owned(),
            consumer_subnet,
            consumer_location: seed::CONSUMER_LOCATION.to_owned(),
            client_id: self.provider.client_id.clone(),
            secret_file: self.provider.secret_file.clone(),
            admin_url: self.handle.admin_url(),
            admin_secret_file: self.handle.admin_secret_file().to_owned(),
        }
    }
}

/// Login of an application that only the control plane uses.
fn own_login(provider: &AzureProvider) -> Result<Login, Failure> {
    Ok(Login {
        tenant: provider.tenant.clone(),
        client_id: identity::CONTROL_PLANE_CLIENT_ID.to_owned(),
        client_secret: Secret::new(ids::secret()?),
    })
}

/// The application of a login, with exactly the role of the account.
fn with_role(login: &Login, subscription: &str) -> Result<emulator::Application, Failure> {
    let scope = format!("/subscriptions/{subscription}");
    let definition = role_definition(AZURE_ACCOUNT, std::slice::from_ref(&scope));
    let role = serde_json::from_value(definition)
        .map_err(|error| Failure::caused("read the role of the control plane", &error))?;
    let assignment = RoleAssignment {
        principal: login.client_id.clone(),
        scope,
        role,
    };
    Ok(emulator::Application {
        client_id: login.client_id.clone(),
        secret: underpass_emulators::Secret::new(login.client_secret.expose()),
        assignments: RoleAssignments {
            assignments: vec![assignment],
        },
    })
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
