//! A pool of connections for reads.

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Instant, sleep};

use super::connector::Connector;
use super::error::{engine, outage};
use super::limits::{ANSWER_TIME, CONNECT_TIMEOUT, READ_ATTEMPTS, RECONNECT_PAUSE, RECONNECT_TIME};
use super::outage::Outage;
use crate::error::Error;

/// Connections that are opened when they are needed, and kept.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool,
    /// Begin of an outage.
    down_since: Arc<Mutex<Option<Instant>>>,
}

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
        Ok(Self {
            pool,
            down_since: Arc::default(),
        })
    }

    /// Takes a connection for one read.
    pub(super) async fn take(&self) -> Result<Object, Error> {
        let action = "connect to the database";
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => engine(action)(error),
            error => outage(action, Outage::Unavailable(Arc::new(error))),
        })
    }

    /// Waits before another attempt of a read; returns false once the outage lasts so long that reads are
    /// refused without a wait.
    pub(super) async fn wait(&self, attempt: usize) -> bool {
        let since = *self.down_since().get_or_insert_with(Instant::now);
        if since.elapsed() >= RECONNECT_TIME {
            return false;
        }
        // The first ones may only have met connections that were lost before.
        if attempt >= READ_ATTEMPTS {
            sleep(RECONNECT_PAUSE).await;
        }
        true
    }

    /// Notes that the database answers.
    pub(super) fn note_answer(&self) {
        *self.down_since() = None;
    }

    fn down_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.down_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads, again if the connection had been lost, or cannot be opened for a short time. A macro, because a future of a closure's borrowed
/// arguments is not known to be `Send`.
macro_rules! read {
    ($readers:expr, $action:literal, $client:ident => $read:expr) => {{
        let mut attempt = 0;
        loop {
            attempt += 1;
            let $client = match $readers.take().await {
                Ok(client) => client,
                Err(_) if $readers.wait(attempt).await => continue,
                Err(error) => break Err(error),
            };
            let read = tokio::time::timeout(super::limits::ANSWER_TIME, $read).await;
            match read {
                Ok(Err(error))
                    if (super::outage::is_lost(&error) || super::outage::is_passing(&error))
                        && $readers.wait(attempt).await => {}
                Ok(done) => {
                    if done.is_ok() {
                        $readers.note_answer();
                    }
                    break done.map_err(super::error::engine($action));
                }
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
