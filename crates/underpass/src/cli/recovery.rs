//! `underpass recovery …`

use clap::{Args, Subcommand};

use super::consent::ConsentArgs;
use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Show the accounts on hold and what differs between store and cloud
    Show(OutputArgs),
    /// Take over what the cloud shows: decisions and links that the store does not have
    #[command(after_help = "Examples:
  underpass recovery adopt azure
  underpass recovery adopt azure --link s0a1b2c3d4e5 --connection plc35843e80510

A link that the store does not have is made again under its ID. Its service must be registered
first, with the same name and in the same network. Nothing is written to the cloud.")]
    Adopt(RecoveryAdoptArgs),
    /// End the hold of an account, so that its work goes on
    #[command(after_help = "Examples:
  underpass recovery resume azure
  underpass recovery resume azure --overrule

With `--overrule`, differences that are left get the decision of the store: a connection that the
store does not have as approved is rejected, which cuts its flows.")]
    Resume(RecoveryResumeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryAdoptArgs {
    /// Cloud account on hold
    pub(crate) account: String,
    /// Only this link; `recovery show` lists the IDs
    #[arg(long, value_name = "ID")]
    pub(crate) link: Option<String>,
    /// Only this connection of the link; repeat for several
    #[arg(long = "connection", value_name = "PLC", requires = "link")]
    pub(crate) connections: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryResumeArgs {
    /// Cloud account on hold
    pub(crate) account: String,
    /// Settle the differences that are left as the store has them
    #[arg(long)]
    pub(crate) overrule: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
