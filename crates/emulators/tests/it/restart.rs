use std::fs;
use std::io::Write as _;

use serde_json::json;
use underpass_emulators::azure::Error;

use crate::emulator::{CONSUMER_SUBSCRIPTION, Emulator, options};

fn group(name: &str) -> String {
    format!("/subscriptions/{CONSUMER_SUBSCRIPTION}/resourcegroups/{name}")
}

#[tokio::test]
async fn state_is_kept_and_an_incomplete_last_record_is_discarded() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let consumer = emulator.consumer().await;
    for name in ["a", "b"] {
        consumer
            .put(&group(name), json!({ "location": "westeurope" }))
            .await;
    }
    let before = consumer.get(&group("a")).await;
    emulator.stop().await;

    let journal = directory.path().join("azure.journal");
    let mut file = fs::File::options().append(true).open(&journal).unwrap();
    file.write_all(b"0123456789ab [{\"key\":\"resource/")
        .unwrap();
    drop(file);

    let emulator = Emulator::start(directory.path()).await;
    let consumer = emulator.consumer().await;
    assert_eq!(consumer.get(&group("a")).await, before);
    consumer.get(&group("b")).await;
    emulator.stop().await;
}

#[tokio::test]
async fn a_damaged_journal_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let consumer = emulator.consumer().await;
    consumer
        .put(&group("a"), json!({ "location": "westeurope" }))
        .await;
    emulator.stop().await;

    let journal = directory.path().join("azure.journal");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace("[]", "[ ]")).unwrap();
    let error = options(directory.path()).build().await.err().unwrap();
    assert!(
        error
            .to_string()
            .contains("restore it from a copy, or move it away"),
        "{error}"
    );
}

#[tokio::test]
async fn a_second_emulator_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(directory.path()).await;
    let error = options(directory.path()).build().await.err().unwrap();
    assert!(matches!(error, Error::Journal(_)), "{error}");
    emulator.stop().await;
}
