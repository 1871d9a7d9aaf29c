//! PostgreSQL server of the demo, with a certificate of the project's CA.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use underpass_private_file as private_file;

use super::programs::Programs;
use super::work_dir::WorkDir;
use crate::failure::Failure;
use crate::ids;

/// Pause between attempts while the server starts: 50 ms.
const POLL: Duration = Duration::from_millis(50);

/// Longest time until the server has started: 30 s.
const START: Duration = Duration::from_secs(30);

/// Main user of every service.
const USER: &str = "avnadmin";

/// Default database of the compatible API.
const DATABASE: &str = "defaultdb";

/// A server, which is started when its certificate is issued.
pub(super) struct Postgres {
    programs: Programs,
    address: SocketAddr,
    /// Directory of the user that runs the server.
    home: PathBuf,
    password: String,
    /// Directory with the CA and the password file, for clients.
    client: PathBuf,
    server: Mutex<Option<Child>>,
}

impl Postgres {
    /// Chooses a port and a password, and creates the directories.
    ///
    /// # Errors
    /// If no port is free or a directory cannot be created.
    pub(super) fn prepare(programs: Programs, work_dir: &WorkDir) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::caused("prepare PostgreSQL", &error);
        // PostgreSQL cannot inherit a listening socket, so a free port is chosen here.
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .map_err(failed)?
            .port();
        // Outside of the work directory, which other users may not enter.
        let home = WorkDir::fresh("postgres")?;
        private_file::create_directory(&home)?;
        let client = work_dir.path().join("client");
        private_file::create_directory(&client)?;
        let password = ids::secret()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let endpoint = format!("*:*:*:{USER}:{password}\n");
        private_file::write(&client.join("pgpass"), endpoint.as_bytes())?;
        Ok(Self {
            programs,
            address,
            home,
            password,
            client,
            server: Mutex::new(None),
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// Creates a database cluster with a certificate, starts the server and creates a database.
    ///
    /// # Errors
    /// If a file cannot be written, a program fails, or the server does not start in time.
    pub(super) async fn start(
        &self,
        certificate: &str,
        key: &str,
        ca: &str,
    ) -> Result<(), Failure> {
        private_file::write(&self.client.join("ca.pem"), ca.as_bytes())?;
        let data = self.home.join("data");
        let password_file = self.home.join("password");
        private_file::write(&password_file, self.password.as_bytes())?;
        self.hand_over(&self.home)?;
        self.hand_over(&password_file)?;
        let mut initdb = self.command(&self.programs.initdb);
        initdb
            .arg("--pgdata")
            .arg(&data)
            .arg("--pwfile")
            .arg(&password_file)
            .args([
                "--username",
                USER,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]);
        run(initdb, "initialize a PostgreSQL database cluster").await?;
        for (name, content) in [("server.crt", certificate), ("server.key", key)] {
            let path = data.join(name);
            private_file::write(&path, content.as_bytes())?;
            self.hand_over(&path)?;
        }
        // Only encrypted connections with the password are accepted.
        private_file::write(
            &data.join("pg_hba.conf"),
            b"hostssl all all 127.0.0.1/32 scram-sha-256\n",
        )?;
        self.hand_over(&data.join("pg_hba.conf"))?;

        let mut server = self.command(&self.programs.postgres);
        server.arg("-D").arg(&data);
        let port = self.address.port();
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            "ssl=on".to_owned(),
            "fsync=off".to_owned(),
        ] {
            server.arg("-c").arg(setting);
        }
        let child = server
            .spawn()
            .map_err(|error| Failure::caused("start PostgreSQL", &error))?;
        *self.server.lock().await = Some(child);
        self.create_database().await
    }

    /// Shuts the server down, so that it releases its shared memory.
    pub(super) async fn stop(&self) {
        let Some(mut server) = self.server.lock().await.take() else {
            return;
        };
        if let Some(program) = &self.programs.pg_ctl {
            let mut command = self.command(program);
            command
                .arg("stop")
                .arg("-D")
                .arg(self.home.join("data"))
                .args(["-m", "fast"]);
            if let Err(failure) = run(command, "stop PostgreSQL").await {
                tracing::warn!(%failure, "failed to stop PostgreSQL");
            }
        }
        // Only needed if the shutdown failed.
        let _ = server.kill().await;
    }

    /// Runs a query at an address, verifying the certificate for `host`.
    ///
    /// # Errors
    /// If the connection, its verification or the query fails.
    pub(super) async fn query_through(&self, at: SocketAddr, host: &str) -> Result<(), Failure> {
        let answer = self
            .query(at, host, "verify-full", DATABASE, "select 6 * 7")
            .await?;
        if answer.trim() == "42" {
            Ok(())
        } else {
            Err(Failure::refused(format!("PostgreSQL answered {answer:?}")))
        }
    }

    async fn create_database(&self) -> Result<(), Failure> {
        let statement = format!("create database {DATABASE}");
        let creating = async {
            loop {
                // At its own address, for which the certificate's private name is not verified.
                let created = self.query(
                    self.address,
                    "127.0.0.1",
                    "verify-ca",
                    "postgres",
                    &statement,
                );
                if created.await.is_ok() {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(START, creating)
            .await
            .map_err(|_| Failure::refused(format!("PostgreSQL did not start within {START:?}")))
    }

    async fn query(
        &self,
        at: SocketAddr,
        host: &str,
        sslmode: &str,
        database: &str,
        statement: &str,
    ) -> Result<String, Failure> {
        let mut psql = Command::new(&self.programs.psql);
        psql.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--no-password",
            "--command",
        ])
        .arg(statement)
        .env("PGHOST", host)
        .env("PGHOSTADDR", at.ip().to_string())
        .env("PGPORT", at.port().to_string())
        .env("PGUSER", USER)
        .env("PGDATABASE", database)
        .env("PGSSLMODE", sslmode)
        .env("PGSSLROOTCERT", self.client.join("ca.pem"))
        .env("PGPASSFILE", self.client.join("pgpass"))
        .env("PGCONNECT_TIMEOUT", "5")
        .kill_on_drop(true);
        run(psql, "run psql").await
    }

    /// Command that runs a program as the user of the server.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some((user, group)) = self.programs.run_as {
            // The standard library drops other groups along with root.
            command.uid(user).gid(group);
        }
        command
    }

    fn hand_over(&self, path: &Path) -> Result<(), Failure> {
        let Some((user, group)) = self.programs.run_as else {
            return Ok(());
        };
        chown(path, Some(user), Some(group)).map_err(|error| {
            Failure::refused(format!("give {} to user {user}: {error}", path.display()))
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Dropping the handle kills the server, which then no longer uses its directory.
        let server = self.server.get_mut().take();
        drop(server);
        let allow = fs::set_permissions(&self.home, fs::Permissions::from_mode(0o700));
        if let Err(error) = allow.and_then(|()| fs::remove_dir_all(&self.home)) {
            tracing::warn!(path = %self.home.display(), %error, "failed to delete the database of the demo");
        }
    }
}

/// Runs a program; returns its output, or its last error line as failure.
async fn run(mut command: Command, action: &str) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await
        .map_err(|error| Failure::caused(action, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors
        .lines()
        .last()
        .unwrap_or("no error output")
        .to_owned();
    Err(Failure::refused(format!("{action}: {last}")))
}
