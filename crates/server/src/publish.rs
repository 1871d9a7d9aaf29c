//! Publisher of private names: follows the changed rows of the store, and publishes the names of the
//! services that they belong to.
//!
//! A change costs what its service costs, however many services there are. A lost notification and a
//! failed read delay the names, and nothing else: the publisher also looks by itself, and begins at
//! the position up to which it has published.
//!
//! Every replica of a store publishes the same names with the same generation, and no generation is
//! served again after a restart, a failover or a restore (ADR 18).

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
use underpass_model::serial::SerialBase;
use underpass_model::zone::{self, Named, Zone, ZoneChange};
use underpass_store::{
    Change, Error, Key, Kind, Lineage, Lookup, Store, StoreLayer, Versioned, Write,
};

use crate::clock::Clock;

/// Most changed rows of one read: 1,000, which bounds the memory of a long backlog.
const PAGE: usize = 1_000;

/// Longest time between two looks at the store: 1 s. Another process on the same store sends no
/// notification, and a look at an unchanged store reads one index.
const LONGEST_IDLE: Duration = Duration::from_secs(1);

/// Most reads of the changes for one publication: 100, each a few milliseconds. A store in which names change faster than
/// they are read is published as provisional then, so that answers are not late.
const MOST_READS: usize = 100;

/// Services whose rows are read together: 8. A read takes its thread for under a millisecond, which
/// requests on the same thread wait for.
const SERVICES_PER_READ: usize = 8;

/// Attempts to raise the base while other replicas do the same: 5.
const RAISE_ATTEMPTS: usize = 5;

/// Pause after a failure of the store, so that an outage does not cause a busy loop.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Receiver of names, for example a DNS server.
pub trait ZoneSink: Send + Sync {
    /// Replaces the served zone.
    fn publish(&self, zone: Zone);

    /// Changes names of the served zone.
    fn change(&self, change: ZoneChange);

    /// Returns the generation of the served zone; `None` if the receiver cannot tell.
    fn generation(&self) -> Option<u64> {
        None
    }

    /// Returns the address that is served for a name.
    fn address(&self, _name: &str) -> Option<Ipv4Addr> {
        None
    }
}

/// Follower of the store that publishes names.
pub struct Publisher {
    store: Arc<dyn Store>,
    sink: Arc<dyn ZoneSink>,
    clock: Arc<dyn Clock>,
    domain: String,
    /// The published names; `None` before the first time.
    published: Option<Published>,
    /// The lineage of what is read.
    lineage: Option<Lineage>,
    asked: watch::Receiver<u64>,
    answered: watch::Sender<u64>,
}

/// The published names, and how far the store was read for them.
#[derive(Debug, Clone, Default)]
struct Published {
    /// Position in the changes of the store up to which names are published.
    position: u64,
    /// The number of the last change of a row that determines names.
    newest: u64,
    base: SerialBase,
    /// The published generation.
    generation: u64,
    is_provisional: bool,
    /// The store could not be written since the start.
    must_raise: bool,
    /// Published names of each service that has some.
    names: BTreeMap<Key, BTreeMap<String, Ipv4Addr>>,
    /// Services with rows that cannot be read.
    incomplete: BTreeSet<Key>,
}

/// Names that were read and are not published yet.
#[derive(Debug, Default)]
struct Progress {
    position: u64,
    newest: u64,
    base: SerialBase,
    lineage: Option<Lineage>,
    /// The base must be raised: this process starts, or changes were lost.
    must_raise: bool,
    has_raised: bool,
    /// Names of the services that were read.
    names: BTreeMap<Key, BTreeMap<String, Ipv4Addr>>,
    incomplete: BTreeSet<Key>,
}

/// Handle that notifies the publisher of changes; cheap to clone.
#[derive(Clone)]
pub struct PublisherHandle {
    asked: watch::Sender<u64>,
    answered: watch::Receiver<u64>,
    sink: Arc<dyn ZoneSink>,
}

/// Store that notifies the publisher of commits that may change names.
pub struct NotifyingStore {
    store: Arc<dyn Store>,
    names: PublisherHandle,
}

// === impl Publisher ===

