//! One row of the table: the figures at one number of links.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use underpass_model::connection::Connection;
use underpass_store::{Key, Kind, Lookup};

use crate::client::Client;
use crate::fill::{self, CONNECTIONS, SUBSCRIPTION};
use crate::memory_cloud::MemoryCloud;
use crate::process::cpu_time;
use crate::running::Running;
use crate::start::Start;

/// Clients that fill the store concurrently.
const CLIENTS: usize = 64;

/// Changes of each kind that are measured.
const CHANGES: usize = 500;

/// Interval of the reads while links are made: 500 in a second.
const READ_EVERY: Duration = Duration::from_millis(2);

/// Time in which nothing is asked for.
const QUIET: Duration = Duration::from_mins(1);

/// Time after many changes until the next sweeps have seen them: one interval and a half.
const SETTLING: Duration = Duration::from_secs(15);

pub(crate) const HEADER: &str = "| Links | All active | POST link | GET meanwhile | Label | Approve | GET service | Start | Memory | Quiet minute |\n\
    |---|---|---|---|---|---|---|---|---|---|";

/// Figures at one number of links.
pub(crate) struct Row {
    size: u32,
    created: u32,
    all_active: Duration,
    post: Times,
    get_meanwhile: Times,
    label: Times,
    approve: Times,
    get: Times,
    quiet_cpu: Duration,
    quiet_lists: u64,
    quiet_calls: u64,
}

/// Sorted times of one kind of request.
pub(crate) struct Times(pub(crate) Vec<Duration>);

impl Times {
    /// The median and the 99th percentile.
    pub(crate) fn show(&self) -> String {
        let Some(last) = self.0.len().checked_sub(1) else {
            return "none".to_owned();
        };
        let at = |part: usize| self.0[(self.0.len() * part / 100).min(last)];
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        format!(
            "{:.1} / {:.1} ms",
            milliseconds(at(50)),
            milliseconds(at(99))
        )
    }
}

impl Row {
    pub(crate) fn with_start(&self, start: &Start) -> String {
        format!(
            "| {} | {} in {:.1} s | {} | {} | {} | {} | {} | {:.1} s | {} MiB | {:.1} CPU s, {} lists, {} other calls |",
            self.size,
            self.created,
            self.all_active.as_secs_f64(),
            self.post.show(),
            self.get_meanwhile.show(),
            self.label.show(),
            self.approve.show(),
            self.get.show(),
            start.seconds,
            start.mib,
            self.quiet_cpu.as_secs_f64(),
            self.quiet_lists,
            self.quiet_calls,
        )
    }
}

/// Adds links up to a number, and measures.
pub(crate) async fn measure(running: &Running, cloud: &MemoryCloud, before: u32, size: u32) -> Row {
    for number in (before..size).filter(|number| fill::begins_project(*number)) {
        let project = json!({"project": fill::project(number)});
        running.client.send("POST", "/v1/project", &project).await;
    }
    fill::fill(&*running.app.store, before..size, 1, running.now()).await;
    progress(size, "requesting the links");
    let begun = Instant::now();
    let link = |number: u32| {
        let path = format!("{}/privatelink/azure", service(number));
        (
            "POST",
            path,
            json!({"user_subscription_ids": [SUBSCRIPTION]}),
        )
    };
    let (stop, stopped) = oneshot::channel();
    let reader = tokio::spawn(read_steadily(running.client.clone(), size, stopped));
    let mut post = all(running, (before..size).map(link)).await;
    until(|| cloud.published().0 == size as usize).await;
    let all_active = begun.elapsed();
    stop.send(()).unwrap();
    let mut get_meanwhile = reader.await.unwrap();

    progress(size, "discovering and approving connections");
    let connections = discovered(running, (size * CONNECTIONS) as usize).await;
    let mut undecided: Vec<_> = connections
        .iter()
        .filter(|it| it.address.is_none())
        .map(|it| it.path.clone())
        .collect();
    let measured = undecided.split_off(undecided.len() - CHANGES.min(undecided.len() / 2));
    all(running, undecided.iter().map(|path| approval(path))).await;
    let approved = connections.len() - measured.len();
    until(|| cloud.published().1 == approved).await;
    // A sweep after as many changes as there are links costs as much as these.
    tokio::time::sleep(SETTLING).await;
    let mut approve = Vec::new();
    for path in &measured {
        let (method, path, body) = approval(path);
        approve.push(running.client.send(method, &path, &body).await.0);
    }
    until(|| cloud.published().1 == connections.len()).await;
    let addressed = undecided.iter().chain(&measured).enumerate();
    all(running, addressed.map(addressing)).await;
    until(|| running.names.count() == connections.len()).await;

    progress(size, "labelling connections");
    tokio::time::sleep(SETTLING).await;
    let mut label = Vec::new();
    let every = (connections.len() / CHANGES).max(1);
    for (number, connection) in connections.iter().step_by(every).take(CHANGES).enumerate() {
        let path = format!("{}/label", connection.own_path);
        let body = json!({"label": format!("team blue {size} {number}")});
        label.push(running.client.send("PUT", &path, &body).await.0);
    }
    let mut get = Vec::new();
    for number in (0..size).step_by((size as usize / CHANGES).max(1)) {
        get.push(
            running
                .client
                .send("GET", &service(number), &Value::Null)
                .await
                .0,
        );
    }

    progress(size, "waiting for a quiet minute");
    tokio::time::sleep(SETTLING).await;
    let counters = || {
        (
            cloud.lists.load(Ordering::Relaxed),
            cloud.calls.load(Ordering::Relaxed),
        )
    };
    let (cpu, (lists, calls)) = (cpu_time(), counters());
    tokio::time::sleep(QUIET).await;
    let (lists_after, calls_after) = counters();
    for times in [
        &mut post,
        &mut get_meanwhile,
        &mut label,
        &mut approve,
        &mut get,
    ] {
        times.sort();
    }
    Row {
        size,
        created: size - before,
        all_active,
        post: Times(post),
        get_meanwhile: Times(get_meanwhile),
        label: Times(label),
        approve: Times(approve),
        get: Times(get),
        quiet_cpu: cpu_time().saturating_sub(cpu),
        quiet_lists: lists_after - lists,
        quiet_calls: calls_after - calls,
    }
}

