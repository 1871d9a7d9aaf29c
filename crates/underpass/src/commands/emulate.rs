//! `emulate azure|google|machines`

mod client_file;
mod machines;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use error_reporter::Report;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_emulators::{Secret, azure, google};
use underpass_model::cloud::CloudName;
use underpass_net::connections::{ConnectionLimits, Connections};
use underpass_private_file as private_file;

use crate::azure::{Arm, Login};
use crate::cli::emulate::{EmulateAzureArgs, EmulateCommand, EmulateGoogleArgs};
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::google::Compute;
use crate::http_client::{Trust, http_client};
use crate::portal::{
    self, AzurePortal, AzurePortalOptions, GooglePortal, GooglePortalOptions, Pages,
};
use crate::printer::Printer;
use crate::settings::Settings;
use crate::up::{identity, ports, seed};
use crate::weather;

pub(super) async fn run(
    command: EmulateCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        EmulateCommand::Azure(args) => Box::pin(emulate_azure(args, printer)).await,
        EmulateCommand::Google(args) => emulate_google(args, printer).await,
        EmulateCommand::Machines(args) => machines::run(&args, settings, printer).await,
    }
}

async fn emulate_azure(args: EmulateAzureArgs, printer: Printer) -> Result<(), Failure> {
    let weather = weather::read(&args.weather.weather)?;
    let provider = identity::AzureProvider::open(&args.state)?;
    let options = azure::Options {
        listen: args.listen,
        admin_listen: args.admin,
        data_dir: args.state.clone(),
        operation_delay: args.cloud_delay,
        further_regions: regions(&args.further_regions),
        consumer_cidr: Some(args.consumer_cidr),
        metadata_listen: args.metadata,
        consumer_dns: args.consumer_dns,
        provider_tenant: provider.tenant.clone(),
        provider_client: provider.client_id.clone(),
        application: None,
        provider_secret: Secret::new(provider.secret.expose()),
        provider_subscription: provider.subscription.clone(),
        public_host: args.public_host,
    };
    let service = options
        .build()
        .await
        .map_err(|error| Failure::refused(Report::new(&error)))?;
    let connections = Connections::new(ConnectionLimits::of_http());
    let mut service = service.with_connections(connections.clone());
    if let Some(file) = &args.record {
        let recorded = service.with_record(file);
        service = recorded.map_err(|error| Failure::refused(Report::new(&error)))?;
    }
    let handle = service.handle();
    let stopped = signals::stop_on_signal()?;
    let portal = match args.portal {
        Some(address) => {
            let ca = std::fs::read(handle.ca_path()).map_err(|error| {
                Failure::caused("read the emulated cloud's CA certificate", &error)
            })?;
            let pages = AzurePortal::new(AzurePortalOptions {
                url: handle.base_url().to_owned(),
                ca,
                tenant: identity::CONSUMER_TENANT.to_owned(),
                subscription: identity::CONSUMER_SUBSCRIPTION.to_owned(),
                subnet: None,
                location: seed::AZURE_LOCATION.to_owned(),
            })?;
            Some(BoundPortal::bind(address, pages).await?)
        }
        None => None,
    };
    let ready = json!({
        "ready": true,
        "schema": 1,
        "pid": std::process::id(),
        "url": handle.base_url(),
        "ca": handle.ca_path(),
        "metadata": handle.metadata_address().map(|address| format!("http://{address}")),
        "tenant": provider.tenant,
        "subscription": provider.subscription,
        "resource_group": args.prepared.then_some(seed::azure::ACCOUNT_GROUP),
        "consumer_dns": handle.consumer_dns_address(),
        "consumer_tenant": identity::CONSUMER_TENANT,
        "consumer_subscription": identity::CONSUMER_SUBSCRIPTION,
        "consumer_subnet": "",
        "consumer_location": seed::AZURE_LOCATION,
        "client_id": provider.client_id,
        "secret_file": provider.secret_file,
        "consumer_cidr": args.consumer_cidr,
        "portal": portal.as_ref().map(BoundPortal::url),
        "admin_url": handle.admin_url(),
        "admin_secret_file": handle.admin_secret_file(),
    });
    let cloud = async {
        let ended = service.run(stopped.clone()).await;
        ended.map_err(|error| Failure::refused(Report::new(&error)))
    };
    let announced = async {
        let mut network = Vec::new();
        if args.prepared {
            let ca = std::fs::read(handle.ca_path()).map_err(|error| {
                Failure::caused("read the emulated cloud's CA certificate", &error)
            })?;
            let http = http_client(handle.base_url(), Trust::Only(&ca))?;
            let arm = |login| Arm::new(http.clone(), handle.base_url(), login);
            let consumer = arm(Login::consumer(identity::CONSUMER_TENANT));
            let subnet = seed::azure::consumer(&consumer, args.consumer_cidr).await?;
            network.push(("consumer_subnet", subnet));
            let provider_arm = arm(provider.login());
            seed::azure::account(&provider_arm, &provider.subscription).await?;
        }
        handle.begin_weather(weather, args.weather.weather_seed);
        // The listeners are bound: a connection is accepted now and answered once the cloud runs.
        client_file::announce(&args.state, ready, network, printer)
    };
    let running = run_with_portal(cloud, portal, connections, stopped.clone());
    let ended = tokio::try_join!(running, announced);
    client_file::remove(&args.state);
    ended.map(|((), ())| ())
}

