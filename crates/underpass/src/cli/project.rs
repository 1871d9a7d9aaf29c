//! `underpass project …`

use clap::{Args, Subcommand, ValueEnum};

use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// List the projects you belong to
    List(OutputArgs),
    /// Show one project
    Details(OutputArgs),
    /// Count what a project has, and say what needs a person
    #[command(after_help = "\
Example:
  underpass project overview

What waits for a decision is not among it: `underpass project connections --state
pending-user-approval` lists that.")]
    Overview(OutputArgs),
    /// List the connections of every service, the longest waiting first
    #[command(after_help = "\
Example:
  underpass project connections --state pending-user-approval --query billing

States: pending-user-approval, user-approved, connected, active, rejected, disconnected.")]
    Connections(ProjectConnectionsArgs),
    /// Look at and switch what a project may do
    #[command(subcommand)]
    Feature(FeatureCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ProjectConnectionsArgs {
    /// Only in this state; may be given several times
    #[arg(long = "state", value_name = "STATE")]
    pub(crate) states: Vec<String>,
    /// Only of this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only with this text in service name, id, label, endpoint or message
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureCommand {
    /// List features and whether they are on
    List(FeatureListArgs),
    /// Switch a feature on or off
    #[command(after_help = "Example:
  underpass project feature set demo privatelink_google_pg on")]
    Set(FeatureSetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FeatureListArgs {
    /// The project, if not the one of --project
    pub(crate) project_name: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureSetArgs {
    /// The project
    pub(crate) project_name: String,
    /// privatelink_azure, privatelink_google or privatelink_google_pg
    pub(crate) feature: String,
    /// on or off
    pub(crate) switch: Switch,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
