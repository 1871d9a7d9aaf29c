//! Notifications of commits, by this replica and by others.
//!
//! They are hints: one may be lost with its connection, or come for a change that no reader follows. Readers
//! ask for changes in any case, only sooner after one.

use std::future::pending;

use futures_util::StreamExt as _;
use futures_util::stream::poll_fn;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_postgres::{AsyncMessage, Error as PgError};

use super::connector::Connector;
use super::limits::LISTEN_PAUSE;

/// The task that listens. Dropping it ends the connection.
#[derive(Debug)]
pub(super) struct Listener {
    hints: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

// === impl Listener ===

impl Listener {
    pub(super) fn start(connector: Connector) -> Self {
        let (hint, hints) = watch::channel(0);
        let runtime = connector.runtime().clone();
        let task = runtime.spawn(async move {
            loop {
                if let Err(error) = listen(&connector, &hint).await {
                    tracing::debug!(%error, "lost the connection for notifications");
                }
                sleep(LISTEN_PAUSE).await;
            }
        });
        Self { hints, task }
    }

    pub(super) fn hints(&self) -> watch::Receiver<u64> {
        self.hints.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens until the connection is lost.
async fn listen(connector: &Connector, hint: &watch::Sender<u64>) -> Result<(), PgError> {
    let (client, mut connection) = connector.raw().await?;
    let mut messages = poll_fn(move |context| connection.poll_message(context));
    let listening = async {
        client.batch_execute("LISTEN underpass").await?;
        // Whatever was committed before.
        hint.send_modify(|number| *number += 1);
        pending().await
    };
    let receiving = async {
        loop {
            match messages.next().await {
                Some(Ok(AsyncMessage::Notification(_))) => hint.send_modify(|number| *number += 1),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // The server ended the connection.
                None => return Ok(()),
            }
        }
    };
    tokio::select! {
        ended = listening => ended,
        ended = receiving => ended,
    }
}
