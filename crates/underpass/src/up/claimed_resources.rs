//! What everything stands on: the data directory, the ports and the consumers' range.

use std::net::SocketAddr;
use std::path::Path;

use error_reporter::Report;
use tokio::net::TcpListener;
use underpass_net::dns;

use super::consumer_cidr::ConsumerCidr;
use super::data_dir::DataDir;
use super::ports;
use super::saved_choices::SavedChoices;
use crate::cli::up::UpArgs;
use crate::failure::Failure;

/// Held as long as an `up` lives.
pub(super) struct ClaimedResources {
    pub(super) directory: DataDir,
    pub(super) saved: SavedChoices,
    pub(super) consumers: ConsumerCidr,
    /// Where the API is to listen.
    pub(super) api: SocketAddr,
}

/// What is bound already, and not answering yet.
pub(super) struct Listeners {
    /// One port for UDP and TCP, so no free one can be looked up beforehand.
    pub(super) names: dns::Service,
    /// The addresses of portals are needed before they open: no service may be behind them.
    pub(super) azure_portal: TcpListener,
    pub(super) google_portal: TcpListener,
}

/// Where listeners are that may have been asked for on any port.
pub(super) struct BoundAddresses {
    pub(super) api: SocketAddr,
    pub(super) dns: SocketAddr,
    pub(super) azure_portal: SocketAddr,
    pub(super) google_portal: SocketAddr,
}

impl ClaimedResources {
    /// Claims everything, or refuses before anything is made.
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
        let names = dns::Options {
            listen: listen.into(),
            domain: args.domain.clone(),
        };
        let names = names
            .bind()
            .await
            .map_err(|error| Failure::refused(Report::new(&error)))?;
        let consumers = ConsumerCidr::claim(args.consumer_cidr, saved.choices().consumer_cidr)?;
        saved.choose(|choices| choices.consumer_cidr = Some(consumers.range()))?;
        Ok((
            Self {
                directory,
                saved,
                consumers,
                api,
            },
            Listeners {
                names,
                azure_portal,
                google_portal,
            },
        ))
    }

    /// Keeps the ports that were picked.
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
        self.saved.choose(|choices| {
            choices.api_port = ports::to_remember(args.api, api).or(choices.api_port);
            choices.dns_port = ports::to_remember(args.dns, dns).or(choices.dns_port);
            choices.azure_portal_port =
                ports::to_remember(args.azure_portal, azure_portal).or(choices.azure_portal_port);
            choices.google_portal_port = ports::to_remember(args.google_portal, google_portal)
                .or(choices.google_portal_port);
        })
    }
}
