//! `underpass dns …`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Print configuration for systemd-resolved and dnsmasq that forwards to a running `up`
    Setup,
}
