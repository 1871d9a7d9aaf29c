//! Redis, Valkey and Dragonfly: their URIs, and `redis-cli`, which supports all three.

use super::command::CommandLine;
use super::quote;
use super::rendered::{Detour, Rendered};
use super::target::Target;
use crate::credentials::DEFAULT_USER;
use crate::refusal::Refusal;

/// `rediss://USER:PASSWORD@HOST:PORT[/DATABASE]`, as in the compatible command line for Valkey.
pub(super) fn valkey_uri(target: &Target<'_>) -> Result<Rendered, Refusal> {
    target.password_login()?;
    uri(target)
}

/// The same; without a login if the service has none.
pub(super) fn uri(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let login = login(target)?.map(|(username, password)| {
        let (username, password) = (
            quote::compatible_login(username),
            quote::compatible_login(password),
        );
        format!("{username}:{password}@")
    });
    let text = format!(
        "{}://{}{}:{}{}",
        target.address().scheme().unwrap_or_default(),
        login.unwrap_or_default(),
        target.host(),
        target.port(),
        target
            .database
            .filter(|database| !database.is_empty())
            .map(|database| format!("/{}", quote::compatible_path(database)))
            .unwrap_or_default(),
    );
    Ok(Rendered::new(target, text))
}

/// `redis-cli …`
pub(super) fn cli(target: &Target<'_>) -> Result<Rendered, Refusal> {
    let login = login(target)?;
    let port = target.port().to_string();
    let mut line = CommandLine::new("redis-cli")
        .variable("REDISCLI_AUTH", login.map(|(_, password)| password))
        .words(["-h", target.host(), "-p", &port]);
    // The default user is not named.
    if let Some((username, _)) = login.filter(|(username, _)| *username != DEFAULT_USER) {
        line = line.words(["--user", username]);
    }
    if target.speaks_tls() {
        line = line.words(["--tls", "--cacert", target.files.ca]);
        // The program sends no server name by default.
        if target.has_name() {
            line = line.words(["--sni", target.host()]);
        }
    }
    if let Some(database) = target.database {
        line = line.words(["-n", database]);
    }
    let detour = target.detour_address();
    let detour = detour.map(|address| Detour::Argument(format!("-h {address}")));
    Ok(Rendered::new(target, line.to_string()).detour(detour))
}

/// The user and the password; `None` if the service requires no login.
fn login<'a>(target: &Target<'a>) -> Result<Option<(&'a str, &'a str)>, Refusal> {
    match (target.username(), target.password()) {
        (None, _) | (Some(DEFAULT_USER), None) => Ok(None),
        (Some(_), _) => target.password_login().map(Some),
    }
}
