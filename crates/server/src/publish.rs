//! Keeps DNS equal to what is approved and active.

use std::sync::Arc;

use tokio::sync::Mutex;
use underpass_model::connection::Connection;
use underpass_model::link::Link;
use underpass_model::name::HostLabel;
use underpass_model::part::Observed;
use underpass_model::zone::{self, Named, Zone};
use underpass_store::{Error, Key, Kind, Lookup, Store};

/// Takes a zone and serves it from then on.
pub trait ZoneSink: Send + Sync {
    /// Serves this zone instead of the last.
    fn publish(&self, zone: Zone);
}

/// Derives the zone from the store and hands it on when it differs.
pub struct Publisher {
    store: Arc<dyn Store>,
    sink: Arc<dyn ZoneSink>,
    last: Mutex<Zone>,
}

impl Publisher {
    /// `first_generation` must exceed every generation served before, for instance the start time
    /// in seconds: secondaries compare serials.
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

    /// Reads what is active now and serves exactly that.
    ///
    /// The lock is held over the read, so that an older reading never replaces a newer one.
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
            // A service whose names cannot be joined could not have been registered.
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
                "serve private names"
            );
            self.sink.publish(last.clone());
        }
        Ok(())
    }
}
