//! `underpass service connection-info …`

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use underpass_model::connection_info::{ClientOption, FileNames, Form, TOOLS, Tool};

#[derive(Debug, Args)]
#[command(
    override_usage = "underpass service connection-info [OPTIONS] [TOOL] NAME",
    after_help = after_help()
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of the compatible command line"
)]
pub(crate) struct ConnectionInfoArgs {
    /// Tool of the list below, then the name of the service; without a tool, list the tools that
    /// fit
    #[arg(required = true, num_args = 1.., value_names = ["TOOL", "NAME"])]
    pub(crate) words: Vec<String>,
    /// Print in this format; with a tool, for the component that the tool uses
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(crate) output: Option<String>,
    /// Print the complete answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Route from the client to the service [default: privatelink with -p, else dynamic]
    #[arg(short = 'r', long)]
    pub(crate) route: Option<Route>,
    /// Connection to use
    #[arg(short = 'p', long, value_name = "CONNECTION_ID")]
    pub(crate) privatelink_connection_id: Option<String>,
    /// Component to use [default: the first that fits]
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) component: Option<String>,
    /// Usage of the component's listener
    #[arg(long, conflicts_with = "replica")]
    pub(crate) usage: Option<Usage>,
    /// Same as --usage replica
    #[arg(long)]
    pub(crate) replica: bool,
    /// Login method of a Kafka client [default: certificate, if the service has such a listener]
    #[arg(short = 'a', long, value_name = "METHOD")]
    pub(crate) kafka_authentication_method: Option<KafkaAuthenticationMethod>,
    /// Certificate authority of the Kafka listener, if there are several
    #[arg(long, value_name = "CA")]
    pub(crate) kafka_ssl_ca: Option<KafkaSslCa>,
    /// User name [default: avnadmin, else the first login; default with Redis and its derivatives]
    #[arg(short = 'u', long)]
    pub(crate) username: Option<String>,
    /// Database name [default: the product's default database, defaultdb with PostgreSQL]
    #[arg(short = 'd', long, visible_alias = "db")]
    pub(crate) dbname: Option<String>,
    /// Certificate check of a PostgreSQL client [default: require with `psql` and `pg`]
    #[arg(long)]
    pub(crate) sslmode: Option<SslMode>,
    /// File of the service's CA certificate
    #[arg(long, value_name = "FILE", default_value = FileNames::default().ca)]
    pub(crate) ca: String,
    /// File of a Kafka client's certificate [default: service.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<String>,
    /// File of a Kafka client's key [default: service.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<String>,
    /// Write the files that the tool reads and that do not exist yet
    #[arg(short = 'w', long)]
    pub(crate) write: bool,
    /// Write the files that the tool reads, replacing existing ones
    #[arg(short = 'W', long)]
    pub(crate) overwrite: bool,
}

impl ConnectionInfoArgs {
    /// Returns the words of the tool, if any, and the name of the service.
    pub(crate) fn tool_and_service(&self) -> (Option<String>, &str) {
        match self.words.split_last() {
            Some((name, [])) => (None, name),
            Some((name, tool)) => (Some(tool.join(" ")), name),
            // The argument is required.
            None => (None, ""),
        }
    }

    /// Returns the given options that only some tools support.
    pub(crate) fn options(&self) -> impl Iterator<Item = ClientOption> {
        let given = [
            (ClientOption::Database, self.dbname.is_some()),
            (ClientOption::SslMode, self.sslmode.is_some()),
            (
                ClientOption::LoginMethod,
                self.kafka_authentication_method.is_some(),
            ),
            (ClientOption::ClientCert, self.client_cert.is_some()),
            (ClientOption::ClientKey, self.client_key.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(option, _)| option)
    }

    /// Returns the names of the client's files.
    pub(crate) fn files(&self) -> FileNames<'_> {
        let defaults = FileNames::default();
        FileNames {
            ca: &self.ca,
            client_cert: self.client_cert.as_deref().unwrap_or(defaults.client_cert),
            client_key: self.client_key.as_deref().unwrap_or(defaults.client_key),
        }
    }
}

/// Formats for `--output`.
fn formats() -> PossibleValuesParser {
    let words = TOOLS.iter().filter(|tool| tool.form == Form::File);
    PossibleValuesParser::new(words.map(|tool| tool.word))
}

fn after_help() -> String {
    let list = |of: fn(&Tool) -> bool| {
        let lines = TOOLS.iter().filter(|tool| of(tool));
        let lines = lines.map(|tool| format!("  {:<19}{}", tool.word, tool.title));
        lines.collect::<Vec<_>>().join("\n")
    };
    format!(
        "\
Tools:
{}

Formats, for --output:
{}

Examples:
  underpass service connection-info pg-1                             lists the tools that fit
  underpass service connection-info psql pg-1 -r privatelink
  underpass service connection-info pg uri pg-1 -p plc35843e80510 --sslmode verify-full
  underpass service connection-info kcat kafka-1 -p plc35843e80510 -W
  underpass service connection-info kcat kafka-1 -a sasl
  underpass service connection-info redis cli redis-1 -r privatelink
  underpass service connection-info curl kafka-1 --component schema_registry
  underpass service connection-info pg-1 --output env > .env
  underpass service connection-info pg-1 --output k8s | kubectl apply -f -

The output contains passwords: in URIs and in the arguments of kcat, as in the compatible command
line, else in variables or standard input, which other users of the machine cannot read.
If your resolver does not resolve the private name yet, a hint on stderr shows an alternative.",
        list(|tool| tool.form != Form::File),
        list(|tool| tool.form == Form::File),
    )
}

macro_rules! word_enums {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(crate) enum $name { $(#[value(name = $word)] $variant),* }

        impl $name {
            /// Returns the word on the wire.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

word_enums! {
    /// Route from a client to a component.
    Route {
        Dynamic = "dynamic",
        Public = "public",
        Private = "private",
        Privatelink = "privatelink",
    }
    /// Usage of a listener.
    Usage { Primary = "primary", Replica = "replica", DisasterRecovery = "disaster_recovery" }
    /// Login method of a Kafka client.
    KafkaAuthenticationMethod { Certificate = "certificate", Sasl = "sasl" }
    /// Certificate authority of a Kafka listener.
    KafkaSslCa { ProjectCa = "project_ca", Letsencrypt = "letsencrypt" }
    /// Check of the server's certificate.
    SslMode {
        Require = "require",
        VerifyCa = "verify-ca",
        VerifyFull = "verify-full",
        Disable = "disable",
        Allow = "allow",
        Prefer = "prefer",
    }
}
