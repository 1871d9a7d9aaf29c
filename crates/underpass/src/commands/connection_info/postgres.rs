//! How a PostgreSQL client logs in, written as the compatible client writes it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::choose::{self, Wanted};
use crate::cli::connection_info::{PgArgs, Usage};
use crate::client::text;
use crate::failure::Failure;

/// What the compatible client leaves unescaped in a user's name and password: RFC 3986
/// unreserved characters and the slash.
const LOGIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');

/// Service types that speak PostgreSQL's protocol.
const TYPES: [&str; 2] = ["pg", "alloydbomni"];

/// Everything a client needs.
#[derive(Debug)]
pub(super) struct PgLogin {
    host: String,
    port: u64,
    username: String,
    password: String,
    dbname: String,
    sslmode: &'static str,
    /// The private connection it goes through.
    connection: Option<String>,
}

impl PgLogin {
    /// Chooses from what the service shows.
    pub(super) fn of(service: &Value, args: &PgArgs) -> Result<Self, Failure> {
        let kind = text(service, "service_type")?;
        if !TYPES.contains(&kind) {
            return Err(Failure::refused(format!(
                "Cannot format pg connection info for service type {kind}"
            )));
        }
        let wanted = Wanted {
            route: args.route,
            usage: args.usage.unwrap_or(if args.replica {
                Usage::Replica
            } else {
                Usage::Primary
            }),
            connection: args.privatelink_connection_id.as_deref(),
        };
        let component = choose::component(service, wanted)?;
        let user = choose::user(service, &args.username)?;
        let password = user
            .get("password")
            .and_then(Value::as_str)
            .ok_or_else(|| {
                Failure::refused(format!(
                    "Could not find password for username {}",
                    args.username
                ))
            })?;
        let port = component.get("port").and_then(Value::as_u64);
        Ok(Self {
            host: text(component, "host")?.to_owned(),
            port: port.ok_or_else(|| Failure::ours("a component has no port"))?,
            username: args.username.clone(),
            password: password.to_owned(),
            dbname: args.dbname.clone(),
            sslmode: args.sslmode.as_str(),
            connection: choose::connection_of(component).map(str::to_owned),
        })
    }

    /// The private connection it goes through.
    pub(super) fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    /// `postgres://USER:PASSWORD@HOST:PORT/DB?sslmode=MODE`
    pub(super) fn uri(&self) -> String {
        let escape = |text: &str| utf8_percent_encode(text, LOGIN).to_string();
        format!(
            "postgres://{}:{}@{}:{}/{}?sslmode={}",
            escape(&self.username),
            escape(&self.password),
            self.host,
            self.port,
            self.dbname,
            self.sslmode
        )
    }

    /// `host='HOST' port='PORT' user=USER dbname='DB'`
    pub(super) fn connection_string(&self) -> String {
        format!(
            "host='{}' port='{}' user={} dbname='{}'",
            self.host, self.port, self.username, self.dbname
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::json;

    use super::*;
    use crate::cli::connection_info::Route;

    #[derive(clap::Parser)]
    struct Words {
        #[command(flatten)]
        args: PgArgs,
    }

    fn args(words: &str) -> PgArgs {
        Words::parse_from(std::iter::once("x").chain(words.split(' '))).args
    }

    fn service(connections: &[&str]) -> Value {
        let mut components = vec![
            json!({ "component": "pg", "host": "pg-1-demo.underpass.test",
            "port": 5432, "route": "dynamic", "usage": "primary" }),
        ];
        for (index, id) in connections.iter().enumerate() {
            components.push(
                json!({ "component": "pg", "port": 15432, "usage": "primary",
                "host": format!("privatelink-{}-pg-1-demo.underpass.test", index + 1),
                "route": "privatelink", "privatelink_connection_id": id }),
            );
        }
        json!({ "service_type": "pg", "components": components,
            "users": [{ "username": "avnadmin", "password": "p w/@:é" }] })
    }

    #[test]
    fn a_uri_is_written_as_the_compatible_client_writes_it() {
        let login = PgLogin::of(&service(&["plc1"]), &args("pg-1 -p plc1")).unwrap();
        assert_eq!(
            login.uri(),
            "postgres://avnadmin:p%20w/%40%3A%C3%A9@privatelink-1-pg-1-demo.underpass.test:15432\
             /defaultdb?sslmode=require"
        );
        assert_eq!(
            login.connection_string(),
            "host='privatelink-1-pg-1-demo.underpass.test' port='15432' user=avnadmin \
             dbname='defaultdb'"
        );
    }

    #[test]
    fn the_route_is_dynamic_unless_a_connection_is_named() {
        let login = PgLogin::of(&service(&["plc1"]), &args("pg-1")).unwrap();
        assert_eq!(login.port, 5432);
    }

    #[test]
    fn with_several_connections_and_none_named_the_choices_are_told() {
        let refused = PgLogin::of(&service(&["plc1", "plc2"]), &args("pg-1 -r privatelink"));
        let lines = refused.unwrap_err().lines();
        assert_eq!(lines[1], "hint: there are plc1, plc2");
    }

    #[test]
    fn what_cannot_be_chosen_is_refused() {
        for words in [
            "pg-1 -r privatelink",
            "pg-1 -p plc9",
            "pg-1 --replica",
            "pg-1 -u x",
        ] {
            assert!(PgLogin::of(&service(&[]), &args(words)).is_err(), "{words}");
        }
        let clash = args("pg-1 -p plc1 -r dynamic");
        assert_eq!(clash.route, Some(Route::Dynamic));
        assert!(PgLogin::of(&service(&["plc1"]), &clash).is_err());
    }
}