async fn emulate_google(args: EmulateGoogleArgs, printer: Printer) -> Result<(), Failure> {
    let weather = weather::read(&args.weather.weather)?;
    private_file::create_directory(&args.state)?;
    let provider = match &args.provider_token_file {
        Some(file) => identity::GoogleProvider::in_file(file)?,
        None => identity::GoogleProvider::open(&args.state)?,
    };
    let options = google::Options {
        listen: args.listen,
        admin_listen: args.admin,
        proxy_listen: args.proxy,
        metadata_listen: args.metadata,
        data_dir: args.state.clone(),
        operation_delay: args.cloud_delay,
        further_regions: regions(&args.further_regions),
        status_lag: args.status_lag,
        consumer_cidr: Some(args.consumer_cidr),
        provider_project: args.project.clone(),
        principal: None,
        provider_token: Secret::new(provider.token.expose()),
        service_account: args.service_account.as_deref().map(key_file).transpose()?,
    };
    let service = options
        .build()
        .await
        .map_err(|error| Failure::refused(Report::new(&error)))?;
    let connections = Connections::new(ConnectionLimits::of_http());
    let mut service = service.with_connections(connections.clone());
    if let Some(file) = &args.record {
        let recorded = service.with_record(file);
        service = recorded.map_err(|error| Failure::refused(Report::new(&error)))?;
    }
    let handle = service.handle();
    let stopped = signals::stop_on_signal()?;
    let portal = match args.portal {
        Some(address) => {
            let pages = GooglePortal::new(GooglePortalOptions {
                url: handle.base_url().to_owned(),
                project: identity::GOOGLE_CONSUMER_PROJECT.to_owned(),
                subnet: None,
                region: seed::GOOGLE_REGION.to_owned(),
            })?;
            Some(BoundPortal::bind(address, pages).await?)
        }
        None => None,
    };
    let http = |address: SocketAddr| format!("http://{address}");
    let ready = json!({
        "ready": true,
        "schema": 1,
        "pid": std::process::id(),
        "url": handle.base_url(),
        "project": args.project,
        "consumer_project": identity::GOOGLE_CONSUMER_PROJECT,
        "consumer_network": "",
        "consumer_subnet": "",
        "region": seed::GOOGLE_REGION,
        "token_file": provider.token_file,
        "consumer_cidr": args.consumer_cidr,
        "proxy": handle.proxy_address().map(http),
        "ca": handle.ca_path(),
        "metadata": handle.metadata_address().map(http),
        "portal": portal.as_ref().map(BoundPortal::url),
        "admin_url": handle.admin_url(),
        "admin_secret_file": handle.admin_secret_file(),
    });
    let cloud = async {
        let ended = service.run(stopped.clone()).await;
        ended.map_err(|error| Failure::refused(Report::new(&error)))
    };
    let announced = async {
        let mut network = Vec::new();
        if args.prepared {
            let http = http_client(handle.base_url(), Trust::System)?;
            let consumer = Compute::new(http, handle.base_url(), None);
            let made = seed::google::consumer(&consumer, args.consumer_cidr).await?;
            network.push(("consumer_network", made.network));
            network.push(("consumer_subnet", made.subnet));
        }
        handle.begin_weather(weather, args.weather.weather_seed);
        // The listeners are bound: a connection is accepted now and answered once the cloud runs.
        client_file::announce(&args.state, ready, network, printer)
    };
    let running = run_with_portal(cloud, portal, connections, stopped.clone());
    let ended = tokio::try_join!(running, announced);
    client_file::remove(&args.state);
    ended.map(|((), ())| ())
}

/// Returns the provider's own names of regions.
fn regions(allowed: &[CloudName]) -> BTreeSet<String> {
    let names = allowed.iter().map(|cloud| cloud.region().to_owned());
    names.collect()
}

/// A portal with a bound listener, not served yet.
struct BoundPortal<P> {
    listener: TcpListener,
    address: SocketAddr,
    pages: P,
}

impl<P: Pages> BoundPortal<P> {
    async fn bind(address: SocketAddr, pages: P) -> Result<Self, Failure> {
        let listener = ports::listen(address, "--portal").await?;
        Ok(Self {
            address: ports::address_of(&listener)?,
            listener,
            pages,
        })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Runs a cloud with its portal, if any, until both have stopped.
async fn run_with_portal(
    cloud: impl Future<Output = Result<(), Failure>>,
    portal: Option<BoundPortal<impl Pages>>,
    connections: Connections,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let Some(portal) = portal else {
        return cloud.await;
    };
    let pages = portal::serve(portal.listener, portal.pages, connections, stop);
    tokio::try_join!(cloud, pages).map(|((), ())| ())
}

fn key_file(path: &Path) -> Result<Secret, Failure> {
    match private_file::read_to_string(path)? {
        Some(content) => Ok(Secret::new(content)),
        None => Err(
            Failure::refused(format!("there is no key file {}", path.display()))
                .hint("give the JSON key file of a service account"),
        ),
    }
}
