//! An emulated cloud at work: the model with its journal, its endpoints and the time.

#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use crate::clock;
use crate::cloud_model::CloudModel;
use crate::endpoints::{Endpoints, Status};
use crate::health::HealthTable;
use crate::journal::{Journal, Position};
use crate::limits;
use crate::probing;
use crate::shutdown::shutdown_requested;

/// A request that the model could not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The change may not survive a crash, so the request is not answered.
    #[error("failed to store the change")]
    Journal(#[from] crate::journal::Error),
    /// The endpoints' listeners are closed.
    #[error("failed to apply the change to the endpoints")]
    Endpoints(#[from] crate::endpoints::Stopped),
    /// The model panicked in an earlier request, so its state in memory may be wrong.
    #[error("an earlier request panicked. Restart the emulator; its journal is intact")]
    Panicked,
}

/// An emulated cloud as its HTTP routes see it.
pub(crate) struct EmulatedNetwork<C> {
    inner: Mutex<Inner<C>>,
    journal: Arc<Journal>,
    endpoints: Endpoints,
    /// Wakes the ticking task when the next due time may have changed.
    wakeup: Notify,
    /// Wakes the probing task when the probes that must exist may have changed.
    probe_wakeup: Notify,
    /// Number of changes, for requests that wait for a change.
    changes: watch::Sender<u64>,
}

struct Inner<C> {
    cloud: C,
    rng: StdRng,
}

/// The progress of journal and endpoints for which an answer waits.
struct Barrier {
    position: Position,
    generation: u64,
}

// === impl EmulatedNetwork ===

impl<C: CloudModel> EmulatedNetwork<C> {
    /// Starts a restored cloud: compacts its journal and sets the desired listeners.
    ///
    /// # Errors
    /// When the journal has stopped.
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
            probe_wakeup: Notify::new(),
            changes: watch::Sender::new(0),
        })
    }

    /// Waits until all earlier changes are durable and applied to the listeners.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn synced(&self) -> Result<(), Error> {
        self.apply(|_, _| ()).await
    }

    /// Answers a request; its changes are durable and applied to the listeners.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn handle(&self, request: &C::Request) -> Result<C::Reply, Error> {
        self.apply(|inner, now| inner.cloud.handle(request, now, &mut inner.rng))
            .await
    }

    /// Answers a request anew at each change of the cloud, until `done` accepts the reply or
    /// `patience` is over.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
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
                // `self` owns the sender, so this cannot fail.
                _ = changes.changed() => {}
            }
        }
    }

    /// Changes settings of the cloud that are not durable.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut C)) -> Result<(), Error> {
        self.apply(|inner, _| change(&mut inner.cloud)).await
    }

    /// Asks or changes the cloud in another way than by a request.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn with<T>(
        &self,
        apply: impl FnOnce(&mut C, Timestamp, &mut dyn Rng) -> T,
    ) -> Result<T, Error> {
        self.apply(|inner, now| apply(&mut inner.cloud, now, &mut inner.rng))
            .await
    }

    /// Reads the cloud as it is now, with changes that are not durable yet.
    ///
    /// # Errors
    /// When the model has stopped.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&C) -> T) -> Result<T, Error> {
        let inner = self.inner.lock().map_err(|_| Error::Panicked)?;
        Ok(read(&inner.cloud))
    }

    /// Sets the host that stands for a machine.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn map_host(&self, mapping: C::HostMapping) -> Result<(), Error> {
        self.apply(|inner, _| inner.cloud.map_host(mapping)).await
    }

    /// All host mappings.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn host_mappings(&self) -> Result<Vec<C::HostMapping>, Error> {
        self.apply(|inner, _| inner.cloud.host_mappings()).await
    }

    /// IDs of all resources.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn resource_ids(&self) -> Result<Vec<String>, Error> {
        self.apply(|inner, _| inner.cloud.resource_ids()).await
    }

    /// Injects a fault for later requests.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn inject_fault(&self, fault: C::Fault) -> Result<(), Error> {
        self.apply(|inner, _| inner.cloud.inject_fault(fault)).await
    }

    /// The state of each desired listener, after all earlier changes.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn endpoint_statuses(&self) -> Result<Vec<Status>, Error> {
        self.synced().await?;
        Ok(self.endpoints.statuses())
    }

    /// Advances the model with the time until `stop` turns true.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
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

    /// Carries out the health probes until `stop` turns true.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn run_probes(&self, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
        let mut running = JoinSet::new();
        let mut renewal = Instant::now();
        self.probe_wakeup.notify_one();
        loop {
            let free = limits::CONCURRENT_HEALTH_PROBES.saturating_sub(running.len());
            let (due, next) = self.with_health(|health, now| {
                let due = health.take_due(free, now);
                (due, health.next_due().map(|next| until(next, now)))
            })?;
            for probe in due {
                running.spawn(async move {
                    let outcome = probing::perform(&probe).await;
                    (probe, outcome)
                });
            }
            let is_full = running.len() >= limits::CONCURRENT_HEALTH_PROBES;
            let pause = next.filter(|_| !is_full).map(|it| it.max(limits::TICK));
            tokio::select! {
                () = shutdown_requested(&mut stop) => return Ok(()),
                () = self.probe_wakeup.notified() => {
                    time::sleep(limits::PROBES_PAUSE).await;
                    renewal = Instant::now();
                }
                Some(ended) = running.join_next() => {
                    let mut ended = vec![ended];
                    while let Some(another) = running.try_join_next() {
                        ended.push(another);
                    }
                    self.with_health(|health, _| {
                        // A probe does not panic, and nothing aborts it before this task ends.
                        for (probe, outcome) in ended.into_iter().flatten() {
                            health.record(&probe, outcome);
                        }
                    })?;
                }
                () = time::sleep(pause.unwrap_or_default()), if pause.is_some() => {}
            }
            if renewal <= Instant::now() {
                renewal = Instant::now() + limits::PROBES_RENEWAL;
                self.with_model(|inner, now| {
                    let probes = inner.cloud.probes(now);
                    inner.cloud.health_mut().set_probes(probes, now);
                })?;
            }
        }
    }

    /// Waits until every backend was probed once, for [`limits::FIRST_PROBES`] at most.
    ///
    /// # Errors
    /// When the journal, the endpoints or the model have stopped.
    pub(crate) async fn first_probes(&self) -> Result<(), Error> {
        let mut patience = pin!(time::sleep(limits::FIRST_PROBES));
        let mut changes = self.changes.subscribe();
        while !self.with_health(|health, _| health.is_probed())? {
            tokio::select! {
                () = patience.as_mut() => break,
                // `self` owns the sender, so this cannot fail.
                _ = changes.changed() => {}
            }
        }
        Ok(())
    }

    fn with_health<T>(
        &self,
        apply: impl FnOnce(&mut HealthTable, Timestamp) -> T,
    ) -> Result<T, Error> {
        let applied = self.with_model(|inner, now| apply(inner.cloud.health_mut(), now))?;
        Ok(applied.0)
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

    /// Runs `apply` on the model, and queues its changes before any other request can see them.
    fn with_model<T>(
        &self,
        apply: impl FnOnce(&mut Inner<C>, Timestamp) -> T,
    ) -> Result<(T, Barrier), Error> {
        let Ok(mut inner) = self.inner.lock() else {
            // The ticking task fails in the same way and ends the service.
            self.wakeup.notify_one();
            return Err(Error::Panicked);
        };
        let answer = apply(&mut inner, clock::now());
        let changes = inner.cloud.take_changes();
        let health = inner.cloud.health_mut();
        let (has_turned, is_stale) = (health.take_turned(), health.is_stale());
        let mut position = self.journal.append(&changes)?;
        if !changes.is_empty() || has_turned {
            if self.journal.needs_snapshot() {
                position = self.journal.replace(&inner.cloud.snapshot())?;
            }
            self.endpoints.set_desired(inner.cloud.bindings(), position);
            self.changes.send_modify(|count| *count += 1);
        }
        if !changes.is_empty() {
            self.wakeup.notify_one();
        }
        if !changes.is_empty() || is_stale {
            self.probe_wakeup.notify_one();
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

/// The time until `due`; zero if it is past.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    due.duration_since(now).try_into().unwrap_or_default()
}
