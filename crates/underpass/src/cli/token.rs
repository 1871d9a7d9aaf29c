//! `underpass token …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::output::OutputArgs;
use super::span::span;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown this once
    #[command(after_help = "Examples:
  underpass token create --description ci --max-age 24h
  underpass token create --description laptop --out ~/.underpass-token")]
    Create(TokenCreateArgs),
    /// List your tokens; never the tokens themselves
    List(OutputArgs),
    /// Revoke a token
    Revoke(TokenRevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// What the token is for
    #[arg(long)]
    pub(crate) description: String,
    /// How long it lives; for ever by default
    #[arg(long, value_name = "SPAN", value_parser = span, alias = "max-age-seconds")]
    pub(crate) max_age: Option<Duration>,
    /// Let each use begin its life anew
    #[arg(long, requires = "max_age")]
    pub(crate) extend_when_used: bool,
    /// Write the token into this new file (mode 0600) instead of showing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevokeArgs {
    /// The prefix that `token list` shows
    pub(crate) token_prefix: String,
}
