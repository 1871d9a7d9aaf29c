//! A login as variables, under the names that the products' own clients read: lines of a `.env`
//! file, or a Kubernetes Secret.

use super::http::base_url;
use super::kafka::{SASL_MECHANISM, login_files, security_protocol};
use super::rendered::Rendered;
use super::target::Target;
use super::{postgres, quote};
use crate::protocol::Protocol;
use crate::refusal::Refusal;
use crate::service::KafkaAuthentication;

/// Lines `NAME=VALUE`.
pub(super) fn env(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let lines: Vec<_> = variables(target)
        .into_iter()
        .map(|(name, value)| format!("{name}={}", quote::dotenv(&value)))
        .collect();
    let mut rendered = Rendered::new(target, lines.join("\n"));
    rendered.files.extend(login_files(target)?);
    if target.component.uri.protocol == Protocol::Postgres {
        rendered = rendered.detour(postgres::hostaddr(target));
    }
    Ok(rendered)
}

/// A manifest of a Secret. Files of the client are separate keys, to be mounted.
pub(super) fn k8s(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let mut text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\ntype: Opaque\nstringData:",
        quote::yaml(target.service.name.as_str())
    );
    for (name, value) in variables(target) {
        text = format!("{text}\n  {name}: {}", quote::yaml(&value));
    }
    let mut files = Rendered::new(target, String::new()).files;
    files.extend(login_files(target)?);
    for file in files {
        // A key is a file name: no directories, and few characters.
        let key: String = file
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .chars()
            .map(|c| match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
                _ => '_',
            })
            .collect();
        text = format!(
            "{text}\n  {}: {}",
            quote::yaml(&key),
            quote::yaml(&file.content)
        );
    }
    let mut rendered = Rendered::new(target, text)
        .note(Some(
            "pipe it into `kubectl apply -f -`; the cluster must resolve the private name"
                .to_owned(),
        ))
        .detour(None);
    // The manifest contains them.
    rendered.files.clear();
    Ok(rendered)
}

/// Every variable with its value, in a fixed order.
fn variables(target: &Target<'_>) -> Vec<(String, String)> {
    let mut list = Variables(Vec::new());
    let (username, password) = (target.username(), target.password());
    let host_and_port = (target.host(), target.port().to_string());
    let tls = target.speaks_tls();
    let ca = target.needs_ca().then_some(target.files.ca);
    match target.component.uri.protocol {
        Protocol::Postgres => {
            list.place("PGHOST", "PGPORT", &host_and_port);
            list.put("PGUSER", username);
            list.put("PGPASSWORD", password);
            list.put("PGDATABASE", target.database());
            list.put("PGSSLMODE", target.address().tls().map(|(_, mode)| mode));
            let verifies = target
                .sslmode
                .filter(|mode| matches!(*mode, "verify-ca" | "verify-full"));
            list.put("PGSSLROOTCERT", verifies.and(ca));
            list.put("DATABASE_URL", Some(&target.address().uri()));
        }
        Protocol::MySql => {
            list.place("MYSQL_HOST", "MYSQL_TCP_PORT", &host_and_port);
            list.put("MYSQL_USER", username);
            list.put("MYSQL_PWD", password);
            list.put("MYSQL_DATABASE", target.database());
            list.put("MYSQL_SSL_CA", ca);
            list.put("DATABASE_URL", Some(&target.address().uri()));
        }
        Protocol::Redis => {
            list.place("REDIS_HOST", "REDIS_PORT", &host_and_port);
            list.put("REDIS_USERNAME", username);
            list.put("REDIS_PASSWORD", password);
            list.put("REDISCLI_AUTH", password);
            list.put("REDIS_CA", ca);
            list.put("REDIS_URL", Some(&target.address().uri()));
        }
        Protocol::ClickHouse => {
            list.place("CLICKHOUSE_HOST", "CLICKHOUSE_PORT", &host_and_port);
            list.put("CLICKHOUSE_USER", username);
            list.put("CLICKHOUSE_PASSWORD", password);
            list.put("CLICKHOUSE_DATABASE", target.database());
            list.put("CLICKHOUSE_SECURE", Some(if tls { "1" } else { "0" }));
            list.put("CLICKHOUSE_CA", ca);
        }
        Protocol::Kafka => {
            let servers = format!("{}:{}", target.host(), target.port());
            list.put("KAFKA_BOOTSTRAP_SERVERS", Some(&servers));
            list.put("KAFKA_SECURITY_PROTOCOL", Some(security_protocol(target)));
            list.put("KAFKA_SSL_CA_LOCATION", ca);
            match target.way.kafka_authentication_method {
                Some(KafkaAuthentication::Certificate) => {
                    let files = target.files;
                    list.put("KAFKA_SSL_CERTIFICATE_LOCATION", Some(files.client_cert));
                    list.put("KAFKA_SSL_KEY_LOCATION", Some(files.client_key));
                }
                Some(KafkaAuthentication::Sasl) => {
                    list.put("KAFKA_SASL_MECHANISM", Some(SASL_MECHANISM));
                    list.put("KAFKA_SASL_USERNAME", username);
                    list.put("KAFKA_SASL_PASSWORD", password);
                }
                None => {}
            }
        }
        Protocol::Influx => {
            list.put("INFLUXDB_URL", Some(&base_url(target)));
            list.put("INFLUX_USERNAME", username);
            list.put("INFLUX_PASSWORD", password);
            list.put("INFLUXDB_DATABASE", target.database());
            list.put("INFLUXDB_CA", ca);
        }
        Protocol::MySqlX | Protocol::ArrowFlight => {
            let prefix = target.component.name.to_ascii_uppercase();
            list.put(&format!("{prefix}_URL"), Some(&target.address().uri()));
            list.put(&format!("{prefix}_CA"), ca);
        }
        Protocol::ClickHouseHttp | Protocol::OpenSearch | Protocol::Http => {
            let prefix = target.component.name.to_ascii_uppercase();
            list.put(&format!("{prefix}_URL"), Some(&base_url(target)));
            list.put(&format!("{prefix}_USERNAME"), username);
            list.put(&format!("{prefix}_PASSWORD"), password);
            list.put(&format!("{prefix}_CA"), ca);
        }
    }
    list.0
}

struct Variables(Vec<(String, String)>);

impl Variables {
    fn put(&mut self, name: &str, value: Option<&str>) {
        self.0
            .extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    fn place(&mut self, host: &str, port: &str, place: &(&str, String)) {
        self.put(host, Some(place.0));
        self.put(port, Some(&place.1));
    }
}
