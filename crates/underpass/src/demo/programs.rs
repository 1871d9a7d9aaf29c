//! Programs of PostgreSQL, and the user that runs its server.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Directory of Debian's packages, which contains one directory per version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Users for the server when the demo runs as root, which PostgreSQL refuses; in order of preference.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Programs of a server and a client.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
    pub(super) psql: PathBuf,
    /// Shuts a server down.
    pub(super) pg_ctl: Option<PathBuf>,
    /// User and group of the server; `None` is the current user.
    pub(super) run_as: Option<(u32, u32)>,
}

impl Programs {
    /// Finds the programs. `own_directory` belongs to the current user.
    ///
    /// # Errors
    /// The reason why PostgreSQL is skipped: a program or a user does not exist.
    pub(super) fn find(search_path: Option<&str>, own_directory: &Path) -> Result<Self, String> {
        let directories = directories(search_path);
        let find = |name: &str| {
            let there = directories.iter().map(|directory| directory.join(name));
            there
                .into_iter()
                .find(|path| path.is_file())
                .ok_or_else(|| format!("the program `{name}` was not found"))
        };
        let initdb = find("initdb")?;
        // The three must be of one version.
        let beside = |name: &str| {
            let real = fs::canonicalize(&initdb).ok();
            let beside = real
                .as_deref()
                .and_then(Path::parent)
                .map(|parent| parent.join(name));
            beside.filter(|path| path.is_file())
        };
        let postgres = beside("postgres").map_or_else(|| find("postgres"), Ok)?;
        let psql = beside("psql").map_or_else(|| find("psql"), Ok)?;
        let pg_ctl = beside("pg_ctl");
        Ok(Self {
            initdb,
            postgres,
            psql,
            pg_ctl,
            run_as: run_as(own_directory)?,
        })
    }
}

fn directories(search_path: Option<&str>) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = search_path
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir(DEBIAN)
        .map(|entries| {
            entries
                .flatten()
                .map(|endpoint| endpoint.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    versions.sort();
    directories.extend(versions.into_iter().rev());
    directories
}

/// User and group that run the server.
fn run_as(own_directory: &Path) -> Result<Option<(u32, u32)>, String> {
    let uid = fs::metadata(own_directory).map(|directory| directory.uid());
    if uid.is_ok_and(|uid| uid != 0) {
        return Ok(None);
    }
    let table = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = USERS
        .iter()
        .find_map(|user| table.lines().find_map(|line| ids_of(line, user)));
    found.map(Some).ok_or_else(|| {
        "root may not run its server, and there is no user `postgres` or `nobody`".to_owned()
    })
}

/// User and group id, if the line of the password file is the user's.
fn ids_of(line: &str, user: &str) -> Option<(u32, u32)> {
    let mut fields = line.split(':');
    if fields.next()? != user {
        return None;
    }
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some((uid, gid))
}

#[cfg(test)]
mod tests {
    #[test]
    fn users_are_read_from_the_password_file() {
        let line = "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(super::ids_of(line, "postgres"), Some((101, 104)));
        assert_eq!(super::ids_of(line, "nobody"), None);
    }
}
