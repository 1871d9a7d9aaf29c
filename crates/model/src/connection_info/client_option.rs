//! Optional inputs about a client, which only some tools support.

use crate::protocol::Protocol;
use crate::service_type::ComponentFacts;

/// An optional input about a client that only some tools support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientOption {
    /// The database that it opens.
    Database,
    /// The strictness with which it verifies a PostgreSQL server.
    SslMode,
    /// The method of its login to Kafka.
    LoginMethod,
    /// The path of its certificate.
    ClientCert,
    /// The path of the certificate's key.
    ClientKey,
}

impl ClientOption {
    /// The name in the API.
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

    /// Reports whether clients of a component can use it.
    pub(super) fn concerns(self, component: &ComponentFacts) -> bool {
        let protocol = component.uri.protocol;
        match self {
            // Redis numbers its databases; the first is the default.
            Self::Database => component.uri.database.is_some() || protocol == Protocol::Redis,
            Self::SslMode => protocol == Protocol::Postgres,
            Self::LoginMethod | Self::ClientCert | Self::ClientKey => protocol == Protocol::Kafka,
        }
    }
}
