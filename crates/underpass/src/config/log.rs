//! `[log]`

use serde::Deserialize;

use super::value;

/// Log on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    /// Level or directives.
    #[serde(deserialize_with = "value::log_filter")]
    pub(crate) filter: String,
}
