//! `underpass project …`

use clap::{Args, Subcommand, ValueEnum};

use super::limit::{count, rate};
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
    /// Show the limits of a project, and change them
    #[command(subcommand)]
    Limits(LimitsCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// Show the limits of a project and what it has
    Show(LimitsShowArgs),
    /// Set limits of a project (operators only)
    #[command(after_help = "Examples:
  underpass project limits set demo --links 2000
  underpass project limits set demo --links default

`default` sets the limit of the installation, which `underpass up` is started with.")]
    Set(LimitsSetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct LimitsShowArgs {
    /// Project name [default: the project of --project]
    pub(crate) project_name: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LimitsSetArgs {
    /// Project name
    pub(crate) project_name: String,
    #[command(flatten)]
    pub(crate) limits: NewLimits,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct NewLimits {
    /// Most services
    #[arg(long, value_name = "NUMBER|default", value_parser = count_or_default)]
    pub(crate) services: Option<NewLimit>,
    /// Most private links
    #[arg(long, value_name = "NUMBER|default", value_parser = count_or_default)]
    pub(crate) links: Option<NewLimit>,
    /// Most project VPCs
    #[arg(long, value_name = "NUMBER|default", value_parser = count_or_default)]
    pub(crate) vpcs: Option<NewLimit>,
    /// Most static IP addresses
    #[arg(long, value_name = "NUMBER|default", value_parser = count_or_default)]
    pub(crate) static_ips: Option<NewLimit>,
    /// Most requests per second, after a burst
    #[arg(long, value_name = "NUMBER|default", value_parser = rate_or_default)]
    pub(crate) requests_per_second: Option<NewLimit>,
    /// Most requests in a burst
    #[arg(long, value_name = "NUMBER|default", value_parser = rate_or_default)]
    pub(crate) request_burst: Option<NewLimit>,
}

/// New value of a limit; `None`: that of the installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewLimit(pub(crate) Option<u32>);

fn count_or_default(text: &str) -> Result<NewLimit, String> {
    or_default(text, count)
}

fn rate_or_default(text: &str) -> Result<NewLimit, String> {
    or_default(text, rate)
}

fn or_default(text: &str, parse: impl Fn(&str) -> Result<u32, String>) -> Result<NewLimit, String> {
    if text == "default" {
        return Ok(NewLimit(None));
    }
    parse(text).map(|limit| NewLimit(Some(limit)))
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
