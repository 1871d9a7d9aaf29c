//! Changes of the files that a running `serve` reads at a reload.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files, and how they were when they were last read.
pub(super) struct ChangedFiles {
    paths: Vec<PathBuf>,
    read: Vec<Option<FileState>>,
    /// State of the last look, if it differs from what was read.
    pending: Option<Vec<Option<FileState>>>,
}

/// Identity of a file's content and rights. A link counts as the file that it leads to, because
/// secrets of Kubernetes are replaced by such links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    inode: u64,
    bytes: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds of the last change, also of owner or mode: a file that could not be read
    /// may be readable now.
    changed: (i64, i64),
}

impl ChangedFiles {
    /// Watches files from now on.
    pub(super) fn watch(paths: Vec<PathBuf>) -> Self {
        Self {
            read: states(&paths),
            paths,
            pending: None,
        }
    }

    /// Looks at the files. Reports a change once two looks in a row see the same, so that files which
    /// are being written, and pairs of files, are not read halfway.
    pub(super) fn have_changed(&mut self) -> bool {
        let now = states(&self.paths);
        if now == self.read {
            self.pending = None;
            return false;
        }
        let is_settled = self.pending.as_ref() == Some(&now);
        self.pending = Some(now);
        is_settled
    }

    /// Counts the files as read. A change after this call is reported.
    pub(super) fn are_read(&mut self) {
        self.read = states(&self.paths);
        self.pending = None;
    }

    /// Watches other files from now on; those that were watched before keep their state.
    pub(super) fn replace(&mut self, paths: Vec<PathBuf>) {
        let read = paths.iter().map(|path| {
            let known = self.paths.iter().position(|before| before == path);
            let before = known.and_then(|index| self.read.get(index).copied());
            before.unwrap_or_else(|| state(path))
        });
        self.read = read.collect();
        self.paths = paths;
        self.pending = None;
    }
}

fn states(paths: &[PathBuf]) -> Vec<Option<FileState>> {
    paths.iter().map(|path| state(path)).collect()
}

/// State of a file; `None` if it is missing or cannot be reached.
fn state(path: &Path) -> Option<FileState> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(FileState {
        inode: metadata.ino(),
        bytes: metadata.len(),
        modified: metadata.modified().ok(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::ChangedFiles;

    #[test]
    fn a_change_is_reported_once_it_has_settled() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a");
        std::fs::write(&file, "1").unwrap();
        let mut files = ChangedFiles::watch(vec![file.clone()]);
        assert!(!files.have_changed());
        std::fs::write(&file, "22").unwrap();
        assert!(!files.have_changed(), "may be half-written");
        std::fs::write(&file, "333").unwrap();
        assert!(!files.have_changed(), "was still being written");
        assert!(files.have_changed());
        files.are_read();
        assert!(!files.have_changed());
    }

    #[test]
    fn a_file_that_goes_and_comes_back_as_another_one_has_changed() {
        let directory = tempfile::tempdir().unwrap();
        let (file, other) = (directory.path().join("a"), directory.path().join("b"));
        std::fs::write(&file, "1").unwrap();
        let mut files = ChangedFiles::watch(vec![file.clone()]);
        std::fs::write(&other, "2").unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert!(!files.have_changed());
        assert!(files.have_changed());
        files.are_read();
        std::fs::remove_file(&file).unwrap();
        assert!(!files.have_changed());
        assert!(files.have_changed());
    }

    #[test]
    fn a_change_of_rights_is_a_change() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a");
        std::fs::write(&file, "1").unwrap();
        let mut files = ChangedFiles::watch(vec![file.clone()]);
        let readable = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&file, readable).unwrap();
        assert!(!files.have_changed());
        assert!(files.have_changed());
    }

    #[test]
    fn files_that_are_still_watched_keep_their_state() {
        let directory = tempfile::tempdir().unwrap();
        let (file, more) = (directory.path().join("a"), directory.path().join("b"));
        std::fs::write(&file, "1").unwrap();
        let mut files = ChangedFiles::watch(vec![file.clone()]);
        std::fs::write(&file, "22").unwrap();
        files.replace(vec![more, file]);
        assert!(!files.have_changed());
        assert!(
            files.have_changed(),
            "it changed before the others were added"
        );
    }
}
