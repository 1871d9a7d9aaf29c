//! `underpass token …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::consent::ConsentArgs;
use super::output::OutputArgs;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token, which is shown only once
    ///
    /// A token has all permissions of your user, in every project, unless you restrict it: give
    /// tenants and programs a token with --only-project, and programs that only read one with
    /// --read-only.
    #[command(after_help = "Examples:
  underpass token create --description 'tenant acme' --only-project acme --max-age 720h
  underpass token create --description dashboard --only-project acme --read-only
  underpass token create --description laptop --out ~/.underpass-token")]
    Create(TokenCreateArgs),
    /// List your tokens by their prefixes
    List(OutputArgs),
    /// Revoke a token
    Revoke(TokenRevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// Purpose of the token
    #[arg(long)]
    pub(crate) description: String,
    /// Restrict the token to this project; can be repeated [default: all your projects]
    #[arg(long = "only-project", value_name = "NAME")]
    pub(crate) only_projects: Vec<String>,
    /// Restrict the token to reading
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Lifetime of the token [default: unlimited]
    #[arg(long, value_name = "SPAN", value_parser = span, alias = "max-age-seconds")]
    pub(crate) max_age: Option<Duration>,
    /// Restart the lifetime with each use
    #[arg(long, requires = "max_age")]
    pub(crate) extend_when_used: bool,
    /// Write the token to this new file (mode 0600) instead of showing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevokeArgs {
    /// Prefix of the token; `token list` shows it
    #[arg(required_unless_present = "all")]
    pub(crate) token_prefix: Option<String>,
    /// Revoke all your tokens but the one that this command uses
    #[arg(long, conflicts_with = "token_prefix")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}
