//! `underpass service connection-info …`

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionInfoCommand {
    /// Print a psql command
    #[command(after_help = "Examples:
  underpass service connection-info psql pg-1 -r privatelink
  underpass service connection-info psql pg-1 -p plc35843e80510 --sslmode verify-full")]
    Psql(PgArgs),
    /// For PostgreSQL clients
    #[command(subcommand)]
    Pg(PgCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PgCommand {
    /// Print a URI
    Uri(PgArgs),
    /// Print a connection string; the password is asked for or found by the client
    String(PgArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PgArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// How the client reaches the service; privatelink if -p is given, else dynamic
    #[arg(short = 'r', long)]
    pub(crate) route: Option<Route>,
    /// What the client does there
    #[arg(long, conflicts_with = "replica")]
    pub(crate) usage: Option<Usage>,
    /// The connection to go through
    #[arg(short = 'p', long, value_name = "CONNECTION_ID")]
    pub(crate) privatelink_connection_id: Option<String>,
    /// The same as --usage replica
    #[arg(long)]
    pub(crate) replica: bool,
    /// Who logs in
    #[arg(short = 'u', long, default_value = "avnadmin")]
    pub(crate) username: String,
    /// The database
    #[arg(short = 'd', long, default_value = "defaultdb")]
    pub(crate) dbname: String,
    /// How strictly the server proves who it is
    #[arg(long, default_value = "require")]
    pub(crate) sslmode: SslMode,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(crate) enum $name { $(#[value(name = $word)] $variant),* }

        impl $name {
            /// The word on the wire.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

words! {
    /// How a client reaches a component.
    Route { Dynamic = "dynamic", Privatelink = "privatelink", Public = "public" }
    /// What a listener is for.
    Usage { Primary = "primary", Replica = "replica", DisasterRecovery = "disaster_recovery" }
    /// How a client checks the server.
    SslMode {
        Require = "require",
        VerifyCa = "verify-ca",
        VerifyFull = "verify-full",
        Disable = "disable",
        Allow = "allow",
        Prefer = "prefer",
    }
}
