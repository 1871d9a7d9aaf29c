use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Error, Journal};
use crate::scratch_dir::ScratchDir;

fn directory(name: &str) -> ScratchDir {
    ScratchDir::new(&format!("journal-{name}"))
}

fn open(directory: &Path) -> Result<(Journal, Vec<u32>), Error> {
    Journal::open(directory, "test")
}

fn file(directory: &Path) -> PathBuf {
    directory.join("test.journal")
}

fn reread(directory: &Path) -> Vec<u32> {
    open(directory).unwrap().1
}

fn append_raw(directory: &Path, bytes: &[u8]) {
    let mut file = fs::File::options()
        .append(true)
        .open(file(directory))
        .unwrap();
    file.write_all(bytes).unwrap();
}

#[tokio::test]
async fn what_was_durable_is_there_after_reopening_in_order() {
    let directory = directory("order");
    let (journal, none) = open(&directory).unwrap();
    assert!(none.is_empty());
    for group in [&[1, 2][..], &[3], &[]] {
        let position = journal.append(group).unwrap();
        journal.durable(position).await.unwrap();
    }
    drop(journal);
    assert_eq!(reread(&directory), [1, 2, 3]);
}

#[tokio::test]
async fn a_reader_waits_for_what_another_has_written() {
    let directory = directory("reader");
    let (journal, _) = open(&directory).unwrap();
    let written = journal.append(&[1]).unwrap();
    assert_eq!(journal.append::<u32>(&[]).unwrap(), written);
}

#[tokio::test]
async fn many_waiters_share_the_journal_without_losing_a_change() {
    let directory = directory("many");
    let journal = std::sync::Arc::new(open(&directory).unwrap().0);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200_u32 {
        let journal = std::sync::Arc::clone(&journal);
        tasks.spawn(async move {
            let position = journal.append(&[number]).unwrap();
            journal.durable(position).await.unwrap();
        });
    }
    tasks.join_all().await;
    drop(journal);
    let mut all = reread(&directory);
    all.sort_unstable();
    assert_eq!(all, (0..200).collect::<Vec<_>>());
}

#[test]
fn a_last_line_torn_at_any_byte_is_dropped_and_the_rest_kept() {
    let directory = directory("torn");
    let (journal, _) = open(&directory).unwrap();
    journal.append(&[1]).unwrap();
    drop(journal);
    let kept = fs::read(file(&directory)).unwrap();
    let (journal, _) = open(&directory).unwrap();
    journal.append(&[2, 3]).unwrap();
    drop(journal);
    let whole = fs::read(file(&directory)).unwrap();
    assert!(whole.starts_with(&kept));

    for length in kept.len()..whole.len() {
        fs::write(file(&directory), &whole[..length]).unwrap();
        assert_eq!(reread(&directory), [1], "cut after {length} bytes");
        assert_eq!(
            fs::read(file(&directory)).unwrap(),
            kept,
            "the torn end is cut away"
        );
    }
    fs::write(file(&directory), &whole).unwrap();
    assert_eq!(reread(&directory), [1, 2, 3]);
}

#[test]
fn a_torn_line_of_full_length_with_blank_blocks_is_dropped() {
    let directory = directory("blank");
    let (journal, _) = open(&directory).unwrap();
    journal.append(&[1]).unwrap();
    drop(journal);
    append_raw(&directory, &[0; 512]);
    assert_eq!(reread(&directory), [1]);
}

#[test]
fn damage_before_the_last_line_is_refused_with_its_line() {
    let directory = directory("damage");
    for number in [1, 2] {
        let (journal, _) = open(&directory).unwrap();
        journal.append(&[number]).unwrap();
    }
    let text = fs::read_to_string(file(&directory)).unwrap();
    fs::write(file(&directory), text.replacen("[1]", "[7]", 1)).unwrap();
    let error = open(&directory).unwrap_err();
    assert!(matches!(error, Error::Damaged { line: 2, .. }), "{error}");
}

#[test]
fn a_journal_of_another_kind_or_time_is_refused() {
    let directory = directory("foreign");
    fs::write(file(&directory), "underpass journal of test, format 2\n").unwrap();
    let error = open(&directory).unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
}

#[test]
fn a_second_process_is_refused_while_the_first_lives() {
    let directory = directory("locked");
    let first = open(&directory).unwrap();
    assert!(matches!(
        open(&directory).unwrap_err(),
        Error::Locked { .. }
    ));
    drop(first);
    open(&directory).unwrap();
}

#[tokio::test]
async fn a_snapshot_replaces_what_came_before_and_appends_follow_it() {
    let directory = directory("snapshot");
    let (journal, _) = open(&directory).unwrap();
    journal.append(&[1, 2, 3]).unwrap();
    journal.replace(&[10]).unwrap();
    let position = journal.append(&[11]).unwrap();
    journal.durable(position).await.unwrap();
    let position = journal.append(&[12]).unwrap();
    journal.durable(position).await.unwrap();
    drop(journal);
    assert_eq!(reread(&directory), [10, 11, 12]);
}

#[tokio::test]
async fn a_journal_that_grew_asks_for_a_snapshot_once() {
    let directory = directory("grown");
    let (journal, _) = Journal::open::<String>(&directory, "test").unwrap();
    assert!(!journal.wants_snapshot());
    let long = "x".repeat(usize::try_from(super::limits::JOURNAL_BYTES).unwrap());
    let position = journal.append(&[&long]).unwrap();
    journal.durable(position).await.unwrap();
    assert!(journal.wants_snapshot());
    let position = journal.replace(&["small"]).unwrap();
    journal.durable(position).await.unwrap();
    assert!(!journal.wants_snapshot());
}

#[tokio::test]
async fn a_failed_write_stops_the_journal_for_good() {
    let directory = directory("failed");
    let (journal, _) = open(&directory).unwrap();
    let before = journal.append(&[1]).unwrap();
    journal.durable(before).await.unwrap();
    fs::remove_dir_all(&*directory).unwrap();

    let snapshot = journal.replace(&[1]).unwrap();
    let error = journal.durable(snapshot).await.unwrap_err();
    assert!(matches!(error, Error::Stopped(_)), "{error}");
    let later = journal.append(&[2]).unwrap();
    assert!(journal.durable(later).await.is_err());
    assert!(matches!(journal.failed().await, Error::Stopped(_)));
    journal.durable(before).await.unwrap();
}
