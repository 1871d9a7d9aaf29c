//! Startup and shutdown of an `up`.
//!
//! There are two task groups. The dependents call the others and stop first: the API with its
//! workers, the node provisioner and the portals. The dependencies stop last: DNS and the clouds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio::sync::watch;
use underpass_console::Portals;
use underpass_emulators::{azure, google};
use underpass_net::connections::Connections;
use underpass_private_file as private_file;
use underpass_server::changes::Listener;

use super::claimed_resources::{BoundAddresses, ClaimedResources, Listeners};
use super::control_plane::{self, PROJECT};
use super::emulated_azure::EmulatedAzure;
use super::emulated_google::EmulatedGoogle;
use super::identity::{AZURE_ACCOUNT, GOOGLE_ACCOUNT, GOOGLE_PROJECT};
use super::node_provisioner::{
    AzureNodeProvisioner, Changes, GoogleNodeProvisioner, HostTable, NodeProvisioner, UsedNodes,
};
use super::saved_choices::SavedChoices;
use super::{ports, seed};
use crate::cli::up::UpArgs;
use crate::client::Client;
use crate::control_plane::process_limits::ProcessLimits;
use crate::control_plane::start_dns;
use crate::control_plane::task_group::TaskGroup;
use crate::failure::Failure;
use crate::portal::{self, AzurePortal, GooglePortal};
use crate::ready::{Ready, SCHEMA};
use crate::settings::Target;

/// Code of a refusal because a document of the store cannot be read.
const UNREADABLE: &str = "stored_document_unreadable";

/// A running `up`.
pub(crate) struct Up {
    ready: Ready,
    client_file: PathBuf,
    dependents: TaskGroup,
    dependencies: TaskGroup,
    azure: azure::Handle,
    google: google::Handle,
    /// Released last.
    _claimed: ClaimedResources,
}

impl Up {
    /// Starts all parts; returns when all of them answer.
    ///
    /// # Errors
    /// If a resource cannot be claimed or a part does not start.
    pub(crate) async fn start(path: &Path, args: &UpArgs) -> Result<Self, Failure> {
        let (mut claimed, listeners) = ClaimedResources::claim(path, args).await?;
        let Listeners {
            dns: dns_server,
            azure_portal,
            google_portal,
        } = listeners;
        let azure_portal_address = ports::address_of(&azure_portal)?;
        let google_portal_address = ports::address_of(&google_portal)?;
        let (mut dependencies, mut dependents) = (TaskGroup::new(), TaskGroup::new());

        let limits = ProcessLimits::new();
        let (names, zone) = start_dns(dns_server, &mut dependencies);
        let dns = names
            .first()
            .copied()
            .ok_or_else(|| Failure::ours("the name server has no address"))?;
        let azure = EmulatedAzure::start(&claimed, args, limits.clone(), &mut dependencies).await?;
        let google =
            EmulatedGoogle::start(&claimed, args, limits.clone(), &mut dependencies).await?;
        let clouds = (&azure, &google);
        let other_listeners = [dns, azure_portal_address, google_portal_address];
        let portals = Portals {
            azure: Some(format!("http://{azure_portal_address}")),
            google: Some(format!("http://{google_portal_address}")),
        };
        let plane = control_plane::build(
            &claimed,
            args,
            clouds,
            zone,
            &other_listeners,
            portals.clone(),
            limits.clone(),
        )
        .await?;
        let api = plane.service.local_addr();
        let changes = plane.service.app().changes.listen();
        let token = plane.token.clone();
        let bound = BoundAddresses {
            api,
            dns,
            azure_portal: azure_portal_address,
            google_portal: google_portal_address,
        };
        claimed.save_ports(args, &bound)?;

        plane.start(&mut dependents);
        let url = format!("http://{api}");
        let client = Client::new(Target {
            url: url.clone(),
            token,
            roots: None,
        })?;
        let provisioner = node_provisioner(client.clone(), changes, &azure, &google)?;
        let stop = dependents.stop();
        dependents.start("the node provisioner", async move {
            provisioner.run(stop).await;
            Ok(())
        });
        // Each takes several operations of a cloud and is independent of the others.
        let consumers = claimed.consumers.range();
        let (azure_subnet, google_network, project_vpcs) = tokio::try_join!(
            azure.seed(consumers),
            google.seed(consumers),
            project_vpcs(&client, &mut claimed.saved),
        )?;

        let ready = Ready {
            ready: true,
            schema: SCHEMA,
            pid: std::process::id(),
            data_dir: claimed.directory.path().to_owned(),
            api: url.clone(),
            token_file: claimed.directory.token_file(),
            project: PROJECT.to_owned(),
            project_vpcs,
            domain: args.domain.clone(),
            dns: dns.to_string(),
            dns_listeners: vec![dns.to_string()],
            consumer_cidr: consumers.to_string(),
            console: Some(format!("{url}/console")),
            azure: Some(azure.ready(azure_subnet, portals.azure)),
            google: Some(google.ready(google_network, portals.google)),
            aws: None,
        };
        open_portals(
            &ready,
            [azure_portal, google_portal],
            &limits.connections,
            &mut dependents,
        )?;
        let client_file = claimed.directory.client_file();
        private_file::write(&client_file, format!("{}\n", ready.line()?).as_bytes())?;
        Ok(Self {
            ready,
            client_file,
            dependents,
            dependencies,
            azure: azure.handle,
            google: google.handle,
            _claimed: claimed,
        })
    }

