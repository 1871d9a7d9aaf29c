//! ClickHouse's own client.

use super::command::CommandLine;
use super::rendered::Rendered;
use super::target::Target;

/// `clickhouse-client …`, over the native protocol.
pub(super) fn client(target: &Target<'_>) -> Rendered {
    let port = target.port().to_string();
    let mut line =
        CommandLine::new("clickhouse-client").variable("CLICKHOUSE_PASSWORD", target.password());
    if target.speaks_tls() {
        // It has no flag for a CA; its documentation of `loadDefaultCAFile` names this variable.
        line = line.variable("SSL_CERT_FILE", Some(target.files.ca));
    }
    line = line.words(["--host", target.host(), "--port", &port]);
    if let Some(username) = target.username() {
        line = line.words(["--user", username]);
    }
    if let Some(database) = target.database() {
        line = line.words(["--database", database]);
    }
    if target.speaks_tls() {
        line = line.words(["--secure"]);
    }
    // Observed with 18.16, which asks for a password nevertheless.
    let old = target.password().map(|_| {
        "clients from before 2022 do not read CLICKHOUSE_PASSWORD: write the password to \
         ~/.clickhouse-client/config.xml"
            .to_owned()
    });
    Rendered::new(target, line.to_string()).note(old)
}
