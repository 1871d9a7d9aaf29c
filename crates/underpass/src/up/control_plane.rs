//! Control plane of an `up`: its accounts and settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use error_reporter::Report;
use jiff::SignedDuration;
use underpass_clouds::Counters;
use underpass_console::Portals;
use underpass_model::name::AccountName;
use underpass_model::reconcile::AbsenceRule;
use underpass_model::region::KnownRegions;
use underpass_model::service::NodePolicy;
use underpass_net::dns;
use underpass_server::health_reads::HealthReads;
use underpass_server::settings::{EndpointPolicy, Settings};

use super::claimed_resources::ClaimedResources;
use super::emulated_azure::EmulatedAzure;
use super::emulated_google::EmulatedGoogle;
use super::files_beside_store;
use super::identity::{AZURE_ACCOUNT, GOOGLE_ACCOUNT};
use crate::cli::up::UpArgs;
use crate::control_plane::process_limits::ProcessLimits;
use crate::control_plane::{ControlPlane, FirstProject, Options, StoreEngine};
use crate::failure::Failure;

/// Project created at the first start.
pub(super) const PROJECT: &str = "demo";

/// User created at the first start.
const OPERATOR: &str = "operator@underpass.test";

/// Opens the store and creates the first project. No service may have an address of `other_listeners`
/// or of the emulated clouds. The console links to `portals`. Clients' connections count among
/// `limits`.
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
) -> Result<ControlPlane, Failure> {
    let (azure, google) = clouds;
    let consumers = claimed.consumers.range();
    let window = SignedDuration::try_from(args.absence_window).map_err(|error| failure(&error))?;
    let counters = Arc::new(Counters::default());
    let name = |name: &str| -> Result<AccountName, Failure> {
        name.parse().map_err(|error| failure(&error))
    };
    let accounts = BTreeMap::from([
        (name(AZURE_ACCOUNT)?, azure.account(Arc::clone(&counters))?),
        (
            name(GOOGLE_ACCOUNT)?,
            google.account(Arc::clone(&counters))?,
        ),
    ]);
    let options = Options {
        listen: claimed.api,
        directory: &claimed.directory,
        engine: StoreEngine::Sqlite,
        key_file: None,
        accounts,
        counters,
        dns,
        first: FirstProject {
            project: PROJECT.to_owned(),
            operator: OPERATOR.to_owned(),
        },
        portals,
        files: &files_beside_store::ALL,
        limits,
        health_reads: Some(HealthReads::EMULATED),
    };
    let built = options.build(|proof_key| Settings {
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
        absence: AbsenceRule { window },
        proof_key,
        reject_list: args.google_reject.into(),
        limits: args.limits.limits().into(),
    });
    built.await
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
