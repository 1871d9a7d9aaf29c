//! `underpass explain`

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  underpass explain would_cut_connections")]
pub(crate) struct ExplainArgs {
    /// Code of a refusal; without it, list all codes
    pub(crate) code: Option<String>,
}
