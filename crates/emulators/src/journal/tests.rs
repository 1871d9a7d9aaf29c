use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Error, Journal};

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
    let directory = tempfile::tempdir().unwrap();
    let (journal, none) = open(directory.path()).unwrap();
    assert!(none.is_empty());
    for group in [&[1, 2][..], &[3], &[]] {
        let position = journal.append(group).unwrap();
        journal.durable(position).await.unwrap();
    }
    drop(journal);
    assert_eq!(reread(directory.path()), [1, 2, 3]);
}

#[tokio::test]
async fn a_reader_waits_for_what_another_has_written() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    let written = journal.append(&[1]).unwrap();
    assert_eq!(journal.append::<u32>(&[]).unwrap(), written);
}

#[tokio::test]
async fn many_waiters_share_the_journal_without_losing_a_change() {
    let directory = tempfile::tempdir().unwrap();
    let journal = std::sync::Arc::new(open(directory.path()).unwrap().0);
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
    let mut all = reread(directory.path());
    all.sort_unstable();
    assert_eq!(all, (0..200).collect::<Vec<_>>());
}

#[test]
fn a_last_record_cut_at_any_byte_is_discarded_and_the_rest_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    journal.append(&[1]).unwrap();
    drop(journal);
    let kept = fs::read(file(directory.path())).unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    journal.append(&[2, 3]).unwrap();
    drop(journal);
    let whole = fs::read(file(directory.path())).unwrap();
    assert!(whole.starts_with(&kept));

    for length in kept.len()..whole.len() {
        fs::write(file(directory.path()), &whole[..length]).unwrap();
        assert_eq!(reread(directory.path()), [1], "cut after {length} bytes");
        assert_eq!(
            fs::read(file(directory.path())).unwrap(),
            kept,
            "the torn end is cut away"
        );
    }
    fs::write(file(directory.path()), &whole).unwrap();
    assert_eq!(reread(directory.path()), [1, 2, 3]);
}

#[test]
fn an_incomplete_record_of_blank_blocks_is_discarded() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    journal.append(&[1]).unwrap();
    drop(journal);
    append_raw(directory.path(), &[0; 512]);
    assert_eq!(reread(directory.path()), [1]);
}

#[test]
fn damage_before_the_last_line_is_refused_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    for number in [1, 2] {
        let (journal, _) = open(directory.path()).unwrap();
        journal.append(&[number]).unwrap();
    }
    let text = fs::read_to_string(file(directory.path())).unwrap();
    fs::write(file(directory.path()), text.replacen("[1]", "[7]", 1)).unwrap();
    let error = open(directory.path()).unwrap_err();
    assert!(matches!(error, Error::Damaged { line: 2, .. }), "{error}");
}

#[test]
fn a_journal_of_another_kind_or_time_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        file(directory.path()),
        "underpass journal of test, format 2\n",
    )
    .unwrap();
    let error = open(directory.path()).unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
}

#[test]
fn a_second_process_is_refused_while_the_first_lives() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).unwrap();
    assert!(matches!(
        open(directory.path()).unwrap_err(),
        Error::Locked { .. }
    ));
    drop(first);
    open(directory.path()).unwrap();
}

#[tokio::test]
async fn a_snapshot_replaces_what_came_before_and_appends_follow_it() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    journal.append(&[1, 2, 3]).unwrap();
    journal.replace(&[10]).unwrap();
    let position = journal.append(&[11]).unwrap();
    journal.durable(position).await.unwrap();
    let position = journal.append(&[12]).unwrap();
    journal.durable(position).await.unwrap();
    drop(journal);
    assert_eq!(reread(directory.path()), [10, 11, 12]);
}

#[tokio::test]
async fn a_journal_that_grew_asks_for_a_snapshot_once() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open::<String>(directory.path(), "test").unwrap();
    assert!(!journal.needs_snapshot());
    let long = "x".repeat(usize::try_from(super::limits::JOURNAL_BYTES).unwrap());
    let position = journal.append(&[&long]).unwrap();
    journal.durable(position).await.unwrap();
    assert!(journal.needs_snapshot());
    let position = journal.replace(&["small"]).unwrap();
    journal.durable(position).await.unwrap();
    assert!(!journal.needs_snapshot());
}

#[tokio::test]
async fn a_failed_write_stops_the_journal_for_good() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path()).unwrap();
    let before = journal.append(&[1]).unwrap();
    journal.durable(before).await.unwrap();
    fs::remove_dir_all(directory.path()).unwrap();

    let snapshot = journal.replace(&[1]).unwrap();
    let error = journal.durable(snapshot).await.unwrap_err();
    assert!(matches!(error, Error::Stopped(_)), "{error}");
    let later = journal.append(&[2]).unwrap();
    assert!(journal.durable(later).await.is_err());
    assert!(matches!(journal.failed().await, Error::Stopped(_)));
    journal.durable(before).await.unwrap();
}
