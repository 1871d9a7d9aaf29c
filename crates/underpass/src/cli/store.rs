//! `underpass store …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::OutputArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Copy the store of a stopped server from SQLite to an empty PostgreSQL database
    #[command(after_help = "\
Examples:
  underpass store copy --from sqlite:/var/lib/underpass --to-file /etc/underpass/database.url
  UNDERPASS_DATABASE=postgresql://… underpass store copy --from sqlite:/var/lib/underpass \\
      --to-env UNDERPASS_DATABASE

Stop the server first. The database gets everything in one transaction, or nothing; rows are counted
there before it ends. Secrets stay encrypted with the same key, so every server needs that key file.

Afterwards the database is the store: the file is kept, and a mark beside it (store.moved) refuses
every start on it. Name the database in the configuration (store.database_url_file).")]
    Copy(StoreCopyArgs),
}

#[derive(Debug, Args)]
#[group(id = "target", required = true, multiple = false, args = ["to", "to_file", "to_env"])]
pub(crate) struct StoreCopyArgs {
    /// Data directory with the store, as sqlite:PATH
    #[arg(long, value_name = "sqlite:PATH", value_parser = sqlite)]
    pub(crate) from: PathBuf,
    /// Database, as postgres:URL without a password: other users can read the arguments of a process
    // Parsed later: errors of the parser show the value, which may contain a password.
    #[arg(long, value_name = "postgres:URL")]
    to: Option<String>,
    /// File with the URL of the database
    #[arg(long, value_name = "FILE")]
    pub(crate) to_file: Option<PathBuf>,
    /// Environment variable with the URL of the database
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) to_env: Option<String>,
    /// PEM file of the roots of the database's certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Key file of the store; by default store.key of the data directory
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl StoreCopyArgs {
    /// The URL of the database, if an argument names it.
    ///
    /// # Errors
    /// Another scheme, or a password, which the message does not repeat.
    pub(crate) fn database_url(&self) -> Result<Option<String>, String> {
        self.to.as_deref().map(postgres).transpose()
    }
}

/// Parses `sqlite:PATH`.
///
/// # Errors
/// Another scheme, or no path.
fn sqlite(text: &str) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(path.into()),
        _ => Err(format!(
            "`{text}` is not sqlite:PATH, such as sqlite:/var/lib/underpass"
        )),
    }
}

/// Parses `postgres:URL`. The scheme may be that of the URL.
///
/// # Errors
/// Another scheme, or a password.
fn postgres(text: &str) -> Result<String, String> {
    let url = match text.strip_prefix("postgres:") {
        Some(rest) if rest.starts_with("//") => text,
        Some(url) => url,
        None => text,
    };
    let Some(rest) = ["postgres://", "postgresql://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme))
    else {
        return Err(
            "write postgres:URL, such as postgres://underpass@db.example/underpass".to_owned(),
        );
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if user.contains(':') || rest.contains("password=") {
        return Err(
            "--to contains a password, which other users can read in an argument. Change the \
             password, and use --to-file or --to-env"
                .to_owned(),
        );
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_scheme() {
        assert_eq!(sqlite("sqlite:/data"), Ok("/data".into()));
        for wrong in ["sqlite:", "/data", "postgres:/data"] {
            assert!(sqlite(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_database_is_named_without_a_password() {
        let url = "postgresql://underpass@db.example:5432/underpass";
        assert_eq!(postgres(&format!("postgres:{url}")), Ok(url.to_owned()));
        assert_eq!(postgres(url), Ok(url.to_owned()));
        let short = "postgres://db.example/underpass";
        assert_eq!(postgres(short), Ok(short.to_owned()));
        for wrong in [
            "postgres:postgresql://u:secret@db.example/underpass",
            "postgresql://db.example/underpass?password=secret",
            "mysql://db.example",
            "db.example",
        ] {
            let refused = postgres(wrong).unwrap_err();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
