//! `underpass dns …`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Print what makes systemd-resolved or dnsmasq ask a running `up`
    Setup,
}
