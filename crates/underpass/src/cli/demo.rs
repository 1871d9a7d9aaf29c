//! `underpass demo`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::span::span;

#[derive(Debug, Args)]
#[command(after_help = "\
Runs an `up` of its own on free ports in a temporary directory, and removes both at the end.
Every line is measured and checked; the exit code is 1 if one does not hold.")]
pub(crate) struct DemoArgs {
    /// How long emulated cloud operations take; without a delay the times shown are ours alone
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = span)]
    pub(crate) cloud_delay: Duration,
    /// Publish the built-in HTTP service alone, even if PostgreSQL's programs are there
    #[arg(long)]
    pub(crate) without_postgres: bool,
    /// Keep what the demo made here, to look at afterwards
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Where PostgreSQL's programs are looked for, besides their usual places.
    #[arg(long, env = "PATH", hide = true, hide_env = true)]
    pub(crate) path: Option<String>,
}
