//! `underpass dns …`

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DnsCommand {
    /// Print configuration for systemd-resolved and dnsmasq that forwards to a running `up`
    #[command(after_help = "\
Changes nothing on this machine. Write the printed lines into the files that they name, as root.
Without such a configuration, clients need the address besides the name, as `connection-info`
prints it.")]
    Setup,
}
