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
    #[command(after_help = "Examples:
  underpass token create --description ci --max-age 24h
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
