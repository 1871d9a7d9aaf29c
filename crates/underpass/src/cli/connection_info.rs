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
    /// A tool of the list below, then the name of the service; without a tool, those that fit are
    /// listed
    #[arg(required = true, num_args = 1.., value_names = ["TOOL", "NAME"])]
    pub(crate) words: Vec<String>,
    /// Print it in another format; with a tool, for the component which that one would use
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(crate) output: Option<String>,
    /// Print everything there is to know, as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// How the client reaches the service; privatelink if -p is given, else dynamic
    #[arg(short = 'r', long)]
    pub(crate) route: Option<Route>,
    /// The connection to go through
    #[arg(short = 'p', long, value_name = "CONNECTION_ID")]
    pub(crate) privatelink_connection_id: Option<String>,
    /// The component, if not the first that fits
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) component: Option<String>,
    /// What the client does there
    #[arg(long, conflicts_with = "replica")]
    pub(crate) usage: Option<Usage>,
    /// The same as --usage replica
    #[arg(long)]
    pub(crate) replica: bool,
    /// How a Kafka client logs in; by certificate where the service has such a listener
    #[arg(short = 'a', long, value_name = "METHOD")]
    pub(crate) kafka_authentication_method: Option<KafkaAuthenticationMethod>,
    /// Who signed the certificate of the Kafka listener, where there are several
    #[arg(long, value_name = "CA")]
    pub(crate) kafka_ssl_ca: Option<KafkaSslCa>,
    /// Who logs in; avnadmin, or `default` with Redis and its kin
    #[arg(short = 'u', long)]
    pub(crate) username: Option<String>,
    /// The database; the product's usual one, defaultdb with PostgreSQL
    #[arg(short = 'd', long, visible_alias = "db")]
    pub(crate) dbname: Option<String>,
    /// How strictly a PostgreSQL server proves who it is; `psql` and `pg` say require
    #[arg(long)]
    pub(crate) sslmode: Option<SslMode>,
    /// File of the service's CA
    #[arg(long, value_name = "FILE", default_value = FileNames::default().ca)]
    pub(crate) ca: String,
    /// File of a Kafka client's certificate; service.crt unless told otherwise
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<String>,
    /// File of a Kafka client's key; service.key unless told otherwise
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<String>,
    /// Write those of these files that the tool reads and that are not there yet
    #[arg(short = 'w', long)]
    pub(crate) write: bool,
    /// Write those of these files that the tool reads, over what is there
    #[arg(short = 'W', long)]
    pub(crate) overwrite: bool,
}

impl ConnectionInfoArgs {
    /// The words of the tool, if any, and the name of the service.
    pub(crate) fn tool_and_service(&self) -> (Option<String>, &str) {
        match self.words.split_last() {
            Some((name, [])) => (None, name),
            Some((name, tool)) => (Some(tool.join(" ")), name),
            // The argument is required.
            None => (None, ""),
        }
    }

    /// What was said that only some tools have a use for.
    pub(crate) fn options(&self) -> impl Iterator<Item = ClientOption> {
        let said = [
            (ClientOption::Database, self.dbname.is_some()),
            (ClientOption::SslMode, self.sslmode.is_some()),
            (
                ClientOption::LoginMethod,
                self.kafka_authentication_method.is_some(),
            ),
            (ClientOption::ClientCert, self.client_cert.is_some()),
            (ClientOption::ClientKey, self.client_key.is_some()),
        ];
        let said = said.into_iter().filter(|(_, is_said)| *is_said);
        said.map(|(option, _)| option)
    }

    /// Where the client keeps its files.
    pub(crate) fn files(&self) -> FileNames<'_> {
        let usual = FileNames::default();
        FileNames {
            ca: &self.ca,
            client_cert: self.client_cert.as_deref().unwrap_or(usual.client_cert),
            client_key: self.client_key.as_deref().unwrap_or(usual.client_key),
        }
    }
}

/// The outputs that go with any tool.
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
  underpass service connection-info pg-1                             which tools fit
  underpass service connection-info psql pg-1 -r privatelink
  underpass service connection-info pg uri pg-1 -p plc35843e80510 --sslmode verify-full
  underpass service connection-info kcat kafka-1 -p plc35843e80510 -W
  underpass service connection-info kcat kafka-1 -a sasl
  underpass service connection-info redis cli redis-1 -r privatelink
  underpass service connection-info curl kafka-1 --component schema_registry
  underpass service connection-info pg-1 --output env > .env
  underpass service connection-info pg-1 --output k8s | kubectl apply -f -

Passwords are printed: into URIs and into the arguments of kcat as the compatible command line has
it, else into variables or standard input, which other users of the machine cannot read.
Where your resolver does not know the private name yet, a hint on stderr says how to get there.",
        list(|tool| tool.form != Form::File),
        list(|tool| tool.form == Form::File),
    )
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
    Route {
        Dynamic = "dynamic",
        Public = "public",
        Private = "private",
        Privatelink = "privatelink",
    }
    /// What a listener is for.
    Usage { Primary = "primary", Replica = "replica", DisasterRecovery = "disaster_recovery" }
    /// How a Kafka client logs in.
    KafkaAuthenticationMethod { Certificate = "certificate", Sasl = "sasl" }
    /// Who signed the certificate of a Kafka listener.
    KafkaSslCa { ProjectCa = "project_ca", Letsencrypt = "letsencrypt" }
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
