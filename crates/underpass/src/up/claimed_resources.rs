//! Resources that an `up` claims before it starts: data directory, ports, and range of consumers.

use std::net::SocketAddr;
use std::path::Path;

use error_reporter::Report;
use tokio::net::TcpListener;
use underpass_net::dns;

use super::consumer_cidr::ConsumerCidr;
use super::ports;
use super::saved_choices::SavedChoices;
use crate::cli::up::UpArgs;
use crate::control_plane::data_dir::DataDir;
use crate::failure::Failure;

/// Resources of an `up`, held until it ends.
pub(super) struct ClaimedResources {
    pub(super) directory: DataDir,
    pub(super) saved: SavedChoices,
    pub(super) consumers: ConsumerCidr,
    /// Listen address of the API.
    pub(super) api: SocketAddr,
}

/// Listeners that are bound and do not answer yet.
pub(super) struct Listeners {
    /// Bound here because UDP and TCP share a port, so a free one cannot be found in advance.
    pub(super) dns: dns::Service,
    /// Bound here because no service may have the address of a portal.
    pub(super) azure_portal: TcpListener,
    pub(super) google_portal: TcpListener,
}

/// Addresses of the listeners, with the ports that were chosen for port 0.
pub(super) struct BoundAddresses {
    pub(super) api: SocketAddr,
    pub(super) dns: SocketAddr,
    pub(super) azure_portal: SocketAddr,
    pub(super) google_portal: SocketAddr,
}

impl ClaimedResources {
    /// Claims all resources before anything is created.
    ///
    /// # Errors
    /// If the data directory, an address or the range is in use.
    pub(super) async fn claim(path: &Path, args: &UpArgs) -> Result<(Self, Listeners), Failure> {
        let directory = DataDir::open(path)?;
        let mut saved = SavedChoices::open(&directory)?;
        let last = saved.choices();
        let api = ports::remembered(args.api, last.api_port);
        let listen = ports::remembered(args.dns, last.dns_port);
        let azure_portal = ports::remembered(args.azure_portal, last.azure_portal_port);
        let google_portal = ports::remembered(args.google_portal, last.google_portal_port);
        ports::check_free(api, "--api").await?;
        ports::check_free(args.azure, "--azure").await?;
        ports::check_free(args.google, "--google").await?;
        let azure_portal = ports::listen(azure_portal, "--azure-portal").await?;
        let google_portal = ports::listen(google_portal, "--google-portal").await?;
        let dns = dns::Options::new([listen.into()], &args.domain);
        let dns = dns
            .bind()
            .await
            .map_err(|error| Failure::refused(Report::new(&error)))?;
        let consumers = ConsumerCidr::claim(args.consumer_cidr, saved.choices().consumer_cidr)?;
        saved.update(|choices| choices.consumer_cidr = Some(consumers.range()))?;
        Ok((
            Self {
                directory,
                saved,
                consumers,
                api,
            },
            Listeners {
                dns,
                azure_portal,
                google_portal,
            },
        ))
    }

    /// Saves the ports that were chosen for port 0.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn save_ports(
        &mut self,
        args: &UpArgs,
        bound: &BoundAddresses,
    ) -> Result<(), Failure> {
        let BoundAddresses {
            api,
            dns,
            azure_portal,
            google_portal,
        } = *bound;
        self.saved.update(|choices| {
            choices.api_port = ports::to_remember(args.api, api).or(choices.api_port);
            choices.dns_port = ports::to_remember(args.dns, dns).or(choices.dns_port);
            choices.azure_portal_port =
                ports::to_remember(args.azure_portal, azure_portal).or(choices.azure_portal_port);
            choices.google_portal_port = ports::to_remember(args.google_portal, google_portal)
                .or(choices.google_portal_port);
        })
    }
}
