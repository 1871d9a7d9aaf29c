//! Store of the control plane: SQLite in the data directory, or a PostgreSQL database.

use std::sync::Arc;

use error_reporter::Report;
use underpass_server::accounts::Accounts;
use underpass_store::{BackupSource, Cipher, Lineage, Postgres, PostgresOptions, Sqlite, Store};

use super::data_dir::{DataDir, STORE};
use super::older_store::hold;
use crate::failure::Failure;

/// Engine of the store.
#[derive(Debug)]
pub(crate) enum StoreEngine {
    /// SQLite in the data directory.
    Sqlite,
    /// A database, which several processes share.
    Postgres(Box<PostgresOptions>),
}

/// An open store.
pub(super) struct OpenStore {
    pub(super) store: Arc<dyn Store>,
    pub(super) backups: Arc<dyn BackupSource>,
}

impl StoreEngine {
    /// Opens the store. If it is older than it was, every account is put on hold.
    ///
    /// # Errors
    /// If it cannot be opened: another key, a newer version, no connection.
    pub(super) async fn open(
        self,
        directory: &DataDir,
        cipher: Cipher,
        lineage: Lineage,
        accounts: &Accounts,
    ) -> Result<OpenStore, Failure> {
        match self {
            Self::Sqlite => {
                let store = Sqlite::open(&directory.join(STORE), cipher, lineage);
                let store = store.map_err(|error| failure(&error))?;
                if let Some(older) = store.older() {
                    hold(&store, accounts, older).await?;
                    // Only after the holds are stored: a crash in between repeats both.
                    let accepted = store.accept_as_newest().await;
                    accepted.map_err(|error| failure(&error))?;
                }
                Ok(opened(store))
            }
            Self::Postgres(options) => {
                let store = Postgres::connect(&options, cipher).await;
                let store = store.map_err(|error| unconnected(&error))?;
                if let Some(older) = store.older() {
                    hold(&store, accounts, older).await?;
                    let accepted = store.accept_as_newest().await;
                    accepted.map_err(|error| failure(&error))?;
                }
                Ok(opened(store))
            }
        }
    }
}

fn opened(store: impl Store + BackupSource + 'static) -> OpenStore {
    let store = Arc::new(store);
    OpenStore {
        store: Arc::clone(&store) as _,
        backups: store,
    }
}

/// Failure to open a database, with what to do about a certificate that is not accepted, or an outage.
fn unconnected(error: &underpass_store::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        let inner = found
            .downcast_ref::<std::io::Error>()
            .and_then(|error| error.get_ref());
        let is_certificate = inner.is_some_and(|inner| {
            matches!(
                inner.downcast_ref(),
                Some(rustls::Error::InvalidCertificate(_))
            )
        });
        if is_certificate {
            return failure(error).hint(
                "name the root of the database's certificate in store.database_ca_file, and in the \
                 address a host name that the certificate has",
            );
        }
        cause = found.source();
    }
    if error.is_outage() {
        return failure(error).hint(
            "check that the server of store.database_url_file accepts connections of this machine and role, \
             writes, and further connections (max_connections). Start again, or let the service manager do it: \
             see docs/production/install.md",
        );
    }
    failure(error)
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}