/// Says what is measured, for the minutes that it takes.
fn progress(size: u32, what: &str) {
    eprintln!("{size} links: {what}");
}

/// Path of a service with this number.
pub(crate) fn service(number: u32) -> String {
    let (project, name) = (fill::project(number), fill::service_name(number));
    format!("/v1/project/{project}/service/{name}")
}

/// A connection as the API calls it.
struct Discovered {
    path: String,
    own_path: String,
    address: Option<std::net::Ipv4Addr>,
}

fn approval(path: &str) -> (&'static str, String, Value) {
    ("POST", format!("{path}/approve"), json!({}))
}

/// The request that gives a connection an address of its own.
fn addressing((number, path): (usize, &String)) -> (&'static str, String, Value) {
    let [_, b, c, d] = u32::try_from(number).unwrap().to_be_bytes();
    let body = json!({"user_ip_address": format!("10.{b}.{c}.{d}")});
    ("PUT", path.clone(), body)
}

/// Waits until this many connections were discovered.
async fn discovered(running: &Running, count: usize) -> Vec<Discovered> {
    loop {
        let lookup = Lookup::Under(Kind::Connection, Key::root());
        let fetched = running.app.store.fetch(&[lookup]).await.unwrap();
        let found = fetched.all::<Connection>().unwrap();
        if found.len() == count {
            let discovered = |key: &Key, connection: &Connection| {
                let words: Vec<&str> = key.as_str().split('/').collect();
                let [project, service, _, id] = words.as_slice() else {
                    panic!("the key of a connection: {key}");
                };
                let rest = format!(
                    "project/{project}/service/{service}/privatelink/azure/connections/{id}"
                );
                Discovered {
                    path: format!("/v1/{rest}"),
                    own_path: format!("/v1/underpass/{rest}"),
                    address: connection.address,
                }
            };
            let all = found.iter();
            return all.map(|row| discovered(&row.key, &row.value)).collect();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Reads one service after the other at a steady rate until it is told to stop; returns how long each
/// answer took from the time at which its request was due.
async fn read_steadily(
    client: Client,
    size: u32,
    mut stopped: oneshot::Receiver<()>,
) -> Vec<Duration> {
    let mut due = tokio::time::interval(READ_EVERY);
    let mut answers = JoinSet::new();
    for number in (0..size).cycle() {
        tokio::select! {
            _told = &mut stopped => break,
            at = due.tick() => {
                let client = client.clone();
                answers.spawn(async move {
                    client.send("GET", &service(number), &Value::Null).await;
                    at.elapsed()
                });
            }
        }
    }
    answers.join_all().await
}

/// Sends requests by many clients; returns how long each took.
pub(crate) async fn all(
    running: &Running,
    requests: impl Iterator<Item = (&'static str, String, Value)>,
) -> Vec<Duration> {
    let waiting: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(requests.collect()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (client, waiting) = (running.client.clone(), Arc::clone(&waiting));
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let next = waiting.lock().unwrap().pop_front();
                    let Some((method, path, body)) = next else {
                        return took;
                    };
                    took.push(client.send(method, &path, &body).await.0);
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    for client in clients {
        took.extend(client.await.unwrap());
    }
    took
}

pub(crate) async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
