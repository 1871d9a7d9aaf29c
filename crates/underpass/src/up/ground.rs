//! What everything stands on: the data directory, the ports and the consumers' range.

use std::net::SocketAddr;
use std::path::Path;

use underpass_net::dns;

use super::consumer_cidr::ConsumerCidr;
use super::data_dir::DataDir;
use super::keep::Keep;
use super::ports;
use crate::cli::up::UpArgs;
use crate::failure::{Chain, Failure};

/// Held as long as an `up` lives.
pub(super) struct Ground {
    pub(super) directory: DataDir,
    pub(super) keep: Keep,
    pub(super) consumers: ConsumerCidr,
    /// Where the API is to listen.
    pub(super) api: SocketAddr,
}

impl Ground {
    /// Claims everything, or refuses before anything is made. DNS is bound already: its port is
    /// one for UDP and TCP, so no free one can be looked up beforehand.
    pub(super) async fn claim(path: &Path, args: &UpArgs) -> Result<(Self, dns::Service), Failure> {
        let directory = DataDir::open(path)?;
        let mut keep = Keep::open(&directory)?;
        let api = ports::remembered(args.api, keep.choices().api_port);
        let listen = ports::remembered(args.dns, keep.choices().dns_port);
        ports::check_free(api, "--api").await?;
        ports::check_free(args.azure, "--azure").await?;
        ports::check_free(args.google, "--google").await?;
        let names = dns::Options {
            listen,
            domain: args.domain.clone(),
        };
        let names = names
            .bind()
            .await
            .map_err(|error| Failure::refused(Chain(&error)))?;
        let consumers = ConsumerCidr::claim(args.consumer_cidr, keep.choices().consumer_cidr)?;
        keep.choose(|choices| choices.consumer_cidr = Some(consumers.range()))?;
        Ok((
            Self {
                directory,
                keep,
                consumers,
                api,
            },
            names,
        ))
    }

    /// Keeps the ports that were picked.
    pub(super) fn keep_ports(
        &mut self,
        args: &UpArgs,
        api: SocketAddr,
        dns: SocketAddr,
    ) -> Result<(), Failure> {
        self.keep.choose(|choices| {
            choices.api_port = ports::to_remember(args.api, api).or(choices.api_port);
            choices.dns_port = ports::to_remember(args.dns, dns).or(choices.dns_port);
        })
    }
}
