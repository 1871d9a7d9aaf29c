//! `underpass serve`

use clap::Args;

use super::config::ConfigArgs;

#[derive(Debug, Args)]
#[command(after_help = "\
Runs the control plane with its API, console and name server on the cloud accounts of the
configuration. Prints messages on stderr and, once it is ready, one line of JSON on stdout unless
that is a terminal. `/readyz` is true from then until it is told to stop.

The first start creates the data directory with the key of the store and the operator's access token.
Changed files and SIGHUP reload log level, certificate, credentials and limits; what needs a restart
is logged.
SIGTERM completes requests and work in progress, and stops.

First steps:
  underpass config defaults > /etc/underpass/underpass.toml     and set dns.domain and the accounts
  underpass config check /etc/underpass/underpass.toml
  underpass serve --config /etc/underpass/underpass.toml
  underpass --data-dir /var/lib/underpass project list          in a second shell

Any value can be set by the environment (UNDERPASS_SERVER_LISTEN) or by --set server.listen=…")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}
