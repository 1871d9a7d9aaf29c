//! MySQL: the command line of MySQL and of MariaDB.

use super::command::CommandLine;
use super::rendered::{Detour, Rendered};
use super::target::Target;

/// `mysql …`, with flags that MariaDB's program of that name accepts, too.
///
/// `--ssl-ca` alone requests TLS and verification of the CA in both; `--ssl-mode` is MySQL's and
/// `--ssl` MariaDB's.
pub(super) fn mysql(target: &Target<'_>) -> Rendered {
    let mut line = CommandLine::new("mysql")
        .variable("MYSQL_PWD", target.password())
        .word(format!("--host={}", target.host()))
        .word(format!("--port={}", target.port()));
    if let Some(username) = target.username() {
        line = line.word(format!("--user={username}"));
    }
    if target.speaks_tls() {
        line = line.word(format!("--ssl-ca={}", target.files.ca));
    }
    if let Some(database) = target.database() {
        line = line.word(format!("--database={database}"));
    }
    let detour = target.detour_address();
    let detour = detour.map(|address| Detour::Argument(format!("--host={address}")));
    Rendered::new(target, line.to_string()).detour(detour)
}
