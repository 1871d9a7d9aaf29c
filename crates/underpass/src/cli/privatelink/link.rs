//! Arguments of links, the same for every cloud.

use clap::Args;

use crate::cli::consent::ConsentArgs;
use crate::cli::output::OutputArgs;
use crate::cli::span::WaitArgs;

/// A service with a link.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LinkDeleteArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
