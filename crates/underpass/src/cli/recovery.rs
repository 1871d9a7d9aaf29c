//! `underpass recovery …`

use clap::{Args, Subcommand};

use super::consent::ConsentArgs;
use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum RecoveryCommand {
    /// Show the accounts on hold, what differs between store and cloud, and what `resume` writes
    Show(OutputArgs),
    /// Take over what the cloud shows: decisions and links that the store does not have
    #[command(after_help = "Examples:
  underpass recovery adopt azure
  underpass recovery adopt azure --link s0a1b2c3d4e5 --connection plc35843e80510

A link that the store does not have is made again under its ID. Its service must be registered
first, with the same name and in the same network. If the service's link was deleted and created again
after the backup, the new link replaces the stored one, which the cloud does not have any more; the
command shows both and asks (`--yes` in scripts). Links that cannot be adopted are named with the reason, and the exit code
is 1. Nothing is written to the cloud.")]
    Adopt(RecoveryAdoptArgs),
    /// Remove a link from the store that its cloud does not have, so that it is not published again
    #[command(after_help = "Examples:
  underpass recovery drop azure s0a1b2c3d4e5
  underpass recovery drop azure s0a1b2c3d4e5 --yes

A link that was deleted after the backup is in a restored store again, and `recovery resume` would
publish it again under a new alias. `recovery show` lists such links. They can be dropped once it is
proven that the cloud has no part of them, which takes minutes. Nothing is written to the cloud.")]
    Drop(RecoveryDropArgs),
    /// End the hold of an account, so that its work goes on
    #[command(after_help = "Examples:
  underpass recovery resume azure
  underpass recovery resume azure --overrule

The command shows what Underpass then writes to the cloud, because the cloud was changed after the
backup, and what that cuts; it asks if there is anything.

With `--overrule`, differences that are left get the decision of the store: a connection that the
store does not have as approved is rejected, which cuts its flows. A link that the store does not have
stays in the cloud as an orphan.

While the cloud is not read completely, differences and writes may be missing from what is shown, and
the hold stays. For a cloud that can never be read again, such as a lost subscription, `--unread`
ends it.")]
    Resume(RecoveryResumeArgs),
    /// List the orphans: links in a cloud that the store does not have
    #[command(after_help = "Examples:
  underpass recovery orphans
  underpass recovery orphans --json

An orphan carries the tag of Underpass and belongs to nothing in the store: a link that was lost with
the store, or that was left when its account resumed. Its endpoints and their flows go on until it is
removed. The list is renewed by the full listings of the clouds, every few minutes; with --json it
contains every cloud resource, the endpoints, and why a removal fails or would be refused.")]
    Orphans(OutputArgs),
    /// Remove an orphan from its cloud, which cuts its connections
    #[command(after_help = "Examples:
  underpass recovery remove s0a1b2c3d4e5f
  underpass recovery remove s0a1b2c3d4e5f --confirm up-s0a1b2c3d4e5f

The command shows what is deleted and which connections are cut, and asks for the name of the orphan.
The request is stored; Underpass then deletes the cloud resources one after another, the published
service first, and checks before each that it is still tagged as this orphan. Follow it with
`underpass recovery orphans`; repeat the command to retry a failed step immediately. Removed endpoints
do not come back: consumers create new ones for a new link.

A network interface or instance of a node is only taken out of the load balancer, never deleted.")]
    Remove(RecoveryRemoveArgs),
    /// List the stored documents that this version cannot read
    #[command(after_help = "Example:
  underpass recovery unreadable

Such a document is of a newer version, damaged, or encrypted with another key. It is set aside and left
unchanged; all other objects work. A request that needs it is refused as `stored_document_unreadable`.")]
    Unreadable(OutputArgs),
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
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryDropArgs {
    /// Cloud account on hold
    pub(crate) account: String,
    /// ID of the link; `recovery show` lists the IDs
    pub(crate) link: String,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryRemoveArgs {
    /// ID of the orphan; `recovery orphans` lists the IDs
    pub(crate) orphan: String,
    /// Cloud account of the orphan, if several list the ID
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Name of the orphan, as the consent to cut its connections
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
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
    /// End the hold although the cloud was not read completely; `--yes` does not imply it
    #[arg(long)]
    pub(crate) unread: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
