//! A pool of connections for reads.

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::sync::Arc;

use super::connector::Connector;
use super::error::{engine, outage};
use super::limits::{ANSWER_TIME, CONNECT_TIMEOUT};
use super::outage::Outage;
use crate::error::Error;

/// Connections that are opened when they are needed, and kept.
#[derive(Clone)]
pub(super) struct Readers(Pool);

// === impl Readers ===

impl Readers {
    pub(super) fn new(
        connector: &Connector,
        most: usize,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_connect(connector.config().clone(), connector.clone(), config);
        let pool = Pool::builder(manager)
            .max_size(most.max(1))
            .wait_timeout(Some(ANSWER_TIME))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self(pool))
    }

    /// Takes a connection for one read.
    pub(super) async fn take(&self) -> Result<Object, Error> {
        let action = "connect to the database";
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => engine(action)(error),
            error => outage(action, Outage::Unavailable(Arc::new(error))),
        })
    }
}

/// Reads, again if the connection had been lost. A macro, because a future of a closure's borrowed
/// arguments is not known to be `Send`.
macro_rules! read {
    ($readers:expr, $action:literal, $client:ident => $read:expr) => {{
        let mut attempt = 1;
        loop {
            let $client = $readers.take().await?;
            let read = tokio::time::timeout(super::limits::ANSWER_TIME, $read).await;
            match read {
                Ok(Err(error))
                    if attempt < super::limits::READ_ATTEMPTS
                        && (super::outage::is_lost(&error)
                            || super::outage::is_passing(&error)) =>
                {
                    attempt += 1;
                }
                Ok(done) => break done.map_err(super::error::engine($action)),
                Err(_) => {
                    let seconds = super::limits::ANSWER_TIME.as_secs();
                    // Its answer may still come, for the question of another caller.
                    drop(deadpool_postgres::Object::take($client));
                    let late = super::outage::Outage::Late(seconds);
                    break Err(super::error::outage($action, late));
                }
            }
        }
    }};
}
pub(super) use read;
