//! `underpass config …`, and the places of a configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// File that `serve` reads if no other is chosen.
pub(crate) const DEFAULT_FILE: &str = "/etc/underpass/underpass.toml";

/// Places of a configuration.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file in TOML; `underpass config defaults` prints one with every key
    #[arg(
        long,
        value_name = "FILE",
        env = "UNDERPASS_CONFIG",
        default_value = DEFAULT_FILE
    )]
    pub(crate) config: PathBuf,
    /// Set one value over the file and the environment, such as server.listen=127.0.0.1:8780;
    /// repeatable
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a configuration file with every key, its default, its unit and its meaning
    #[command(after_help = "\
Example:
  underpass config defaults > /etc/underpass/underpass.toml")]
    Defaults,
    /// Check a configuration file; name file, line and key of each problem
    #[command(after_help = "\
Environment variables and --set count, too, as for `serve`. Files that the configuration names are
not read. Exits with 1 if `serve` would refuse the configuration.

Example:
  underpass config check /etc/underpass/underpass.toml")]
    Check(CheckArgs),
    /// Print the value of each key; secrets are hidden
    #[command(after_help = "\
Example:
  underpass config show --origin --config /etc/underpass/underpass.toml")]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Configuration file
    #[arg(value_name = "FILE", env = "UNDERPASS_CONFIG", default_value = DEFAULT_FILE)]
    pub(crate) file: PathBuf,
    /// Set one value over the file and the environment; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Print also the place of each value: default, file and line, environment or flag
    #[arg(long)]
    pub(crate) origin: bool,
}

/// Parses `KEY=VALUE`.
///
/// # Errors
/// A text without `=` or without a key.
fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(format!(
            "`{text}` is not KEY=VALUE, such as server.listen=127.0.0.1:8780"
        )),
    }
}
