//! Errors of the journal.

use std::path::PathBuf;

use underpass_private_file as private_file;

/// A journal that cannot be opened or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory is in use by another process.
    #[error(
        "failed to lock {}: another process uses this data directory. Stop it, or choose another \
         data directory",
        path.display()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A line that is not the last does not match its checksum.
    #[error(
        "journal {} is damaged: line {line} does not match its checksum although more lines follow, \
         so another program has changed the file. To continue, restore it from a copy, or move it \
         away to start with an empty cloud",
        path.display()
    )]
    Damaged {
        /// The journal file.
        path: PathBuf,
        /// Number of the invalid line, from one.
        line: usize,
    },
    /// The file is a journal of another cloud or of another version.
    #[error(
        "journal {} begins with {found:?}, and this program reads {expected:?}. Use the program that \
         wrote it, or another data directory",
        path.display()
    )]
    Foreign {
        /// The journal file.
        path: PathBuf,
        /// First line of the file.
        found: String,
        /// Expected first line.
        expected: String,
    },
    /// A record is complete, but its content is unexpected.
    #[error(
        "line {line} of journal {} is complete but has an unknown format. Use the program that wrote \
         it, or move the file away to start with an empty cloud",
        path.display()
    )]
    Content {
        /// The journal file.
        path: PathBuf,
        /// Number of the line, from one.
        line: usize,
        /// Error of the JSON decoder.
        #[source]
        source: serde_json::Error,
    },
    /// A change cannot be written as JSON.
    #[error("failed to encode a change for the journal")]
    Encode(#[source] serde_json::Error),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] private_file::Error),
    /// The journal has stopped after an earlier failure, for the reason given.
    #[error("the journal has stopped: {0}")]
    Stopped(String),
}
