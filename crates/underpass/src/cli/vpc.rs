//! `underpass vpc …`

use clap::{Args, Subcommand};

use super::consent::ConsentArgs;
use super::output::OutputArgs;
use super::span::WaitArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum VpcCommand {
    /// Create a project VPC, or adopt an existing network
    #[command(after_help = "Examples:
  underpass vpc create --cloud azure-westeurope --network-cidr 10.70.0.0/24 --wait
  underpass vpc create --cloud azure-westeurope --network-cidr 10.71.0.0/24 \\
      --azure-resource-group links --azure-vnet-id /subscriptions/…/virtualNetworks/prod \\
      --azure-node-subnet nodes --azure-nat-subnet nat
  underpass vpc create --cloud google-europe-west1 --network-cidr 10.72.0.0/24 \\
      --google-network projects/P/global/networks/prod \\
      --google-node-subnet projects/P/regions/europe-west1/subnetworks/nodes")]
    Create(VpcCreateArgs),
    /// List project VPCs
    List(VpcListArgs),
    /// Show a project VPC and its resources in the cloud
    Get(VpcGetArgs),
    /// Compare a project VPC, and the project's static IPs, with the cloud now
    Refresh(VpcRefreshArgs),
    /// Delete a project VPC
    Delete(VpcDeleteArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VpcCreateArgs {
    /// Cloud and region, such as azure-westeurope or google-europe-west1
    #[arg(long)]
    pub(crate) cloud: String,
    /// Range of the network, /20 to /24, such as 10.70.0.0/24
    #[arg(long, value_name = "CIDR")]
    pub(crate) network_cidr: String,
    /// ID of a project VPC that the store lost, to make it again with the network that it has in the
    /// cloud; for operators
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: Option<String>,
    /// Mark the network as hosted by the customer (bring your own cloud)
    #[arg(long)]
    pub(crate) byoc: bool,
    #[command(flatten)]
    pub(crate) adopt: AdoptArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// An existing network; all flags of one cloud, or none.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// Adopt: resource group for the resources of links
    #[arg(
        long,
        value_name = "NAME",
        requires_all = ["azure_vnet_id", "azure_node_subnet", "azure_nat_subnet"]
    )]
    pub(crate) azure_resource_group: Option<String>,
    /// Adopt: resource ID of the virtual network
    #[arg(long, value_name = "ID", requires = "azure_resource_group")]
    pub(crate) azure_vnet_id: Option<String>,
    /// Adopt: subnet of the nodes
    #[arg(long, value_name = "NAME", requires = "azure_resource_group")]
    pub(crate) azure_node_subnet: Option<String>,
    /// Adopt: subnet for NAT addresses
    #[arg(long, value_name = "NAME", requires = "azure_resource_group")]
    pub(crate) azure_nat_subnet: Option<String>,
    /// Adopt: URL or path of the network
    #[arg(
        long,
        value_name = "URL|PATH",
        requires = "google_node_subnet",
        conflicts_with = "azure_resource_group"
    )]
    pub(crate) google_network: Option<String>,
    /// Adopt: URL or path of the subnet of the nodes
    #[arg(long, value_name = "URL|PATH", requires = "google_network")]
    pub(crate) google_node_subnet: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct VpcListArgs {
    /// Show times, too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VpcGetArgs {
    /// Project VPC ID; `vpc list` shows it
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VpcRefreshArgs {
    /// Project VPC ID; `vpc list` shows it
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VpcDeleteArgs {
    /// Project VPC ID; `vpc list` shows it
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: String,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
