//! The closed list of tools and formats that connection information is written for.
//!
//! A new tool is one new entry: the API, the command line and its help follow from it.

use serde::{Deserialize, Serialize};

use self::Writer::{Any, Fit};
use super::client_option::ClientOption;
use super::rendered::Rendered;
use super::target::Target;
use super::usual_user::UsualUser;
use super::{clickhouse, http, jdbc, kafka, mysql, postgres, redis, variables};
use crate::credentials::REDACTED;
use crate::excerpt::excerpt;
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::service_type::ComponentFacts;

/// A tool, or a format that many tools read.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The name: one or two words.
    pub word: &'static str,
    /// One line for display.
    pub title: &'static str,
    /// The form of the output.
    pub form: Form,
    /// The supported types; any if empty.
    pub service_types: &'static [&'static str],
    /// The supported components; any if empty.
    pub components: &'static [&'static str],
    /// The supported protocols; any if empty.
    pub protocols: &'static [Protocol],
    /// The optional inputs that change the output, if the component has such an option.
    pub(super) supported: &'static [ClientOption],
    user: UsualUser,
    writer: Writer,
}

/// The function that renders a target.
#[derive(Debug, Clone, Copy)]
enum Writer {
    /// Renders any target.
    Any(fn(&Target<'_>) -> Rendered),
    /// Renders a target with the required properties, in supported characters.
    Fit(fn(&Target<'_>) -> Result<Rendered, Refusal>),
}

/// The form of a tool's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A line for a POSIX shell.
    Command,
    /// One line for clients: a URI or a connection string.
    Address,
    /// The content of a file, for any tool that reads the format.
    File,
}

impl Form {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Address => "address",
            Self::File => "file",
        }
    }
}

// The word identifies the entry.
impl PartialEq for Tool {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Tool {}

/// A tool for any type and component, before it is narrowed.
const fn tool(word: &'static str, title: &'static str, form: Form, writer: Writer) -> Tool {
    Tool {
        word,
        title,
        form,
        service_types: &[],
        components: &[],
        protocols: &[],
        supported: &[],
        user: UsualUser::Main,
        writer,
    }
}

/// A tool for PostgreSQL.
const fn pg(tool: Tool) -> Tool {
    Tool {
        service_types: &["pg", "alloydbomni"],
        protocols: &[Protocol::Postgres],
        supported: POSTGRES,
        user: UsualUser::Main,
        ..tool
    }
}

/// A tool for Redis-compatible services.
const fn redis_like(tool: Tool, service_types: &'static [&'static str]) -> Tool {
    Tool {
        service_types,
        protocols: &[Protocol::Redis],
        supported: DATABASE,
        user: UsualUser::Default,
        ..tool
    }
}

const fn kafka_like(tool: Tool) -> Tool {
    Tool {
        service_types: &["kafka"],
        protocols: &[Protocol::Kafka],
        supported: KAFKA,
        user: UsualUser::Main,
        ..tool
    }
}

const fn of_components(tool: Tool, components: &'static [&'static str]) -> Tool {
    Tool { components, ..tool }
}

const fn supporting(tool: Tool, supported: &'static [ClientOption]) -> Tool {
    Tool { supported, ..tool }
}

const fn of_protocols(tool: Tool, protocols: &'static [Protocol]) -> Tool {
    Tool { protocols, ..tool }
}

const DATABASE: &[ClientOption] = &[ClientOption::Database];

const POSTGRES: &[ClientOption] = &[ClientOption::Database, ClientOption::SslMode];

const KAFKA: &[ClientOption] = &[
    ClientOption::LoginMethod,
    ClientOption::ClientCert,
    ClientOption::ClientKey,
];

/// The optional inputs of formats for any product.
const VARIABLES: &[ClientOption] = &[
    ClientOption::Database,
    ClientOption::SslMode,
    ClientOption::LoginMethod,
    ClientOption::ClientCert,
    ClientOption::ClientKey,
];

const HTTP: &[Protocol] = &[
    Protocol::Http,
    Protocol::OpenSearch,
    Protocol::ClickHouseHttp,
    Protocol::Influx,
];

