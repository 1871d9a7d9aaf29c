//! Options of every command.

use std::path::PathBuf;

use clap::Args;

/// Server, credentials, project and data directory.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// URL of the API [default: the API of a running `up` or `serve`]
    #[arg(long, global = true, env = "UNDERPASS_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// File with the access token [default: that of a running `up` or `serve`]
    #[arg(long, global = true, env = "UNDERPASS_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with root certificates to trust besides the system's, for a server whose certificate is
    /// from an authority of your own
    #[arg(long, global = true, env = "UNDERPASS_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Project name [env: UNDERPASS_PROJECT=]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Default of `--project`. It is an argument of its own, because in cloud commands `--project`
    /// names a project of the cloud, which the variable does not.
    #[arg(
        long,
        global = true,
        env = "UNDERPASS_PROJECT",
        hide = true,
        hide_env = true
    )]
    pub(crate) usual_project: Option<String>,
    /// Data directory of `up` or `serve`; its client.json contains the addresses for clients
    #[arg(long, global = true, env = "UNDERPASS_UP_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Log level on stderr: error, warn, info, debug or trace; or directives such as
    /// `warn,underpass_server=debug` [default: warn; of `serve`: its configuration]
    #[arg(long, global = true, env = "UNDERPASS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Base of the default data directory.
    #[arg(
        long,
        global = true,
        env = "XDG_STATE_HOME",
        hide = true,
        hide_env = true
    )]
    pub(crate) xdg_state_home: Option<PathBuf>,
}
