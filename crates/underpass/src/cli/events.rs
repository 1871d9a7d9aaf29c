//! `underpass events`

use clap::Args;

use super::number::number;
use super::output::OutputArgs;

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Show only events of this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Show only events after this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = number::<u64>)]
    pub(crate) after: u64,
    /// Show at most this many events, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = number::<usize>)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
