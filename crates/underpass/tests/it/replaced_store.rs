//! A store in whose place another one was put: nothing is written to the clouds.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::greeter::{greeter, greets};
use crate::person::{Person, until};
use crate::running::{Running, underpass};

const COMPONENT: &str = "-c privatelink_access.grafana";

/// A store's file and what SQLite keeps beside it.
const FILES: [&str; 3] = ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"];

/// A published service with an approved endpoint.
struct Published {
    data_dir: PathBuf,
    at: SocketAddr,
}

impl Published {
    /// Publishes it with a component that is closed.
    fn new(data_dir: &Path) -> Self {
        let running = Running::start_discovering(data_dir);
        let person = running.person();
        let vpc = running.text("/project_vpcs/google-europe-west1");
        let port = greeter();
        person.does(&format!(
            "service create web-1 -t grafana --cloud google-europe-west1 --project-vpc-id {vpc} \
             --node n1=127.0.0.1 --component grafana={port} {COMPONENT}=true --wait"
        ));
        person.does("service privatelink google create web-1 --wait");
        let attachment = person
            .does("service privatelink google get web-1 --format {google_service_attachment}");
        let made = person.reads(&format!(
            "cloud google endpoint create pe1 --target {attachment}"
        ));
        let address = text(&made, "/address");
        person.does("service privatelink google refresh web-1");
        let listed = person.reads("service privatelink google connection list web-1");
        let id = text(&listed, "/0/privatelink_connection_id");
        person.does(&format!(
            "service privatelink google connection approve web-1 \
             --privatelink-connection-id {id} --user-ip-address {address} --wait"
        ));
        let at = format!("{address}:{port}").parse().unwrap();
        until("bytes flow", || greets(at));
        person.does(&format!("service update web-1 {COMPONENT}=false --yes"));
        until("the component is closed", || !greets(at));
        assert!(running.terminate().success());
        Self {
            data_dir: data_dir.to_owned(),
            at,
        }
    }

    fn start(&self) -> Running {
        Running::start_discovering(&self.data_dir)
    }

    /// Opens the component, of which no cloud shows a proof.
    fn open_component(&self, person: &Person) {
        person.does(&format!("service update web-1 {COMPONENT}=true"));
        until("the component is open", || greets(self.at));
    }

    /// Copies the closed store.
    fn copy(&self) -> Vec<u8> {
        fs::read(self.data_dir.join(FILES[0])).unwrap()
    }

    fn remove_store(&self) {
        for file in FILES {
            let _ = fs::remove_file(self.data_dir.join(file));
        }
    }

    fn put(&self, copy: &[u8]) {
        self.remove_store();
        fs::write(self.data_dir.join(FILES[0]), copy).unwrap();
    }

    /// Starts with the store and checks that nothing is written.
    fn starts_on_hold(&self) -> Running {
        let running = self.start();
        let person = running.person();
        assert_eq!(held(&person), both());
        until("the clouds are read", || {
            let shown = person.reads("recovery show");
            let accounts = accounts(&shown);
            accounts.iter().all(|it| it["fully_read"] == true)
        });
        assert!(greets(self.at), "the store's closed component cut the flow");
        running
    }
}

fn both() -> BTreeSet<String> {
    ["azure", "google"].map(str::to_owned).into()
}

/// The accounts on hold, all of them because the store was replaced.
fn held(person: &Person) -> BTreeSet<String> {
    let shown = person.reads("recovery show");
    let name = |account: &Value| {
        assert_eq!(text(account, "/cause"), "store_replaced");
        text(account, "/account").to_owned()
    };
    accounts(&shown).iter().map(name).collect()
}

/// The accounts of `recovery show`.
fn accounts(shown: &Value) -> &[Value] {
    shown.pointer("/accounts").unwrap().as_array().unwrap()
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).unwrap().as_str().unwrap()
}

fn resume(person: &Person) {
    for account in both() {
        person.does(&format!("recovery resume {account} --overrule --yes"));
    }
    assert_eq!(held(person), BTreeSet::new());
}

#[test]
fn a_copy_that_is_put_back_writes_nothing_whatever_was_started_meanwhile() {
    let scratch = tempfile::tempdir().unwrap();
    let published = Published::new(scratch.path());
    let old = published.copy();
    let running = published.start();
    published.open_component(&running.person());
    assert!(running.terminate().success());
    let newest = published.copy();

    published.put(&old);
    let running = published.starts_on_hold();
    assert!(running.terminate().success());

    // A start with an empty store, which is on hold, too, and ready also without its choices.
    published.remove_store();
    let choices = scratch.path().join("settings.json");
    let mut chosen: Value = serde_json::from_slice(&fs::read(&choices).unwrap()).unwrap();
    chosen["project_vpcs"] = serde_json::json!({});
    fs::write(&choices, chosen.to_string()).unwrap();
    let running = published.starts_on_hold();
    assert_eq!(running.ready["project_vpcs"], serde_json::json!({}));
    assert!(running.terminate().success());
    for copy in [&old, &newest] {
        published.put(copy);
        // The hold outlives a kill.
        published.starts_on_hold().kill();
        published.starts_on_hold().kill();
    }

    // The newest store is in place: to resume changes nothing.
    let running = published.start();
    resume(&running.person());
    assert!(greets(published.at));
    assert!(running.terminate().success());
    let running = published.start();
    assert_eq!(held(&running.person()), BTreeSet::new());
    assert!(greets(published.at));
}

#[test]
fn a_copy_with_more_changes_writes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let published = Published::new(scratch.path());

    // A copy of all files, which goes another way beside clouds of its own.
    let elsewhere = tempfile::tempdir().unwrap();
    for file in [
        "lock",
        "store.sqlite",
        "store.position",
        "store.key",
        "token",
    ] {
        fs::copy(scratch.path().join(file), elsewhere.path().join(file)).unwrap();
    }
    let running = Running::start(elsewhere.path());
    let person = running.person();
    for number in 0..20 {
        person.does(&format!("token create --description other-{number}"));
    }
    assert!(running.terminate().success());
    let fork = fs::read(elsewhere.path().join(FILES[0])).unwrap();

    let running = published.start();
    published.open_component(&running.person());
    let backup = scratch.path().join("backup");
    running
        .person()
        .does(&format!("backup {}", backup.display()));
    assert!(running.terminate().success());
    published.put(&fork);
    let running = published.starts_on_hold();
    assert!(running.terminate().success());

    // The store that a restore kept has more changes than the restored one.
    let restored = underpass(scratch.path())
        .args(["restore", &backup.display().to_string()])
        .args(["--data-dir", &scratch.path().display().to_string()])
        .output()
        .unwrap();
    assert!(restored.status.success(), "{restored:?}");
    let running = published.starts_on_hold();
    resume(&running.person());
    assert!(running.terminate().success());
    let is_kept = |path: &PathBuf| path.to_str().unwrap().contains(".before-");
    let mut files = fs::read_dir(scratch.path()).unwrap();
    let kept = files.find_map(|file| Some(file.unwrap().path()).filter(is_kept));
    published.put(&fs::read(kept.unwrap()).unwrap());
    let running = published.starts_on_hold();
    assert!(running.terminate().success());
}
