//! Flags that every command understands.

use std::path::PathBuf;

use clap::Args;

/// How to reach a server, and whose data directory to look into.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// URL of the API; by default the one of a running `up`
    #[arg(long, global = true, env = "UNDERPASS_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// File that holds the access token; by default the one of a running `up`
    #[arg(long, global = true, env = "UNDERPASS_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Project to work in [env: UNDERPASS_PROJECT=]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Read by the default of `--project` alone. It is no default of the flag itself, because a
    /// cloud has projects, too: there the flag names one of those, and the variable does not.
    #[arg(
        long,
        global = true,
        env = "UNDERPASS_PROJECT",
        hide = true,
        hide_env = true
    )]
    pub(crate) usual_project: Option<String>,
    /// Data directory of `up`; clients find a running one by its client.json
    #[arg(long, global = true, env = "UNDERPASS_UP_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// What to log on stderr: error, warn, info, debug, trace, or directives such as
    /// `warn,underpass_server=debug`
    #[arg(
        long,
        global = true,
        env = "UNDERPASS_LOG",
        value_name = "FILTER",
        default_value = "warn"
    )]
    pub(crate) log: String,
    /// Read by the data directory's default alone.
    #[arg(
        long,
        global = true,
        env = "XDG_STATE_HOME",
        hide = true,
        hide_env = true
    )]
    pub(crate) xdg_state_home: Option<PathBuf>,
}