impl Publisher {
    /// Creates a publisher and its handle; nothing is published before the first [`Self::follow`].
    pub fn new(
        store: Arc<dyn Store>,
        sink: Arc<dyn ZoneSink>,
        domain: &str,
        clock: Arc<dyn Clock>,
    ) -> (Self, PublisherHandle) {
        let (ask, asked) = watch::channel(0);
        let (answer, answered) = watch::channel(0);
        let handle = PublisherHandle {
            asked: ask,
            answered,
            sink: Arc::clone(&sink),
        };
        let publisher = Self {
            store,
            sink,
            clock,
            domain: Zone::empty(domain).domain,
            published: None,
            lineage: None,
            asked,
            answered: answer,
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
    /// The names are those of one position: the changes are read again after the rows, until none was
    /// made meanwhile. So two replicas never publish different names with the same generation.
    ///
    /// # Errors
    /// If the store cannot be read, or lost changes and cannot be written. Nothing is published then, and
    /// the next call begins at the same position.
    pub async fn follow(&mut self) -> Result<(), Error> {
        let mut read = self.begin();
        let mut is_provisional = self.settle(&mut read).await?;
        let now = self.clock.now();
        for _ in 0..RAISE_ATTEMPTS {
            if !read.must_raise && !read.base.lags(read.position, now) {
                break;
            }
            match self.raise(&mut read).await {
                Ok(true) => is_provisional = self.settle(&mut read).await?,
                // Another process raised it; read again.
                Ok(false) => {}
                // After a loss the last names are served until the store can be written.
                Err(error) if read.must_raise && self.has_raised() => return Err(error),
                Err(error) => {
                    if self.published.is_none() {
                        let error = Report::new(&error).to_string();
                        tracing::warn!(
                            error,
                            "failed to raise the serial of the zone; secondaries cannot copy it yet"
                        );
                    }
                    break;
                }
            }
        }
        if read.must_raise && self.has_raised() {
            let expectation = "the base of the serials is unchanged".to_owned();
            return Err(Error::Conflict { expectation });
        }
        let is_provisional = is_provisional || read.must_raise;
        self.publish(read, is_provisional);
        Ok(())
    }

    /// Returns whether this process has raised the base since its start.
    fn has_raised(&self) -> bool {
        self.published.as_ref().is_some_and(|it| !it.must_raise)
    }

    /// Begins where the published names end.
    fn begin(&self) -> Progress {
        match &self.published {
            Some(published) => Progress {
                position: published.position,
                newest: published.newest,
                base: published.base,
                lineage: self.lineage,
                must_raise: published.must_raise,
                ..Progress::default()
            },
            None => Progress {
                must_raise: true,
                ..Progress::default()
            },
        }
    }

    /// Reads until nothing changed meanwhile; returns whether that did not happen.
    async fn settle(&self, read: &mut Progress) -> Result<bool, Error> {
        for _ in 0..MOST_READS {
            if self.read_changes(read).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the changes after the position and the names of their services; returns whether there were
    /// none.
    async fn read_changes(&self, read: &mut Progress) -> Result<bool, Error> {
        let mut services = BTreeSet::new();
        let mut is_base_changed = false;
        loop {
            let found = self.store.changes(read.position, PAGE).await?;
            let found = found.filter(|found| {
                let is_same = read.position == 0 || found.lineage == read.lineage;
                is_same && found.position >= read.position
            });
            let Some(found) = found else {
                // Removed rows are no longer known, or committed changes were lost: every published service
                // is read again.
                services.extend(read.names.keys().cloned());
                let published = self.published.iter();
                services.extend(published.flat_map(|it| it.names.keys()).cloned());
                (read.position, read.newest, read.must_raise) = (0, 0, true);
                continue;
            };
            for row in &found.rows {
                let service = row.key.service_of_link(row.kind);
                is_base_changed |= row.kind == Kind::SerialBase;
                if service.is_some() || row.kind == Kind::SerialBase {
                    read.newest = read.newest.max(row.number);
                }
                services.extend(service);
            }
            read.position = found.position;
            read.lineage = found.lineage;
            if !found.has_more {
                break;
            }
        }
        if is_base_changed {
            let stored = self.stored_base().await?;
            read.base = stored.map_or(read.base, |row| row.value);
        }
        let is_quiet = services.is_empty() && !is_base_changed;
        let services: Vec<_> = services.into_iter().collect();
        for services in services.chunks(SERVICES_PER_READ) {
            self.read_names(services, read).await?;
        }
        Ok(is_quiet)
    }

    async fn stored_base(&self) -> Result<Option<Versioned<SerialBase>>, Error> {
        let lookup = Lookup::One(Kind::SerialBase, Key::serial_base());
        let fetched = self.store.fetch(&[lookup]).await?;
        fetched.one(&Key::serial_base())
    }

    /// Raises the base in the store; returns false if another process changed it meanwhile.
    async fn raise(&self, read: &mut Progress) -> Result<bool, Error> {
        let stored = self.stored_base().await?;
        let base = stored.as_ref().map_or(read.base, |row| row.value);
        let lost_after = self.published.as_ref().map(|it| it.generation);
        let raised = base.raised(read.position, self.clock.now(), lost_after);
        let change = match stored {
            Some(row) => Change::new().update(&Versioned {
                value: raised,
                ..row
            })?,
            None => Change::new().insert(Key::serial_base(), &raised)?,
        };
        match self.store.commit(change).await {
            Ok(()) => {
                (read.must_raise, read.has_raised) = (false, true);
                // Not behind the clock any more, whatever is read next.
                read.base = raised;
                Ok(true)
            }
            Err(Error::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn publish(&mut self, read: Progress, is_provisional: bool) {
        let is_first = self.published.is_none();
        let published = self.published.get_or_insert_default();
        let mut change = ZoneChange {
            generation: read.base.generation(read.newest),
            begins_history: read.has_raised || read.base != published.base,
            ..ZoneChange::default()
        };
        for (service, names) in read.names {
            let before = if names.is_empty() {
                published.names.remove(&service)
            } else {
                published.names.insert(service.clone(), names.clone())
            };
            change.add(&before.unwrap_or_default(), &names);
            if read.incomplete.contains(&service) {
                published.incomplete.insert(service);
            } else {
                published.incomplete.remove(&service);
            }
        }
        change.is_provisional = is_provisional || !published.incomplete.is_empty();
        let is_unchanged = change.is_empty()
            && change.generation == published.generation
            && change.is_provisional == published.is_provisional;
        (published.position, published.newest) = (read.position, read.newest);
        (published.base, published.must_raise) = (read.base, read.must_raise);
        published.generation = change.generation;
        published.is_provisional = change.is_provisional;
        self.lineage = read.lineage;
        if is_first {
            tracing::info!(
                zone.generation = change.generation,
                zone.names = change.written.len(),
                "published private names"
            );
            self.sink.publish(Zone {
                domain: self.domain.clone(),
                generation: change.generation,
                records: change.written.into_iter().collect(),
                is_provisional: change.is_provisional,
            });
        } else if !is_unchanged {
            if !change.is_empty() {
                tracing::info!(
                    zone.generation = change.generation,
                    zone.removed = change.removed.len(),
                    zone.written = change.written.len(),
                    "published private names"
                );
            }
            self.sink.change(change);
        }
    }

    /// Reads the names of services from one snapshot.
    async fn read_names(&self, services: &[Key], read: &mut Progress) -> Result<(), Error> {
        let lookups: Vec<_> = services
            .iter()
            .flat_map(|service| {
                [
                    Lookup::Under(Kind::Link, service.clone()),
                    Lookup::Under(Kind::Connection, service.clone()),
                    Lookup::Under(Kind::Observed, Key::observed_links_below(service)),
                ]
            })
            .collect();
        let fetched = self.store.fetch(&lookups).await?;
        let links = fetched.readable::<Link>();
        let connections = fetched.readable::<Connection>();
        let unreadable: Vec<_> = fetched
            .unreadable::<Connection>()
            .into_iter()
            .map(|key| (Kind::Connection, key))
            .chain(
                fetched
                    .unreadable::<Link>()
                    .into_iter()
                    .map(|key| (Kind::Link, key)),
            )
            .chain(
                fetched
                    .unreadable::<Observed>()
                    .into_iter()
                    .map(|key| (Kind::Observed, key)),
            )
            .filter_map(|(kind, key)| key.service_of_link(kind))
            .collect();
        let nothing = Observed::default();
        for service in services {
            let mut records = BTreeMap::new();
            if unreadable.contains(service) {
                // The published names of what cannot be read stay.
                let published = self.published.as_ref().and_then(|it| it.names.get(service));
                records.extend(published.cloned().unwrap_or_default());
                read.incomplete.insert(service.clone());
            } else {
                read.incomplete.remove(service);
            }
            for link in links.iter().filter(|link| service.is_above(&link.key)) {
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
            read.names.insert(service.clone(), records);
        }
        Ok(())
    }
}

// === impl PublisherHandle ===

impl PublisherHandle {
    /// Notifies the publisher that rows may have changed.
    pub fn notify(&self) {
        self.asked.send_modify(|asked| *asked += 1);
    }

    /// Returns the receiver of the names.
    pub(crate) fn sink(&self) -> &dyn ZoneSink {
        &*self.sink
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
