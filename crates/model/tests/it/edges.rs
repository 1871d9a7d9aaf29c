//! Allowed dependencies between crates; the reasons are in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::sources;

/// Allowed dependencies between our crates: the crate, its dependencies, and those of its tests.
const EDGES: &[(&str, &[&str], &[&str])] = &[
    ("model", &[], &[]),
    ("api-types", &["model"], &[]),
    ("private-file", &[], &[]),
    ("store", &["model", "private-file"], &[]),
    ("clouds", &["model"], &["emulators"]),
    ("net", &["model"], &[]),
    ("http-server", &["net"], &[]),
    ("web", &[], &[]),
    (
        "console",
        &["web", "api-types", "model"],
        &["clouds", "server", "store"],
    ),
    ("emulators", &["http-server", "net", "private-file"], &[]),
    (
        "server",
        &[
            "store",
            "clouds",
            "http-server",
            "net",
            "model",
            "api-types",
            "web",
        ],
        &["emulators"],
    ),
    (
        "underpass",
        &[
            "model",
            "api-types",
            "store",
            "clouds",
            "http-server",
            "net",
            "private-file",
            "web",
            "console",
            "emulators",
            "server",
        ],
        &[],
    ),
];

/// Dependencies of `model`: none performs I/O, reads a clock or draws random numbers.
const MODEL_USES: &[&str] = &[
    "ipnet",
    "jiff",
    "percent-encoding",
    "serde",
    "serde_json",
    "thiserror",
    "uuid",
];

/// Libraries for SQL, outbound HTTP and packets, with the crates that may use them.
const OWNERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    // The command line speaks HTTP to our own API; `clouds` to the providers.
    ("reqwest", &["clouds", "underpass"]),
    // The demo queries our own DNS server.
    ("hickory-proto", &["net", "underpass"]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is there");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// For each crate of ours: its dependencies outside tests, and those of tests.
fn dependencies() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_default()
            .trim_start_matches("underpass-")
            .to_owned()
    };
    let mut all = BTreeMap::new();
    for package in metadata()["packages"].as_array().unwrap() {
        let (mut plain, mut in_tests) = (BTreeSet::new(), BTreeSet::new());
        for dependency in package["dependencies"].as_array().unwrap() {
            let set = if dependency["kind"] == "dev" {
                &mut in_tests
            } else {
                &mut plain
            };
            set.insert(text(&dependency["name"]));
        }
        all.insert(text(&package["name"]), (plain, in_tests));
    }
    all
}

#[test]
fn crates_use_only_what_lies_below_them() {
    let all = dependencies();
    let ours: BTreeSet<_> = all.keys().cloned().collect();
    let listed: BTreeSet<_> = EDGES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(ours, listed, "a new crate needs its row here and an ADR");
    for (name, allowed, in_tests) in EDGES {
        let (plain, test) = &all[*name];
        for used in plain.intersection(&ours) {
            assert!(
                allowed.contains(&used.as_str()),
                "`{name}` may not use `{used}`"
            );
        }
        for used in test.intersection(&ours) {
            let fine = allowed.contains(&used.as_str()) || in_tests.contains(&used.as_str());
            assert!(fine, "tests of `{name}` may not use `{used}`");
        }
    }
}

#[test]
fn the_model_does_no_io() {
    let (plain, _) = &dependencies()["model"];
    let allowed: BTreeSet<_> = MODEL_USES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(plain, &allowed);
}

#[test]
fn sql_http_and_packets_have_one_home() {
    let all = dependencies();
    for (library, owners) in OWNERS {
        for (name, (plain, _)) in &all {
            let uses = plain.contains(*library);
            assert!(
                !uses || owners.contains(&name.as_str()),
                "`{name}` may not use `{library}`"
            );
        }
    }
}

/// Paths that the portals of emulated clouds may not name: the control plane and its client.
const CONTROL_PLANE: &[&str] = &[
    "underpass_clouds",
    "underpass_console",
    "underpass_model",
    "underpass_net",
    "underpass_server",
    "underpass_store",
    "crate::client",
];

#[test]
fn portals_import_nothing_of_the_control_plane() {
    let src = sources::root().join("crates/underpass/src");
    let mut pending = vec![src.join("portal.rs"), src.join("portal")];
    let mut read = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(sources::entries(&path));
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        read += 1;
        for name in CONTROL_PLANE {
            assert!(!text.contains(name), "{}: `{name}`", path.display());
        }
    }
    assert!(read > 10, "the portals are there");
}
