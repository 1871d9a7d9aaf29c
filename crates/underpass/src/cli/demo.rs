//! `underpass demo`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::span::span;

#[derive(Debug, Args)]
#[command(after_help = "\
Runs its own `up` on free ports in a temporary directory, and removes both at the end.
Measures and checks every line; exits with 1 if a check fails.")]
pub(crate) struct DemoArgs {
    /// Duration of emulated cloud operations; with 0s the times shown are those of Underpass
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// Publish only the built-in HTTP service, even if PostgreSQL's programs are installed
    #[arg(long)]
    pub(crate) without_postgres: bool,
    /// Keep the demo's files in this directory
    #[arg(long = "keep", value_name = "DIR")]
    pub(crate) kept_dir: Option<PathBuf>,
    /// Search path for PostgreSQL's programs, besides their usual directories.
    #[arg(long, env = "PATH", hide = true, hide_env = true)]
    pub(crate) path: Option<String>,
}
