//! Tools for components over HTTP: `curl` and InfluxDB's own client.

use super::command::CommandLine;
use super::quote;
use super::rendered::{Detour, Rendered};
use super::target::{Target, holds};
use crate::refusal::Refusal;

/// The root path of the component.
pub(super) fn root(target: &Target<'_>) -> Result<Rendered, Refusal> {
    curl(target, "/")
}

/// Kafka Connect's connectors.
pub(super) fn connectors(target: &Target<'_>) -> Result<Rendered, Refusal> {
    curl(target, "/connectors")
}

/// OpenSearch's health.
pub(super) fn cluster_health(target: &Target<'_>) -> Result<Rendered, Refusal> {
    curl(target, "/_cluster/health")
}

/// Grafana's health.
pub(super) fn grafana_health(target: &Target<'_>) -> Result<Rendered, Refusal> {
    curl(target, "/api/health")
}

/// A query of ClickHouse.
pub(super) fn clickhouse(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let database = target.database.map(quote::percent);
    let database = database.map(|database| format!("&database={database}"));
    curl(
        target,
        &format!("/?query=select%201{}", database.unwrap_or_default()),
    )
}

/// `influx …` of InfluxDB 1.x
pub(super) fn influx(target: &Target<'_>) -> Rendered {
    let port = target.port().to_string();
    let mut line = CommandLine::new("influx")
        .variable("INFLUX_USERNAME", target.username())
        .variable("INFLUX_PASSWORD", target.password());
    if target.speaks_tls() {
        // It has no flag for a CA; its Go runtime reads this variable on every Unix but macOS.
        line = line.variable("SSL_CERT_FILE", Some(target.files.ca));
    }
    line = line.words(["-host", target.host(), "-port", &port]);
    if target.speaks_tls() {
        line = line.words(["-ssl"]);
    }
    if let Some(database) = target.database() {
        line = line.words(["-database", database]);
    }
    Rendered::new(target, line.to_string())
}

/// Returns the base URL of a component, without a login.
pub(super) fn base_url(target: &Target<'_>) -> String {
    let scheme = if target.speaks_tls() { "https" } else { "http" };
    format!("{scheme}://{}:{}", target.host(), target.port())
}

fn curl(target: &Target<'_>, path: &str) -> Result<Rendered, Refusal> {
    let url = format!("{}{path}", base_url(target));
    // Prints only the answer; an error answer fails and is printed.
    let mut line = CommandLine::new("curl").words(["-sS", "--fail-with-body"]);
    if let (Some(username), Some(password)) = (target.username(), target.password()) {
        // RFC 7617 §2: the password begins after the first colon.
        if holds(Some(username), ':') {
            return Err(target.unwritable("user name", "a colon", "HTTP's basic authentication"));
        }
        let login = quote::curl(&format!("{username}:{password}"));
        line = line
            .input(format!("user = {login}"))
            .words(["--config", "-"]);
    }
    if target.speaks_tls() {
        line = line.words(["--cacert", target.files.ca]);
    }
    let detour = target.detour_address().map(|address| {
        let resolve = format!("{}:{}:{address}", target.host(), target.port());
        Detour::Argument(format!("--resolve {}", quote::shell(&resolve)))
    });
    let text = line.words([url.as_str()]).to_string();
    Ok(Rendered::new(target, text).detour(detour))
}
