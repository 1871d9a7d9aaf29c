//! The parameters of a connection.

use std::path::PathBuf;

use rustls::RootCertStore;

/// The address of a database, and how it is used.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`, or `host=… dbname=…`, as `psql` takes it.
    /// Several hosts may be named; the one that accepts writes is used.
    ///
    /// Connections to other machines are encrypted, and the certificate of the server is verified,
    /// unless `sslmode=disable` says otherwise.
    pub url: String,
    /// The password, if it is not in the address.
    pub password: Option<String>,
    /// The certificates that a server's certificate leads to.
    pub roots: RootCertStore,
    /// Connections for reads. One more is used for writes.
    pub readers: usize,
    /// A file of this replica, outside the database, in which it remembers how far the store was. With it,
    /// a database that was put back to an earlier time is recognised. `None`: only while the process
    /// runs.
    pub position_file: Option<PathBuf>,
}

impl PostgresOptions {
    /// Connections for reads unless others are named: 8, several for each core of a small machine.
    pub const DEFAULT_READERS: usize = 8;

    /// Creates the options of an address.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            roots: RootCertStore::empty(),
            readers: Self::DEFAULT_READERS,
            position_file: None,
        }
    }
}
