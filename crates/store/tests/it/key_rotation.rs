//! Replacement of the key of a store.

use std::path::Path;

use serde_json::json;
use underpass_store::{
    Change, Cipher, Error, Key, KeyFile, KeyStep, Kind, Lineage, Lookup, Postgres, Sqlite, Store,
    Write, encrypt_again_in_postgres, encrypt_again_in_sqlite, keys_of_replicas,
};

use crate::postgres_server::Database;

const PURPOSE: &str = "proofs";

fn secrets(store_text: &str) -> Change {
    let writes = ["one", "two"].map(|key| {
        let body = json!({ "password": store_text });
        Write::Put(Kind::Credentials, Key::user(key), body)
    });
    Change {
        writes: writes.into(),
        ..Change::new()
    }
}

async fn passwords(store: &dyn Store) -> Vec<String> {
    let lookup = Lookup::Under(Kind::Credentials, Key::root());
    let fetched = store.fetch(&[lookup]).await.unwrap();
    let records = fetched.records().iter();
    records.map(|record| record.body.clone()).collect()
}

fn key_file(directory: &Path) -> (std::path::PathBuf, KeyFile) {
    let path = directory.join("store.key");
    drop(Cipher::from_key_file(&path).unwrap());
    let file = KeyFile::open(&path).unwrap();
    (path, file)
}

fn cipher(path: &Path) -> Cipher {
    Cipher::from_key_file(path).unwrap()
}

#[tokio::test]
async fn secrets_in_a_file_are_encrypted_again_and_the_old_key_is_refused_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let (path, mut file) = key_file(directory.path());
    let before = std::fs::read(&path).unwrap();
    let (proof, backup) = (
        file.cipher().proof_key(PURPOSE),
        file.cipher().derive_key(PURPOSE),
    );
    let database = directory.path().join("store.sqlite");
    let open = |number, cipher| Sqlite::open(&database, cipher, Lineage::from_bits(number));
    let store = open(1, cipher(&path)).unwrap();
    store.commit(secrets("hunter2")).await.unwrap();
    let kept = passwords(&store).await;
    drop(store);

    assert_eq!(file.step(), KeyStep::Single);
    file.announce(PURPOSE).unwrap();
    assert!(matches!(file.step(), KeyStep::Announced(_)));
    drop(open(2, cipher(&path)).unwrap());
    file.replace().unwrap();
    assert!(matches!(file.step(), KeyStep::Replaced(_)));
    // A crash before the secrets are encrypted again: the old key still decrypts.
    assert_eq!(passwords(&open(3, cipher(&path)).unwrap()).await, kept);
    assert_eq!(
        encrypt_again_in_sqlite(&database, &file.cipher()).unwrap(),
        2
    );
    assert_eq!(
        encrypt_again_in_sqlite(&database, &file.cipher()).unwrap(),
        0
    );
    file.forget().unwrap();
    assert_eq!(file.step(), KeyStep::Single);
    let after = cipher(&path);
    assert_eq!(after.proof_key(PURPOSE), proof);
    assert_ne!(after.derive_key(PURPOSE), backup);
    assert_eq!(passwords(&open(4, after).unwrap()).await, kept);

    std::fs::write(&path, before).unwrap();
    assert!(matches!(
        open(5, cipher(&path)),
        Err(Error::WrongKey { .. })
    ));
}

#[tokio::test]
async fn replicas_read_each_others_secrets_at_each_step() {
    let directory = tempfile::tempdir().unwrap();
    let (path, mut file) = key_file(directory.path());
    let database = Database::new();
    let options = database.options();
    let open = async |cipher| Postgres::connect(&options, cipher).await.unwrap();
    let keys = async |cipher| keys_of_replicas(&options, &cipher).await.unwrap();
    let mut stores = vec![open(cipher(&path)).await];
    for step in ["announced", "replaced"] {
        if step == "announced" {
            file.announce(PURPOSE).unwrap();
        } else {
            file.replace().unwrap();
        }
        stores.push(open(cipher(&path)).await);
        // Only neighbours in time run together.
        for store in stores.iter().rev().take(2) {
            store.commit(secrets(step)).await.unwrap();
            for reader in stores.iter().rev().take(2) {
                let read = passwords(reader).await;
                assert!(read.iter().all(|body| body.contains(step)), "{read:?}");
            }
        }
    }
    let shown = keys(file.cipher()).await;
    assert_eq!(shown.len(), 3);
    let KeyStep::Replaced(current) = file.step() else {
        panic!("the key was replaced");
    };
    let of_current = |keys: &&String| keys.starts_with(&current);
    assert_eq!(shown.iter().filter(of_current).count(), 1);
    // The last one to write was the one that encrypts with the old key.
    assert_eq!(
        encrypt_again_in_postgres(&options, &file.cipher())
            .await
            .unwrap(),
        2
    );
    // A file of the first step would encrypt with a key that is not accepted any more.
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let stale = directory.path().join("stale.key");
    let old = lines
        .iter()
        .find_map(|line| line.strip_prefix("old "))
        .unwrap();
    std::fs::copy(&path, &stale).unwrap();
    std::fs::write(&stale, format!("{old}\nnext {}\n", lines[0])).unwrap();
    let refused = Postgres::connect(&options, cipher(&stale)).await;
    assert!(matches!(refused, Err(Error::WrongKey { .. })));
    file.forget().unwrap();
    let last = open(cipher(&path)).await;
    assert_eq!(passwords(&last).await, passwords(&stores[2]).await);
}
