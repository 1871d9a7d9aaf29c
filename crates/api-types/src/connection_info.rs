//! Connection information: the data that a client needs to reach a service by one route.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use underpass_model::connection_info::Form;
use underpass_model::credentials::Secret;
use underpass_model::route::Route;
use underpass_model::service::{KafkaAuthentication, Tls, Usage};

/// Connection information of a service: `GET …/connection-info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionInfoAnswer {
    /// The connection information.
    pub connection_info: ConnectionInfo,
}

/// Data that a client needs. Secrets are replaced by `<redacted>` unless the request and the role
/// of the caller allow them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionInfo {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// Route. Valid values: `dynamic`, `public`, `private`, `privatelink`.
    pub route: Route,
    /// ID of the connection on the route `privatelink`; null on others.
    pub privatelink_connection_id: Option<String>,
    /// Component of the service.
    pub component: String,
    /// Usage of the listener. Valid values: `primary`, `replica`.
    pub usage: Usage,
    /// Authentication method of the listener; null except on Kafka.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// True if the listener speaks TLS.
    pub ssl: Tls,
    /// Address that the host resolves to on the route `privatelink`; null on others.
    pub user_ip_address: Option<Ipv4Addr>,
    /// Name of the login; null without one.
    pub user: Option<String>,
    /// Password of the login; null without one.
    pub password: Option<Secret>,
    /// Client certificate of the login, in PEM; null without one.
    pub access_cert: Option<String>,
    /// Key of the client certificate, in PEM; null without one.
    pub access_key: Option<Secret>,
    /// Name of the database; null for components without databases.
    pub dbname: Option<String>,
    /// TLS mode in the words of the protocol; null for protocols without one.
    pub sslmode: Option<String>,
    /// URI with the login.
    pub uri: Secret,
    /// Pieces of the URI; every value is a text.
    pub params: BTreeMap<String, Secret>,
    /// CA that signed the server's certificate, in PEM; null if clients know it.
    pub ca: Option<String>,
    /// Client tools, each with its text or with the reason why it has none.
    pub tools: Vec<ToolView>,
    /// Other components on the same route.
    pub other_components: BTreeSet<String>,
}

/// A client tool with its text, or with the reason why it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolView {
    /// Name of the tool as a parameter.
    pub tool: String,
    /// Displayed name of the tool.
    pub title: String,
    /// Form of the text. Valid values: `command`, `address`, `file`.
    pub form: Form,
    /// The text; null if there is a refusal. It may contain secrets.
    pub text: Option<Secret>,
    /// Files that the client needs beside it.
    pub files: Vec<FileView>,
    /// Sentences about the text.
    pub notes: Vec<String>,
    /// Alternative while the client's resolver does not know the private name; null on other
    /// routes.
    pub without_resolver: Option<DetourView>,
    /// Reason why there is no text; null if there is one.
    pub refusal: Option<ToolRefusal>,
}

/// A file that the client needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    /// Path of the file.
    pub path: String,
    /// Content of the file. It may be a key.
    pub content: Secret,
}

/// Alternative for clients that cannot resolve the private name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetourView {
    /// Kind of the alternative.
    pub kind: DetourKind,
    /// The variable, argument or line.
    pub text: String,
}

/// Kind of an alternative for clients that cannot resolve the private name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetourKind {
    /// An environment variable, `NAME=VALUE`.
    Environment,
    /// An argument at the end of the command line.
    Argument,
    /// A line of `/etc/hosts`.
    Hosts,
}

/// Reason why a tool has no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRefusal {
    /// Code of the rule.
    pub error_code: String,
    /// The rule, in words.
    pub message: String,
}

impl ConnectionInfo {
    /// Reports whether it has a password or a key, shown or not.
    pub const fn has_secrets(&self) -> bool {
        self.password.is_some() || self.access_key.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn tool(form: Form) -> ToolView {
        ToolView {
            tool: "psql".to_owned(),
            title: "psql".to_owned(),
            form,
            text: Some(secret("psql …")),
            files: vec![FileView {
                path: "ca.pem".to_owned(),
                content: secret("CA"),
            }],
            notes: vec!["A note".to_owned()],
            without_resolver: Some(DetourView {
                kind: DetourKind::Environment,
                text: "PGHOSTADDR=10.0.0.4".to_owned(),
            }),
            refusal: None,
        }
    }

    fn info() -> ConnectionInfo {
        let refused = ToolView {
            text: None,
            files: Vec::new(),
            notes: Vec::new(),
            without_resolver: None,
            refusal: Some(ToolRefusal {
                error_code: "tool_password".to_owned(),
                message: "It needs a password".to_owned(),
            }),
            ..tool(Form::File)
        };
        ConnectionInfo {
            service_name: "pg-1".to_owned(),
            service_type: "pg".to_owned(),
            route: Route::Privatelink,
            privatelink_connection_id: Some("plc000000000001".to_owned()),
            component: "pg".to_owned(),
            usage: Usage::Primary,
            kafka_authentication_method: None,
            host: "pg-1.example".to_owned(),
            port: 5432,
            ssl: Tls::On,
            user_ip_address: Some(Ipv4Addr::new(10, 0, 0, 4)),
            user: Some("avnadmin".to_owned()),
            password: Some(secret("hunter2")),
            access_cert: None,
            access_key: None,
            dbname: Some("defaultdb".to_owned()),
            sslmode: Some("require".to_owned()),
            uri: secret("postgres://avnadmin:hunter2@pg-1.example:5432/defaultdb"),
            params: BTreeMap::from([("password".to_owned(), secret("hunter2"))]),
            ca: None,
            tools: vec![tool(Form::Command), tool(Form::Address), refused],
            other_components: BTreeSet::from(["pgbouncer".to_owned()]),
        }
    }

    #[test]
    fn connection_information_is_read_back() {
        assert_round_trip(&ConnectionInfoAnswer {
            connection_info: info(),
        });
    }

    #[test]
    fn a_secret_is_in_the_document_and_not_in_logs() {
        assert!(serde_json::to_string(&info()).unwrap().contains("hunter2"));
        assert!(!format!("{:?}", info()).contains("hunter2"));
    }

    #[test]
    fn routes_usages_and_forms_have_the_words_of_the_model() {
        for route in [
            Route::Dynamic,
            Route::Public,
            Route::Private,
            Route::Privatelink,
        ] {
            let word = serde_json::to_string(&route).unwrap();
            assert_eq!(word, format!("\"{}\"", route.as_str()));
        }
        for usage in [Usage::Primary, Usage::Replica] {
            let word = serde_json::to_string(&usage).unwrap();
            assert_eq!(word, format!("\"{}\"", usage.as_str()));
        }
        for form in [Form::Command, Form::Address, Form::File] {
            let word = serde_json::to_string(&form).unwrap();
            assert_eq!(word, format!("\"{}\"", form.as_str()));
        }
    }
}
