//! Publisher of private names: follows the changed rows of the store, and publishes the names of the
//! services that they belong to.
//!
//! A change costs what its service costs, however many services there are. A lost notification and a
//! failed read delay the names, and nothing else: the publisher also looks by itself, and begins at
//! the position up to which it has published.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use error_reporter::Report;
use tokio::sync::watch;
use underpass_model::connection::Connection;
use underpass_model::link::Link;
use underpass_model::name::HostLabel;
use underpass_model::part::Observed;
use underpass_model::zone::{self, Named, Zone, ZoneChange};
use underpass_store::{Change, Error, Key, Kind, Lookup, Store, StoreLayer, Write};

/// Most changed rows of one read: 1,000, which bounds the memory of a long backlog.
const PAGE: usize = 1_000;

/// Longest time between two looks at the store: 1 s. Another process on the same store sends no
/// notification, and a look at an unchanged store reads one index.
const LONGEST_IDLE: Duration = Duration::from_secs(1);

/// Pause after a failure of the store, so that an outage does not cause a busy loop.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Receiver of names, for example a DNS server.
pub trait ZoneSink: Send + Sync {
    /// Replaces the served zone.
    fn publish(&self, zone: Zone);

    /// Changes names of the served zone.
    fn change(&self, change: ZoneChange);
}

/// Follower of the store that publishes names.
pub struct Publisher {
    store: Arc<dyn Store>,
    sink: Arc<dyn ZoneSink>,
    domain: String,
    /// Position in the changes of the store up to which names are published.
    position: u64,
    generation: u64,
    /// Published names of each service that has some.
    names: BTreeMap<Key, BTreeMap<String, Ipv4Addr>>,
    asked: watch::Receiver<u64>,
    answered: watch::Sender<u64>,
}

/// Handle that notifies the publisher of changes; cheap to clone.
#[derive(Debug, Clone)]
pub struct PublisherHandle {
    asked: watch::Sender<u64>,
    answered: watch::Receiver<u64>,
}

/// Store that notifies the publisher of commits that may change names.
pub struct NotifyingStore {
    store: Arc<dyn Store>,
    names: PublisherHandle,
}

// === impl Publisher ===

impl Publisher {
    /// Creates a publisher and its handle; the zone is empty before the first [`Self::follow`].
    /// `first_generation` must exceed every generation served before, because secondaries compare
    /// serials; the start time in seconds does.
    pub fn new(
        store: Arc<dyn Store>,
        sink: Arc<dyn ZoneSink>,
        domain: &str,
        first_generation: u64,
    ) -> (Self, PublisherHandle) {
        let zone = Zone {
            generation: first_generation,
            ..Zone::empty(domain)
        };
        let (ask, asked) = watch::channel(0);
        let (answer, answered) = watch::channel(0);
        let publisher = Self {
            store,
            sink,
            domain: zone.domain.clone(),
            position: 0,
            generation: zone.generation,
            names: BTreeMap::new(),
            asked,
            answered: answer,
        };
        publisher.sink.publish(zone);
        let handle = PublisherHandle {
            asked: ask,
            answered,
        };
        (publisher, handle)
    }

