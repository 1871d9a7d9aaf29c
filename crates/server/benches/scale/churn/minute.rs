//! Figures of one minute.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use underpass_model::connection::Connection;
use underpass_store::{Key, Kind, Lookup};

use super::actors::Actors;
use crate::process::{cpu_time, descriptors, resident_mib};
use crate::rows::{Times, service};
use crate::running::Running;

pub(super) const HEADER: &str = "| Minute | Changes | Memory | Descriptors | Rows | Files | Label | GET service | CPU |\n\
    |---|---|---|---|---|---|---|---|---|";

/// Pause between two measured requests of each kind.
const MEASURE: Duration = Duration::from_millis(500);

/// Kinds of rows that are counted: those that grow with what happens.
const KINDS: [Kind; 6] = [
    Kind::Connection,
    Kind::EndedConnection,
    Kind::EndedLink,
    Kind::Link,
    Kind::Observed,
    Kind::Orphan,
];

/// Figures of one minute.
pub(super) struct Minute {
    changes: u64,
    memory_mib: u64,
    descriptors: usize,
    rows: usize,
    files_mib: u64,
    label: Times,
    get: Times,
    cpu: Duration,
}

// === impl Minute ===

impl Minute {
    /// Waits a minute, during which labels are changed and services are read.
    pub(super) async fn measure(
        running: &Running,
        actors: &Actors,
        directory: &Path,
        links: u32,
    ) -> Self {
        let begun = Instant::now();
        let (cpu, changes) = (cpu_time(), actors.changes());
        let (mut label, mut get) = (Vec::new(), Vec::new());
        let mut number = 0;
        while begun.elapsed() < Duration::from_mins(1) {
            tokio::time::sleep(MEASURE).await;
            number = (number + 37) % links;
            let path = service(number);
            let (took, _) = running.client.send("GET", &path, &Value::Null).await;
            get.push(took);
            if let Some(path) = first_connection(running, number).await {
                let body = json!({"label": format!("after {number}")});
                let (took, status, _) = running.client.ask("PUT", &path, &body).await;
                if status.is_success() {
                    label.push(took);
                }
            }
        }
        label.sort();
        get.sort();
        let mut rows = 0;
        for kind in KINDS {
            rows += running.app.store.count(kind, &Key::root()).await.unwrap();
        }
        let files = std::fs::read_dir(directory).unwrap();
        let bytes: u64 = files.map(|it| it.unwrap().metadata().unwrap().len()).sum();
        Self {
            changes: actors.changes() - changes,
            memory_mib: resident_mib(),
            descriptors: descriptors(),
            rows,
            files_mib: bytes / 1024 / 1024,
            label: Times(label),
            get: Times(get),
            cpu: cpu_time().saturating_sub(cpu),
        }
    }

    /// The row of the table, without its first cell.
    pub(super) fn row(&self) -> String {
        format!(
            "| {} | {} MiB | {} | {} | {} MiB | {} | {} | {:.1} s |",
            self.changes,
            self.memory_mib,
            self.descriptors,
            self.rows,
            self.files_mib,
            self.label.show(),
            self.get.show(),
            self.cpu.as_secs_f64(),
        )
    }
}

/// Path of the label of some connection of a service.
async fn first_connection(running: &Running, number: u32) -> Option<String> {
    let path = service(number);
    let name = path.strip_prefix("/v1/project/")?;
    let (project, name) = name.split_once("/service/")?;
    let key = Key::service(&project.parse().ok()?, &name.parse().ok()?);
    let lookup = Lookup::Under(Kind::Connection, key);
    let fetched = running.app.store.fetch(&[lookup]).await.unwrap();
    let rows = fetched.all::<Connection>().unwrap();
    let id = &rows.first()?.value.id;
    Some(format!(
        "/v1/underpass/project/{project}/service/{name}/privatelink/azure/connections/{id}/label"
    ))
}
