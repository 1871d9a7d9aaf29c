//! `[log]`

use serde::Deserialize;

/// Log on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    /// Level or directives.
    pub(crate) filter: String,
}
