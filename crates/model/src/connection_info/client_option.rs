//! What a person may say about a client, and which tools have a use for it.
//!
//! Said to a tool that has none it is refused: whoever says it believes that it changes something.
//! Where the compatible command line takes a flag without need, its tools take it here, too.

use super::tool::{Tool, of_service, words};
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::service_type::{ComponentFacts, SERVICE_TYPES};

/// Something said about a client that only some tools have a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientOption {
    /// Which database it opens.
    Database,
    /// How strictly it checks a PostgreSQL server.
    SslMode,
    /// How it logs in to Kafka.
    LoginMethod,
    /// Where its certificate is.
    ClientCert,
    /// Where the key of it is.
    ClientKey,
}

impl ClientOption {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "dbname",
            Self::SslMode => "sslmode",
            Self::LoginMethod => "kafka_authentication_method",
            Self::ClientCert => "client_cert",
            Self::ClientKey => "client_key",
        }
    }

    /// The flag of the command line.
    pub fn flag(self) -> String {
        format!("--{}", self.as_str().replace('_', "-"))
    }

    /// Whether it can mean something to clients of a component.
    fn concerns(self, component: &ComponentFacts) -> bool {
        let protocol = component.uri.protocol;
        match self {
            // Redis numbers its databases, and opens the first unless told otherwise.
            Self::Database => component.uri.database.is_some() || protocol == Protocol::Redis,
            Self::SslMode => protocol == Protocol::Postgres,
            Self::LoginMethod | Self::ClientCert | Self::ClientKey => protocol == Protocol::Kafka,
        }
    }
}

impl Tool {
    /// Whether something said makes a difference to what is written for a component.
    pub fn heeds(&self, option: ClientOption, component: &ComponentFacts) -> bool {
        // ClickHouse over HTTP has no database in its address: those who write a query name it.
        let in_query = option == ClientOption::Database
            && component.uri.protocol == Protocol::ClickHouseHttp
            && self.protocols.contains(&Protocol::ClickHouseHttp);
        self.heeded.contains(&option) && (option.concerns(component) || in_query)
    }

    /// Whether something said can make a difference to anything it writes.
    pub fn ever_heeds(&self, option: ClientOption) -> bool {
        SERVICE_TYPES.iter().any(|facts| {
            let mut components = facts.components.iter();
            components.any(|it| self.fits(facts.name, it) && self.heeds(option, it))
        })
    }

    /// Refuses what is said in vain: to this tool at all, or for this component where it is known.
    pub fn check_options(
        &self,
        service: &Service,
        component: Option<&ComponentFacts>,
        options: &[ClientOption],
    ) -> Result<(), Refusal> {
        let components = service.facts().map_or(&[][..], |it| it.components);
        let heeds = |tool: &Tool, option| {
            let mut asked = components
                .iter()
                .filter(|it| component.is_none_or(|component| component.name == it.name));
            asked.any(|it| tool.fits(&service.service_type, it) && tool.heeds(option, it))
        };
        let Some(vain) = options.iter().find(|option| !heeds(self, **option)) else {
            return Ok(());
        };
        let place =
            component.map_or_else(String::new, |it| format!(" for component `{}`", it.name));
        let mut others = of_service(service)
            .filter(|tool| heeds(tool, *vain))
            .peekable();
        let remedy = if others.peek().is_none() {
            format!("no tool for service `{}` has: leave it out", service.name)
        } else {
            format!(
                "for service `{}` it means something to {}",
                service.name,
                words(others)
            )
        };
        Err(Refusal::invalid(
            "option_without_use",
            format!(
                "`{}`{place} has no use for `{}`; {remedy}",
                self.word,
                vain.flag()
            ),
        ))
    }
}

/// The tools, of any product, that have a use for something said.
pub fn tools_that_heed(option: ClientOption) -> String {
    words(super::TOOLS.iter().filter(|tool| tool.ever_heeds(option)))
}
