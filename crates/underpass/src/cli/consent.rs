//! Consent to a change that cuts connections or deletes something.

use clap::Args;

/// Consent, given in advance.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ConsentArgs {
    /// Skip the confirmation prompt
    #[arg(long, visible_alias = "force")]
    pub(crate) yes: bool,
}
