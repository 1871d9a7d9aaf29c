//! `underpass static-ip …`

use clap::{Args, Subcommand};

use super::output::OutputArgs;
use super::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum StaticIpCommand {
    /// Make a static IP address
    #[command(after_help = "Example:
  underpass static-ip create --cloud azure-westeurope --wait")]
    Create(StaticIpCreateArgs),
    /// List static IP addresses
    List(OutputArgs),
    /// Keep an address for a service
    Associate(StaticIpAssociateArgs),
    /// Keep an address for no service any more
    Dissociate(StaticIpArgs),
    /// Give an address back
    Delete(StaticIpArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpCreateArgs {
    /// Where, for instance azure-westeurope
    #[arg(long)]
    pub(crate) cloud: String,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpAssociateArgs {
    /// See `static-ip list`
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
    /// The service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpArgs {
    /// See `static-ip list`
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
}