    /// Content of the ready line.
    pub(crate) const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Handle of emulated Azure.
    pub(crate) const fn azure(&self) -> &azure::Handle {
        &self.azure
    }

    /// Handle of emulated Google.
    pub(crate) const fn google(&self) -> &google::Handle {
        &self.google
    }

    /// Runs until `stop` turns true or a part fails, then stops all parts in order.
    ///
    /// # Errors
    /// The first failure of a part.
    pub(crate) async fn run_until(
        mut self,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let ended = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            failure = self.dependents.first_end() => Err(failure),
            failure = self.dependencies.first_end() => Err(failure),
        };
        ended.and(self.stop().await)
    }

    /// Stops all parts in order.
    ///
    /// # Errors
    /// The first failure of a part.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        // Clients must not find an `up` that is stopping. The file may be missing.
        let _ = std::fs::remove_file(&self.client_file);
        let dependents = self.dependents.end().await;
        let dependencies = self.dependencies.end().await;
        dependents.and(dependencies)
    }
}

/// Creates the first project VPCs, or names them. A document that cannot be read, of the operator or of
/// the project, keeps that from being done, and nothing else from working.
async fn project_vpcs(
    client: &Client,
    saved: &mut SavedChoices,
) -> Result<BTreeMap<String, String>, Failure> {
    match seed::project_vpcs(client, PROJECT, saved).await {
        Err(failure) if failure.has_code(UNREADABLE) => {
            tracing::error!(
                error = failure.message(),
                "failed to prepare the first project, because a stored document is unreadable"
            );
            Ok(BTreeMap::new())
        }
        other => other,
    }
}

/// Builds the provisioner with the provider's access to both clouds.
fn node_provisioner(
    client: Client,
    changes: Listener,
    azure: &EmulatedAzure,
    google: &EmulatedGoogle,
) -> Result<NodeProvisioner, Failure> {
    Ok(NodeProvisioner {
        client,
        changes: Changes::Announced(changes),
        azure: Some(AzureNodeProvisioner {
            account: Some(AZURE_ACCOUNT),
            arm: azure.provider_arm.clone(),
            subscription: azure.provider.subscription.clone(),
            hosts: HostTable::new(
                "nic",
                azure.handle.admin_url(),
                azure.handle.admin_secret().reveal(),
            )?,
            used: UsedNodes::default(),
        }),
        google: Some(GoogleNodeProvisioner {
            account: Some(GOOGLE_ACCOUNT),
            compute: google.provider_compute.clone(),
            project: GOOGLE_PROJECT.to_owned(),
            hosts: HostTable::new(
                "instance",
                google.handle.admin_url(),
                google.handle.admin_secret().reveal(),
            )?,
            used: UsedNodes::default(),
        }),
    })
}

/// Starts the consumers' portals, after the resources of their clouds are created.
fn open_portals(
    ready: &Ready,
    [azure, google]: [TcpListener; 2],
    connections: &Connections,
    tasks: &mut TaskGroup,
) -> Result<(), Failure> {
    if let Some(ready) = &ready.azure {
        let (pages, stop) = (AzurePortal::of_consumer(ready)?, tasks.stop());
        let serving = portal::serve(azure, pages, connections.clone(), stop);
        tasks.start("Azure's portal", serving);
    }
    if let Some(ready) = &ready.google {
        let (pages, stop) = (GooglePortal::of_consumer(ready)?, tasks.stop());
        let serving = portal::serve(google, pages, connections.clone(), stop);
        tasks.start("Google's portal", serving);
    }
    Ok(())
}
