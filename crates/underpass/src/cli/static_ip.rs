//! `underpass static-ip …`

use clap::{Args, Subcommand};

use super::consent::ConsentArgs;
use super::output::OutputArgs;
use super::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum StaticIpCommand {
    /// Create a static IP address
    #[command(after_help = "Example:
  underpass static-ip create --cloud azure-westeurope --wait")]
    Create(StaticIpCreateArgs),
    /// List static IP addresses
    List(OutputArgs),
    /// Show an address and its resource in the cloud
    #[command(after_help = "Example:
  underpass static-ip get STATIC_IP_ID")]
    Get(StaticIpGetArgs),
    /// Associate an address with a service
    Associate(StaticIpAssociateArgs),
    /// Dissociate an address from its service
    Dissociate(StaticIpArgs),
    /// Delete an address
    Delete(StaticIpDeleteArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpCreateArgs {
    /// Cloud and region, such as azure-westeurope
    #[arg(long)]
    pub(crate) cloud: String,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpAssociateArgs {
    /// Static IP ID; `static-ip list` shows it
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
    /// Name of the service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpArgs {
    /// Static IP ID; `static-ip list` shows it
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpGetArgs {
    /// Static IP ID; `static-ip list` shows it
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StaticIpDeleteArgs {
    /// Static IP ID; `static-ip list` shows it
    #[arg(value_name = "STATIC_IP_ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}
