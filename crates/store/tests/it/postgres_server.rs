//! A real PostgreSQL server, started once for all tests of the binary.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use underpass_store::{Cipher, Postgres, PostgresOptions};

/// A server that tests share, each with a database of its own.
static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A server in a directory of its own, reached by a socket there. It ends with the process that
/// started it, at the latest.
pub(crate) struct Server {
    directory: TempDir,
}

/// An empty schema of the shared server, which is all that a store sees of it.
pub(crate) struct Database {
    server: &'static Server,
    name: String,
}

impl Server {
    /// Initialises and starts a server.
    pub(crate) fn start() -> Self {
        let server = Self::empty();
        server.program(
            "initdb",
            &[
                "--auth=trust",
                "--username=postgres",
                "--no-sync",
                "--encoding=UTF8",
                "--no-locale",
            ],
        );
        server.run("start");
        server.end_with_this_process();
        server
    }

    fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        Self { directory }
    }

    /// Starts or stops the server: `start`, `stop`, `restart`.
    pub(crate) fn run(&self, action: &str) {
        let directory = self.directory.path().display();
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off \
             -c full_page_writes=off -c max_connections=300 -c shared_buffers=32MB \
             -c client_min_messages=warning"
        );
        let log = self.directory.path().join("log").display().to_string();
        let begin = ["-w", "-m", "immediate", "-l", &log, "-o", &options, action];
        self.program("pg_ctl", &begin);
    }

    /// Runs SQL.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let directory = self.directory.path().display().to_string();
        let output = Command::new(bin("psql"))
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"])
            .args([
                "-h", &directory, "-U", "postgres", "-d", "postgres", "-c", sql,
            ])
            .output()
            .unwrap();
        text_of("psql", &output)
    }

    pub(crate) fn url(&self) -> String {
        let directory = self.directory.path().display();
        format!("host={directory} user=postgres dbname=postgres")
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Copies the files of a server that is stopped over those of this one.
    pub(crate) fn put_back(&self, copy: &Path) {
        fs::remove_dir_all(self.data()).unwrap();
        copy_directory(copy, &self.data());
    }

    /// Copies the files of the server, which is stopped.
    pub(crate) fn copy_to(&self, copy: &Path) {
        copy_directory(&self.data(), copy);
    }

    /// Makes a standby of this server.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::empty();
        let from = self.directory.path().display().to_string();
        standby.program(
            "pg_basebackup",
            &[
                "-R", "-X", "stream", "-c", "fast", "-N", "-h", &from, "-U", "postgres",
            ],
        );
        standby.run("start");
        standby.end_with_this_process();
        standby
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn program(&self, name: &str, arguments: &[&str]) {
        let data = self.data().display().to_string();
        let mut command = as_postgres(name);
        let output = command
            .args(["-D", &data])
            .args(arguments)
            .current_dir(self.directory.path())
            .output();
        text_of(name, &output.expect("PostgreSQL is installed"));
    }

    /// A shared server is never dropped. A shell that waits for the end of this process stops it.
    fn end_with_this_process(&self) {
        let script = "while kill -0 $1 2>/dev/null; do sleep 0.2; done
            kill -QUIT $(head -n 1 \"$2/data/postmaster.pid\"); sleep 0.2; rm -rf \"$2\"";
        let this = std::process::id().to_string();
        let waiting = Command::new("setsid")
            .args(["--fork", "sh", "-c", script, "sh", &this])
            .arg(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(waiting.unwrap().success());
    }
}

impl Database {
    /// Creates a schema.
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let server: &Server = &SERVER;
        server.sql(&format!("CREATE SCHEMA {name}"));
        Self { server, name }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions {
            readers: 3,
            ..PostgresOptions::new(format!(
                "{} options='-c search_path={}'",
                self.server.url(),
                self.name
            ))
        }
    }

    pub(crate) async fn open(&self) -> Postgres {
        open(&self.options()).await
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        let path = format!("SET search_path = {}", self.name);
        self.server.sql(&format!("{path}; {sql}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.server
            .sql(&format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

pub(crate) async fn open(options: &PostgresOptions) -> Postgres {
    let cipher = Cipher::from_bytes(&[1; 32]);
    Postgres::connect(options, cipher).await.unwrap()
}

/// PostgreSQL refuses root.
fn as_postgres(name: &str) -> Command {
    let is_root = text_of("id", &Command::new("id").arg("-u").output().unwrap()) == "0";
    if !is_root {
        return Command::new(bin(name));
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(bin(name));
    command
}

/// A program of the newest server that is installed: Debian has them beside each other.
fn bin(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max();
    match newest {
        Some(version) => format!("/usr/lib/postgresql/{version}/bin/{name}").into(),
        None => name.into(),
    }
}

fn copy_directory(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).output();
    text_of("cp", &copied.unwrap());
}

fn text_of(name: &str, output: &Output) -> String {
    assert!(output.status.success(), "{name}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
