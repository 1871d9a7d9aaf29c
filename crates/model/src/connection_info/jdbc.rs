//! JDBC URLs in the syntax of each product's own driver.

use super::http::base_url;
use super::quote::percent;
use super::rendered::Rendered;
use super::target::Target;
use crate::protocol::Protocol;

/// `jdbc:…`, with the login in the URL, from where the drivers read it.
pub(super) fn url(target: &Target<'_>) -> Rendered {
    let place = format!("{}:{}", target.host(), target.port());
    let database = percent(target.database().unwrap_or_default());
    let (tls, ca) = (target.speaks_tls(), target.files.ca);
    let mode = target.address().tls().map_or("", |(_, mode)| mode);
    let (base, parameters) = match target.component.uri.protocol {
        Protocol::MySql => (
            format!("jdbc:mysql://{place}/{database}"),
            vec![("sslMode", Some(mode))],
        ),
        // The driver supports only HTTP.
        Protocol::ClickHouseHttp => (
            format!(
                "jdbc:clickhouse:{}/{}",
                base_url(target),
                percent(target.database.unwrap_or("default"))
            ),
            vec![
                ("ssl", Some(if tls { "true" } else { "false" })),
                ("sslrootcert", tls.then_some(ca)),
            ],
        ),
        Protocol::OpenSearch => (
            format!("jdbc:opensearch://{}", base_url(target)),
            Vec::new(),
        ),
        // The table of tools uses this entry only for the protocols above and PostgreSQL.
        Protocol::Postgres
        | Protocol::MySqlX
        | Protocol::Redis
        | Protocol::ClickHouse
        | Protocol::ArrowFlight
        | Protocol::Kafka
        | Protocol::Influx
        | Protocol::Http => (
            format!("jdbc:postgresql://{place}/{database}"),
            vec![
                ("sslmode", Some(mode)),
                ("sslrootcert", mode.starts_with("verify-").then_some(ca)),
            ],
        ),
    };
    let login = [("user", target.username()), ("password", target.password())];
    let parameters: Vec<_> = login
        .into_iter()
        .chain(parameters)
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", percent(value))))
        .collect();
    let text = format!("{base}?{}", parameters.join("&"));
    let text = text.strip_suffix('?').unwrap_or(&text).to_owned();
    Rendered::new(target, text)
}
