use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_written_file_is_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    write(&path, b"one").unwrap();
    assert_eq!(
        (mode(&path), fs::read(&path).unwrap()),
        (0o600, b"one".to_vec())
    );
    assert_eq!(names(directory.path()), ["secret"]);
}

#[test]
fn a_file_is_replaced_with_its_permissions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    fs::write(&path, "a longer content").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    write(&path, b"two").unwrap();
    assert_eq!(
        (mode(&path), fs::read(&path).unwrap()),
        (0o600, b"two".to_vec())
    );
    write_public(&path, b"three").unwrap();
    assert_eq!(
        (mode(&path), fs::read(&path).unwrap()),
        (0o644, b"three".to_vec())
    );
}

#[test]
fn a_reader_of_the_old_file_is_not_disturbed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    write(&path, b"old").unwrap();
    let old = fs::File::open(&path).unwrap();
    write(&path, b"new").unwrap();
    assert_eq!(io::read_to_string(old).unwrap(), "old");
}

#[test]
fn a_symbolic_link_is_replaced_and_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (target, link) = (
        directory.path().join("target"),
        directory.path().join("link"),
    );
    fs::write(&target, "kept").unwrap();
    symlink(&target, &link).unwrap();
    // The name that earlier versions used for their pending file.
    symlink(&target, directory.path().join("link.new")).unwrap();
    write(&link, b"new").unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "kept");
    assert!(!link.is_symlink());
}

#[test]
fn a_failed_write_leaves_nothing_and_names_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("occupied");
    fs::create_dir(&path).unwrap();
    for failed in [write(&path, b"new"), write_public(&path, b"new")] {
        let error = failed.unwrap_err();
        assert_eq!((error.action, &error.path), ("write", &path));
    }
    assert_eq!(names(directory.path()), ["occupied"]);

    let error = write(&directory.path().join("missing/file"), b"new").unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("missing/file"), "{error}");
}

#[test]
fn a_bare_file_name_is_in_the_current_directory() {
    // `cargo test` runs tests in the directory of the crate.
    assert_eq!(directory::parent(Path::new("file")), Path::new("."));
    directory::sync_parent(Path::new("file")).unwrap();
}

#[test]
fn a_pending_file_is_visible_only_when_persisted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let mut pending = PendingFile::create(&path).unwrap();
    pending.write_all(b"begin,").unwrap();
    assert!(!path.exists());
    let mut file = pending.persist().unwrap();
    file.write_all(b"more").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "begin,more");
    assert_eq!(mode(&path), 0o600);

    drop(PendingFile::create(&path).unwrap());
    assert_eq!(names(directory.path()), ["journal"]);
}

#[test]
fn a_new_file_replaces_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("backup");
    let pending = || {
        let mut pending = PendingFile::create(&path).unwrap();
        pending.write_all(b"new").unwrap();
        pending
    };
    fs::write(&path, "old").unwrap();
    let error = pending().persist_new().unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    fs::remove_file(&path).unwrap();
    pending().persist_new().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(directory.path()), ["backup"]);
}

#[test]
fn leftovers_of_crashed_processes_are_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.journal");
    for name in [
        "a.journal",
        "a.journal.new",
        "a.journal.x1Y2z3.new",
        "b.journal.new",
    ] {
        fs::write(directory.path().join(name), "").unwrap();
    }
    remove_leftovers(&path).unwrap();
    assert_eq!(names(directory.path()), ["a.journal", "b.journal.new"]);
}

#[test]
fn a_missing_file_is_created_empty_and_an_existing_one_is_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    create_if_missing(&path).unwrap();
    assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, Vec::new()));
    fs::write(&path, "content").unwrap();
    create_if_missing(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "content");
}

#[test]
fn a_missing_file_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    assert_eq!(read(&path).unwrap(), None);
    assert_eq!(read_to_string(&path).unwrap(), None);
    assert_eq!(read_and_restrict(&path).unwrap(), None);
    assert!(exposed_mode(&path).is_err());
}

#[test]
fn permissions_of_other_users_are_found_and_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    write_public(&path, b"key").unwrap();
    assert_eq!(exposed_mode(&path).unwrap(), Some(0o644));
    assert_eq!(read(&path).unwrap().as_deref(), Some(&b"key"[..]));
    assert_eq!(mode(&path), 0o644);
    assert_eq!(
        read_and_restrict(&path).unwrap().as_deref(),
        Some(&b"key"[..])
    );
    assert_eq!(exposed_mode(&path).unwrap(), None);
}

#[test]
fn a_new_directory_is_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    create_directory(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    create_directory(&path).unwrap();
    assert_eq!(mode(&path), 0o755);
    restrict_directory(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
}