    /// Publishes the changes until shutdown, and tries again after failures.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let asked = *self.asked.borrow_and_update();
            let idle = match self.follow().await {
                Ok(()) => {
                    self.answered.send_replace(asked);
                    LONGEST_IDLE
                }
                Err(error) => {
                    let error = Report::new(&error).to_string();
                    tracing::error!(error, "failed to publish private names; trying again");
                    PAUSE_AFTER_FAILURE
                }
            };
            let asked_again = async {
                // Without handles, only the passing of time begins another look.
                if self.asked.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = asked_again => {}
                () = tokio::time::sleep(idle) => {}
                // An error means that the sender was dropped, which is a shutdown as well.
                _ = shutdown.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Reads the services that changed since the last call, and publishes their names. The cost is
    /// that of the changed services.
    ///
    /// # Errors
    /// If the store cannot be read. Nothing is published then, and the next call begins at the same
    /// position.
    pub async fn follow(&mut self) -> Result<(), Error> {
        let (services, position) = self.changed_services().await?;
        let mut read = Vec::with_capacity(services.len());
        for service in services {
            let (names, is_complete) = self.names_of(&service).await?;
            let mut kept = BTreeMap::new();
            if !is_complete {
                // The published names of what cannot be read stay.
                kept.extend(self.names.get(&service).cloned().unwrap_or_default());
            }
            kept.extend(names);
            read.push((service, kept));
        }
        let mut change = ZoneChange {
            generation: self.generation + 1,
            ..ZoneChange::default()
        };
        for (service, names) in read {
            let before = if names.is_empty() {
                self.names.remove(&service)
            } else {
                self.names.insert(service, names.clone())
            };
            change.add(&before.unwrap_or_default(), &names);
        }
        self.position = position;
        if !change.is_empty() {
            self.generation = change.generation;
            tracing::info!(
                zone.generation = change.generation,
                zone.removed = change.removed.len(),
                zone.written = change.written.len(),
                "published private names"
            );
            self.sink.change(change);
        }
        Ok(())
    }

    /// Returns the services with changed rows, and the position up to which these are all.
    async fn changed_services(&self) -> Result<(BTreeSet<Key>, u64), Error> {
        let mut services = BTreeSet::new();
        let mut position = self.position;
        loop {
            let Some(found) = self.store.changes(position, PAGE).await? else {
                // Removed rows are no longer known: every published service is read again.
                services.extend(self.names.keys().cloned());
                position = 0;
                continue;
            };
            let rows = found.rows.iter();
            services.extend(rows.filter_map(|row| row.key.service_of_link(row.kind)));
            position = found.position;
            if !found.has_more {
                return Ok((services, position));
            }
        }
    }

    /// Reads the names of a service from one snapshot; returns also whether all of its rows could be
    /// read.
    async fn names_of(&self, service: &Key) -> Result<(BTreeMap<String, Ipv4Addr>, bool), Error> {
        let lookups = [
            Lookup::Under(Kind::Link, service.clone()),
            Lookup::Under(Kind::Connection, service.clone()),
            Lookup::Under(Kind::Observed, Key::observed_links_below(service)),
        ];
        let fetched = self.store.fetch(&lookups).await?;
        let connections = fetched.readable::<Connection>();
        let is_complete = fetched.unreadable::<Connection>().is_empty()
            && fetched.unreadable::<Link>().is_empty()
            && fetched.unreadable::<Observed>().is_empty();
        let nothing = Observed::default();
        let mut records = BTreeMap::new();
        for link in fetched.readable::<Link>() {
            // Registration refuses a service whose names have no valid host label.
            let Ok(label) = HostLabel::new(&link.value.service, &link.value.project) else {
                continue;
            };
            let row = Key::observed(&link.value.work_key());
            let found = fetched.readable_one::<Observed>(&row);
            let own = connections
                .iter()
                .filter(|row| link.key.is_above(&row.key))
                .map(|row| row.value.clone())
                .collect::<Vec<_>>();
            let named = Named {
                link: &link.value,
                label: &label,
                connections: &own,
                observed: found.as_ref().map_or(&nothing, |row| &row.value),
            };
            records.extend(zone::records(&self.domain, [named]));
        }
        Ok((records, is_complete))
    }
}

// === impl PublisherHandle ===

impl PublisherHandle {
    /// Notifies the publisher that rows may have changed.
    pub fn notify(&self) {
        self.asked.send_modify(|asked| *asked += 1);
    }

    /// Waits until every change committed before this call is published, but at most for `at_most`:
    /// the publisher tries again by itself.
    pub async fn published(&self, at_most: Duration) {
        let mut number = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            number = *asked;
        });
        let mut answered = self.answered.clone();
        // An error means that the publisher stopped, so that nothing is answered any more.
        let _late = tokio::time::timeout(at_most, answered.wait_for(|it| *it >= number)).await;
    }
}

// === impl NotifyingStore ===

impl NotifyingStore {
    /// Creates a layer over a store.
    pub fn new(store: Arc<dyn Store>, names: PublisherHandle) -> Self {
        Self { store, names }
    }
}

#[async_trait]
impl StoreLayer for NotifyingStore {
    fn inner(&self) -> &dyn Store {
        &*self.store
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        let may_rename = may_rename(&change);
        self.store.commit(change).await?;
        if may_rename {
            self.names.notify();
        }
        Ok(())
    }
}

/// Returns whether a change can add or remove a private name.
pub(crate) fn may_rename(change: &Change) -> bool {
    change.writes.iter().any(|write| {
        let (Write::Put(kind, key, ..) | Write::Remove(kind, key)) = write;
        key.service_of_link(*kind).is_some()
    })
}
