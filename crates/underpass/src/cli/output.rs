//! How a command prints what it found.

use clap::Args;

/// Table, JSON, or a format of one's own.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Print each row in this format, for instance '{service_name} {state}'
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
}
