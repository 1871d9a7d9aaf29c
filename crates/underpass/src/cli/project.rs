//! `underpass project …`

use clap::{Args, Subcommand, ValueEnum};

use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// List the projects you belong to
    List(OutputArgs),
    /// Show one project
    Details(OutputArgs),
    /// Count services, links and connections, and list the problems
    #[command(after_help = "\
Example:
  underpass project overview

Connections that wait for a decision are not listed here. List them with
  underpass project connections --state pending-user-approval")]
    Overview(OutputArgs),
    /// List the connections of every service, the longest pending first
    #[command(after_help = "\
Example:
  underpass project connections --state pending-user-approval --query billing

States: pending-user-approval, user-approved, connected, active, rejected, disconnected.")]
    Connections(ProjectConnectionsArgs),
    /// List features and switch them on or off
    #[command(subcommand)]
    Feature(FeatureCommand),
    /// List what a project may adopt of existing networks and register as nodes, and change it
    #[command(subcommand)]
    Grant(GrantCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ProjectConnectionsArgs {
    /// Show only connections in this state; repeatable
    #[arg(long = "state", value_name = "STATE")]
    pub(crate) states: Vec<String>,
    /// Show only connections of this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Show only connections with this text in service name, ID, label, endpoint or message
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureCommand {
    /// List features and their settings
    List(FeatureListArgs),
    /// Switch a feature on or off
    #[command(after_help = "\
Only an operator may switch a feature. Features:
  privatelink_azure      publish services with Azure Private Link
  privatelink_google     publish services with Google Private Service Connect
  privatelink_google_pg  publish PostgreSQL with Google Private Service Connect; off by default

Example:
  underpass project feature set demo privatelink_google_pg on")]
    Set(FeatureSetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FeatureListArgs {
    /// Project name [default: the project of --project]
    pub(crate) project_name: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureSetArgs {
    /// Project name
    pub(crate) project_name: String,
    /// Feature, one of the list below
    pub(crate) feature: String,
    /// New setting
    pub(crate) switch: Switch,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// List the grants of a project
    List(GrantListArgs),
    /// Allow a project to adopt networks and register nodes within a scope (operators only)
    #[command(after_help = "Examples:
  underpass project grant add demo --account azure \\
      --scope /subscriptions/S/resourceGroups/demo-network
  underpass project grant add demo --account google --scope projects/P/global/networks/demo
  underpass project grant add demo --account google \\
      --scope 'projects/P/zones/europe-west1-b/instances/demo-*'

Scopes on Azure: a subscription, a resource group, a virtual network, a subnet or a network
interface. To adopt a network, the resource group for links and both subnets must be within a scope.
Scopes on Google: a project, a network or an instance. The name of an interface or instance may end
with `*`, for all names with that beginning.")]
    Add(GrantAddArgs),
    /// Remove a grant; networks that were adopted by it stay (operators only)
    Remove(GrantRemoveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GrantListArgs {
    /// Project name [default: the project of --project]
    pub(crate) project_name: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GrantAddArgs {
    /// Project name
    pub(crate) project_name: String,
    /// Cloud account of the networks, as configured
    #[arg(long, value_name = "NAME")]
    pub(crate) account: String,
    /// Prefix of the resource IDs, or path, that may be adopted
    #[arg(long, value_name = "ID|PATH")]
    pub(crate) scope: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GrantRemoveArgs {
    /// Project name
    pub(crate) project_name: String,
    /// Grant ID; `project grant list` shows it
    pub(crate) grant_id: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
