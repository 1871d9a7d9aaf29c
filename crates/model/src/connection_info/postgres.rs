//! PostgreSQL: `psql`, its URIs, connection strings and service file.
//!
//! Formats of the compatible command line are equal to its output byte by byte, except where its
//! output cannot connect, as to a component without TLS.

use super::quote;
use super::rendered::{Detour, Rendered};
use super::target::{Target, holds};
use crate::refusal::Refusal;
use crate::service::Tls;

/// The default mode of the compatible command line.
const SSLMODE: &str = "require";

/// `psql URI`
pub(super) fn psql(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let uri = compatible_uri(target)?;
    // The question mark is the only character here that a shell interprets, and only if a file
    // matches; quotes would differ from the compatible output.
    Ok(advised(target, format!("psql {uri}")).note(slash(target)))
}

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE`
pub(super) fn uri(target: &Target<'_>) -> Result<Rendered, Refusal> {
    Ok(advised(target, compatible_uri(target)?).note(slash(target)))
}

/// `host='HOST' port='PORT' user=USER dbname='DATABASE'`
pub(super) fn string(target: &Target<'_>) -> Result<Rendered, Refusal> {
    // As in the compatible command line, a login without a password is refused.
    let (username, _) = target.password_login()?;
    let text = format!(
        "host={} port='{}' user={} dbname={}",
        quote::conninfo_quoted(target.host()),
        target.port(),
        quote::conninfo(username),
        quote::conninfo_quoted(target.database().unwrap_or_default()),
    );
    Ok(advised(target, text))
}

/// A section of `pg_service.conf`.
pub(super) fn service_conf(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let sslmode = sslmode(target);
    let port = target.port().to_string();
    let root = checks_the_server(sslmode).then_some(target.files.ca);
    let settings = [
        ("host", Some(target.host())),
        ("port", Some(port.as_str())),
        ("dbname", target.database()),
        ("user", target.username()),
        ("password", target.password()),
        ("sslmode", Some(sslmode)),
        ("sslrootcert", root),
    ];
    let mut text = format!("[{}]", target.service.name);
    for (name, value) in settings {
        let Some(value) = value else { continue };
        // libpq reads line by line, trims trailing white space, and supports no quotes.
        if holds(Some(value), '\n') || value.ends_with(|c: char| c.is_ascii_whitespace()) {
            let what = if name == "dbname" { "database" } else { name };
            let holds = "a line break, or white space at its end";
            return Err(target.unwritable(what, holds, "a pg_service.conf"));
        }
        text = format!("{text}\n{name}={value}");
    }
    let name = &target.service.name;
    let note = format!("append it to ~/.pg_service.conf, then `psql service={name}`");
    Ok(Rendered::new(target, text)
        .note(Some(note))
        .detour(hostaddr(target)))
}

fn compatible_uri(target: &Target<'_>) -> Result<String, Refusal> {
    let (username, password) = target.password_login()?;
    Ok(format!(
        "postgres://{}:{}@{}:{}/{}?sslmode={}",
        quote::compatible_login(username),
        quote::compatible_login(password),
        target.host(),
        target.port(),
        quote::compatible_path(target.database().unwrap_or_default()),
        quote::percent(sslmode(target)),
    ))
}

/// The requested mode, or the component's default.
fn sslmode<'a>(target: &Target<'a>) -> &'a str {
    target.address().tls().map_or(SSLMODE, |(_, mode)| mode)
}

/// Adds notes for the user of the text.
fn advised(target: &Target<'_>, text: String) -> Rendered {
    let component = &target.way.component;
    let in_the_clear = match (target.way.tls, target.sslmode) {
        (Tls::Off, None) => Some(format!(
            "component `{component}` is registered without TLS, so the client encrypts nothing"
        )),
        (Tls::Off | Tls::On, _) => None,
    };
    let root = target.sslmode.filter(|mode| checks_the_server(mode));
    let root = root.map(|mode| {
        let ca = quote::shell(target.files.ca);
        format!("`{mode}` needs the CA: write it with `-W` and set PGSSLROOTCERT={ca}")
    });
    Rendered::new(target, text)
        .detour(hostaddr(target))
        .note(in_the_clear)
        .note(root)
}

/// The address that libpq connects to instead of resolving the name; the certificate is still
/// verified against the name.
pub(super) fn hostaddr(target: &Target<'_>) -> Option<Detour> {
    let variable = |address| Detour::Environment(format!("PGHOSTADDR={address}"));
    target.detour_address().map(variable)
}

fn checks_the_server(sslmode: &str) -> bool {
    matches!(sslmode, "verify-ca" | "verify-full")
}

/// A note on slashes: libpq ends the host at the first slash, before it looks for a password. The
/// compatible command line does not escape it.
fn slash(target: &Target<'_>) -> Option<String> {
    let found = holds(target.username(), '/') || holds(target.password(), '/');
    found.then(|| {
        "libpq misreads a `/` in the user or password of a URI. The tool `uri`, with the same \
         options, escapes it"
            .to_owned()
    })
}
