//! Output formats.

use clap::Args;

/// Output as a table, as JSON or in a given format.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Print each row in this format, such as '{service_name} {state}'
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
}
