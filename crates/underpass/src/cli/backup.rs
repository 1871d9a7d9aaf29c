//! `underpass backup`, `underpass restore`

use std::path::PathBuf;

use clap::Args;

use super::output::OutputArgs;

#[derive(Debug, Args)]
#[command(after_help = "Example:
  underpass backup /backups/underpass-$(date +%F)

The backup is a consistent copy, also while requests and work go on. It is encrypted with a key that
is derived from store.key, which it does not contain: keep that file, too, and keep it elsewhere.
Only an operator's unrestricted token may make a backup.")]
pub(crate) struct BackupArgs {
    /// File to write, for its owner only
    pub(crate) file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  underpass restore /backups/underpass-2027-01-15
  underpass restore /backups/underpass-2027-01-15 --data-dir /srv/underpass --key-file store.key

Stop `underpass up` first. The store that is replaced stays beside the restored one, as
store.sqlite.before-TIME.

What was decided after the backup is still in the clouds. The next start of `underpass up` writes
nothing to any account until `underpass recovery adopt` and `recovery resume`.

Tokens that were revoked after the backup are valid again, and so are grants and projects that ended
since. End all tokens but your own with `underpass token revoke --all`.")]
pub(crate) struct RestoreArgs {
    /// File that `underpass backup` made
    pub(crate) file: PathBuf,
    /// Key file of the store, for a data directory that does not contain store.key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