/// Every tool: those of one type, then those of several, then formats.
#[rustfmt::skip]
pub const TOOLS: &[Tool] = &[
    pg(tool("psql", "psql, PostgreSQL's own client", Form::Command, Fit(postgres::psql))),
    pg(tool("pg uri", "PostgreSQL URI", Form::Address, Fit(postgres::uri))),
    pg(tool("pg string", "PostgreSQL connection string, without the password", Form::Address, Fit(postgres::string))),
    pg(tool("alloydbomni uri", "AlloyDB Omni URI", Form::Address, Fit(postgres::uri))),
    pg(tool("alloydbomni string", "AlloyDB Omni connection string, without the password", Form::Address, Fit(postgres::string))),
    supporting(of_protocols(tool("mysql", "mysql, of MySQL or MariaDB", Form::Command, Any(mysql::mysql)), &[Protocol::MySql]), DATABASE),
    supporting(of_protocols(tool("mysql uri", "MySQL URI", Form::Address, Any(uri)), &[Protocol::MySql]), DATABASE),
    redis_like(tool("redis cli", "redis-cli for Redis", Form::Command, Fit(redis::cli)), &["redis"]),
    redis_like(tool("redis uri", "Redis URI", Form::Address, Fit(redis::uri)), &["redis"]),
    redis_like(tool("valkey cli", "redis-cli for Valkey", Form::Command, Fit(redis::cli)), &["valkey"]),
    redis_like(tool("valkey uri", "Valkey URI", Form::Address, Fit(redis::valkey_uri)), &["valkey"]),
    redis_like(tool("dragonfly cli", "redis-cli for Dragonfly", Form::Command, Fit(redis::cli)), &["dragonfly"]),
    redis_like(tool("dragonfly uri", "Dragonfly URI", Form::Address, Fit(redis::uri)), &["dragonfly"]),
    supporting(of_protocols(tool("clickhouse", "clickhouse-client, over the native protocol", Form::Command, Any(clickhouse::client)), &[Protocol::ClickHouse]), DATABASE),
    supporting(of_protocols(tool("clickhouse https", "curl with a query for ClickHouse", Form::Command, Fit(http::clickhouse)), &[Protocol::ClickHouseHttp]), DATABASE),
    kafka_like(tool("kcat", "kcat for Kafka", Form::Command, Fit(kafka::kcat))),
    kafka_like(tool("kafkacat", "kcat by its old name", Form::Command, Fit(kafka::kafkacat))),
    of_components(tool("kafka-connect", "curl for Kafka Connect's connectors", Form::Command, Fit(http::connectors)), &["kafka_connect"]),
    of_components(tool("opensearch", "curl for OpenSearch's health", Form::Command, Fit(http::cluster_health)), &["opensearch"]),
    of_components(tool("grafana", "curl for Grafana's health", Form::Command, Fit(http::grafana_health)), &["grafana"]),
    supporting(of_protocols(tool("influx", "influx, InfluxDB 1.x's own client", Form::Command, Any(http::influx)), &[Protocol::Influx]), DATABASE),
    of_protocols(tool("curl", "curl for any component over HTTP", Form::Command, Fit(http::root)), HTTP),
    supporting(tool("uri", "URI, or HOST:PORT for a bootstrap list", Form::Address, Any(uri)), &[ClientOption::Database, ClientOption::SslMode, ClientOption::LoginMethod]),
    supporting(tool("env", "lines of a .env file", Form::File, Fit(variables::env)), VARIABLES),
    supporting(tool("k8s", "manifest of a Kubernetes Secret", Form::File, Fit(variables::k8s)), VARIABLES),
    supporting(of_protocols(
        tool("jdbc", "JDBC URL", Form::File, Any(jdbc::url)),
        &[Protocol::Postgres, Protocol::MySql, Protocol::ClickHouseHttp, Protocol::OpenSearch],
    ), POSTGRES),
    supporting(of_protocols(tool("service-conf", "section of pg_service.conf", Form::File, Fit(postgres::service_conf)), &[Protocol::Postgres]), POSTGRES),
];

/// The component's own URI, everything in it escaped.
fn uri(target: &Target<'_>) -> Rendered {
    Rendered::new(target, target.address().uri())
}

/// Returns the tool of that name.
///
/// # Errors
/// * `unknown_tool`: there is no such tool.
pub fn find(word: &str) -> Result<&'static Tool, Refusal> {
    TOOLS.iter().find(|tool| tool.word == word).ok_or_else(|| {
        Refusal::invalid(
            "unknown_tool",
            format!(
                "`{}` is not a tool for connection information. Valid values: {}",
                excerpt(word),
                words(TOOLS.iter())
            ),
        )
    })
}

/// Returns the tools that support some component of a service.
pub fn of_service(service: &Service) -> impl Iterator<Item = &'static Tool> {
    let components = service.facts().map_or(&[][..], |facts| facts.components);
    TOOLS.iter().filter(move |tool| {
        let fits = |facts| tool.fits(&service.service_type, facts);
        components.iter().any(fits)
    })
}

impl Tool {
    /// Reports whether the tool supports this component of a service of this type.
    pub fn fits(&self, service_type: &str, component: &ComponentFacts) -> bool {
        let protocol = component.uri.protocol;
        (self.service_types.is_empty() || self.service_types.contains(&service_type))
            && (self.components.is_empty() || self.components.contains(&component.name))
            && (self.protocols.is_empty() || self.protocols.contains(&protocol))
    }

    /// The user who logs in to a component if none is named.
    pub fn usual_user(&self, component: &ComponentFacts) -> UsualUser {
        match (self.user, component.uri.protocol) {
            // Formats for several products keep each product's custom.
            (UsualUser::Main, Protocol::Redis) => UsualUser::Default,
            (user, _) => user,
        }
    }

    /// Refuses a service without a component that the tool supports.
    ///
    /// # Errors
    /// * `tool_not_for_type`: there is no such component.
    pub fn check(&'static self, service: &Service) -> Result<(), Refusal> {
        if of_service(service).any(|tool| tool == self) {
            return Ok(());
        }
        Err(Refusal::conflict(
            "tool_not_for_type",
            format!(
                "Cannot format {} connection info for service type {}. Tools for service `{}`: {}",
                self.word,
                service.service_type,
                service.name,
                words(of_service(service))
            ),
        ))
    }

    /// Renders a target.
    ///
    /// # Errors
    /// * The codes of the tool's format, for a value that is missing or that the format cannot
    ///   express.
    pub fn render(&self, target: &Target<'_>) -> Result<Rendered, Refusal> {
        target.check()?;
        let rendered = match self.writer {
            Writer::Any(write) => write(target),
            Writer::Fit(write) => write(target)?,
        };
        let redacted = target
            .holds_back()
            .then(|| format!("your role is read-only, so `{REDACTED}` replaces secrets"));
        Ok(rendered.note(redacted))
    }
}

pub(super) fn words(tools: impl Iterator<Item = &'static Tool>) -> String {
    let words: Vec<_> = tools.map(|tool| format!("`{}`", tool.word)).collect();
    words.join(", ")
}
