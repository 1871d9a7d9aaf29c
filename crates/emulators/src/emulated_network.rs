//! The model with everything around it that makes an answer true: journal, endpoints, time.

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};
use tokio::time;

use crate::clock;
use crate::cloud_model::CloudModel;
use crate::endpoints::{Endpoints, Status};
use crate::journal::{Journal, Position};
use crate::limits;
use crate::shutdown::shutdown_requested;

/// Why a request that was understood got no answer from the model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The change may not survive a crash, so nobody is told of it.
    #[error("keep the change")]
    Journal(#[from] crate::journal::Error),
    /// The endpoints are closed already.
    #[error("carry out the change")]
    Endpoints(#[from] crate::endpoints::Stopped),
    /// The model panicked on an earlier request; what it holds in memory cannot be trusted.
    #[error("use the emulated cloud: an earlier request broke it; restart, its journal is intact")]
    Panicked,
}

/// The emulated cloud as its faces see it.
pub(crate) struct EmulatedNetwork<C> {
    inner: Mutex<Inner<C>>,
    journal: Arc<Journal>,
    endpoints: Endpoints,
    /// Rung when something may have become due earlier than the ticking task thinks.
    wakeup: Notify,
    /// How often something has changed, for those who wait for more than their own answer.
    changes: watch::Sender<u64>,
}

struct Inner<C> {
    cloud: C,
    rng: StdRng,
}

/// What an answer has to wait for.
struct Barrier {
    position: Position,
    generation: u64,
}

// === impl EmulatedNetwork ===

impl<C: CloudModel> EmulatedNetwork<C> {
    /// Puts a restored cloud to work: its journal is compacted and its endpoints are wanted.
    pub(crate) fn new(
        cloud: C,
        rng: StdRng,
        journal: Arc<Journal>,
        endpoints: Endpoints,
    ) -> Result<Self, Error> {
        let position = journal.replace(&cloud.snapshot())?;
        endpoints.set_desired(cloud.bindings(), position);
        let inner = Mutex::new(Inner { cloud, rng });
        Ok(Self {
            inner,
            journal,
            endpoints,
            wakeup: Notify::new(),
            changes: watch::Sender::new(0),
        })
    }

    /// Waits until everything known so far is durable and carried.
    pub(crate) async fn synced(&self) -> Result<(), Error> {
        self.apply(|_, _| ()).await
    }

    /// Answers a request; the answer is durable, and true of the endpoints' listeners.
    pub(crate) async fn handle(&self, request: &C::Request) -> Result<C::Reply, Error> {
        self.apply(|inner, now| inner.cloud.handle(request, now, &mut inner.rng))
            .await
    }

    /// Answers a request again and again, as the cloud changes, until `done` or until `patience`
    /// is over.
    pub(crate) async fn handle_until(
        &self,
        request: &C::Request,
        patience: Duration,
        done: impl Fn(&C::Reply) -> bool,
    ) -> Result<C::Reply, Error> {
        let mut patience = pin!(time::sleep(patience));
        let mut changes = self.changes.subscribe();
        loop {
            let reply = self.handle(request).await?;
            if done(&reply) {
                return Ok(reply);
            }
            tokio::select! {
                () = patience.as_mut() => return Ok(reply),
                // The sender lives as long as this.
                _ = changes.changed() => {}
            }
        }
    }

    /// Says which host something stands for.
    pub(crate) async fn map_host(&self, mapping: C::HostMapping) -> Result<(), Error> {
        self.apply(|inner, _| inner.cloud.map_host(mapping)).await
    }

    /// The hosts said so far.
    pub(crate) async fn host_mappings(&self) -> Result<Vec<C::HostMapping>, Error> {
        self.apply(|inner, _| inner.cloud.host_mappings()).await
    }

    /// Ids of everything in the cloud.
    pub(crate) async fn resource_ids(&self) -> Result<Vec<String>, Error> {
        self.apply(|inner, _| inner.cloud.resource_ids()).await
    }

    /// Plants a fault for coming requests.
    pub(crate) async fn inject_fault(&self, fault: C::Fault) -> Result<(), Error> {
        self.apply(|inner, _| inner.cloud.inject_fault(fault)).await
    }

    /// What the listener of each approved endpoint does, after everything asked so far.
    pub(crate) async fn endpoint_statuses(&self) -> Result<Vec<Status>, Error> {
        self.synced().await?;
        Ok(self.endpoints.statuses())
    }

    /// Lets time pass in the model until `stop` turns true.
    pub(crate) async fn tick(&self, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
        loop {
            let due = self.with_model(|inner, _| inner.cloud.next_due())?.0;
            let pause = due.map(|due| until(due, clock::now()).max(limits::TICK));
            tokio::select! {
                () = shutdown_requested(&mut stop) => return Ok(()),
                () = self.wakeup.notified() => {}
                () = time::sleep(pause.unwrap_or_default()), if pause.is_some() => {
                    self.apply(|inner, now| inner.cloud.advance(now)).await?;
                }
            }
        }
    }

    async fn apply<T>(
        &self,
        apply: impl FnOnce(&mut Inner<C>, Timestamp) -> T,
    ) -> Result<T, Error> {
        let (answer, barrier) = self.with_model(apply)?;
        self.journal.durable(barrier.position).await?;
        self.endpoints.synced(barrier.generation).await?;
        Ok(answer)
    }

    /// Runs `apply` on the model; its changes are queued before anybody else can see them.
    fn with_model<T>(
        &self,
        apply: impl FnOnce(&mut Inner<C>, Timestamp) -> T,
    ) -> Result<(T, Barrier), Error> {
        let Ok(mut inner) = self.inner.lock() else {
            // The ticking task sees it too and ends the service.
            self.wakeup.notify_one();
            return Err(Error::Panicked);
        };
        let answer = apply(&mut inner, clock::now());
        let changes = inner.cloud.take_changes();
        let mut position = self.journal.append(&changes)?;
        if !changes.is_empty() {
            if self.journal.needs_snapshot() {
                position = self.journal.replace(&inner.cloud.snapshot())?;
            }
            self.endpoints.set_desired(inner.cloud.bindings(), position);
            self.wakeup.notify_one();
            self.changes.send_modify(|count| *count += 1);
        }
        Ok((
            answer,
            Barrier {
                position,
                generation: self.endpoints.newest(),
            },
        ))
    }
}

/// How long until `due`; zero if it has passed.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    due.duration_since(now).try_into().unwrap_or_default()
}
