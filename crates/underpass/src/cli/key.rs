//! `underpass key …`

use clap::{Args, Subcommand};

use super::config::ConfigArgs;
use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Replace the key that encrypts the store's secrets, one step at each call
    #[command(after_help = "\
Example:
  underpass key rotate --config /etc/underpass/underpass.toml

With SQLite, stop the server: one call does all steps.

With PostgreSQL, replicas go on. Each call does the next step, or says which replicas do not have
the key file of the last one yet:
  1. The key file gets the new key as the next one. Copy it to every replica, and restart them one
     after the other.
  2. The new key encrypts, and the old one still decrypts. Copy and restart again.
  3. All secrets are encrypted again in one transaction, and the old key is removed from the file.
     Copy it once more.
A call that was interrupted is repeated. The proofs in the clouds keep their key, which stays in the
file. Keep old key files as long as backups that were made with them.")]
    Rotate(KeyRotateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeyRotateArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
