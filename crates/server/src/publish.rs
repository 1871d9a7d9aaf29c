//! Zone publisher: computes the zone of approved and active connections.

use std::sync::Arc;

use tokio::sync::Mutex;
use underpass_model::connection::Connection;
use underpass_model::link::Link;
use underpass_model::name::HostLabel;
use underpass_model::part::Observed;
use underpass_model::zone::{self, Named, Zone};
use underpass_store::{Error, Key, Kind, Lookup, Store};

/// Receiver of zones, for example a DNS server.
pub trait ZoneSink: Send + Sync {
    /// Replaces the served zone.
    fn publish(&self, zone: Zone);
}

/// Computes the zone from the store and publishes it if it changed.
pub struct Publisher {
    store: Arc<dyn Store>,
    sink: Arc<dyn ZoneSink>,
    last: Mutex<Zone>,
}

impl Publisher {
    /// Creates a publisher. `first_generation` must exceed every generation served before, because
    /// secondaries compare serials; the start time in seconds does.
    pub fn new(
        store: Arc<dyn Store>,
        sink: Arc<dyn ZoneSink>,
        domain: &str,
        first_generation: u64,
    ) -> Self {
        let last = Zone {
            generation: first_generation,
            ..Zone::empty(domain)
        };
        sink.publish(last.clone());
        Self {
            store,
            sink,
            last: Mutex::new(last),
        }
    }

    /// Reads the active connections and publishes their zone.
    ///
    /// # Errors
    /// If the store cannot be read.
    ///
    /// The lock is held during the read, so that an older zone never replaces a newer one.
    pub async fn refresh(&self) -> Result<(), Error> {
        let mut last = self.last.lock().await;
        let lookups = [Kind::Link, Kind::Connection, Kind::Observed]
            .map(|kind| Lookup::Under(kind, Key::root()));
        let fetched = self.store.fetch(&lookups).await?;
        let links = fetched.all::<Link>()?;
        let connections = fetched.all::<Connection>()?;
        let nothing = Observed::default();
        let observed = fetched.all::<Observed>()?;
        let mut records = std::collections::BTreeMap::new();
        for link in &links {
            // Registration refuses a service whose names have no valid host label.
            let Ok(label) = HostLabel::new(&link.value.service, &link.value.project) else {
                continue;
            };
            let work = Key::observed(&link.value.work_key());
            let seen = observed
                .iter()
                .find(|row| row.key == work)
                .map_or(&nothing, |row| &row.value);
            let own: Vec<Connection> = connections
                .iter()
                .filter(|row| link.key.is_above(&row.key))
                .map(|row| row.value.clone())
                .collect();
            let named = Named {
                link: &link.value,
                label: &label,
                connections: &own,
                observed: seen,
            };
            records.extend(zone::records(&last.domain, [named]));
        }
        if records != last.records {
            *last = Zone {
                domain: last.domain.clone(),
                generation: last.generation + 1,
                records,
            };
            tracing::info!(
                zone.generation = last.generation,
                zone.names = last.records.len(),
                "published the zone"
            );
            self.sink.publish(last.clone());
        }
        Ok(())
    }
}
