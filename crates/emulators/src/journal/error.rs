//! Errors of the journal.

use std::path::PathBuf;

use crate::private_file;

/// Why a journal cannot be opened or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory is in use by another process.
    #[error(
        "lock {}: another process uses this data directory; stop it, or choose another one",
        path.display()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A line that is not the last does not match its checksum.
    #[error(
        "read journal {}: line {line} does not match its checksum although more lines follow, so \
         something else changed the file; restore it from a copy, or move it away to begin with an \
         empty cloud",
        path.display()
    )]
    Damaged {
        /// The journal file.
        path: PathBuf,
        /// The bad line, counted from one.
        line: usize,
    },
    /// The file is a journal of another cloud or of a newer program.
    #[error(
        "read journal {}: it says it is {found:?}, this program reads {expected:?}; use the program \
         that wrote it, or another data directory",
        path.display()
    )]
    Foreign {
        /// The journal file.
        path: PathBuf,
        /// What the file's first line says.
        found: String,
        /// What it would have to say.
        expected: String,
    },
    /// A frame is whole but its content is not what this program writes.
    #[error(
        "read journal {}: line {line} is whole but not understood; use the program that wrote it, \
         or move the file away to begin with an empty cloud",
        path.display()
    )]
    Content {
        /// The journal file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What the decoder said.
        #[source]
        source: serde_json::Error,
    },
    /// A change cannot be written as JSON.
    #[error("encode a change for the journal")]
    Encode(#[source] serde_json::Error),
    /// The file system refused.
    #[error(transparent)]
    File(#[from] private_file::Error),
    /// The journal has stopped after an earlier failure; see the log of that moment.
    #[error("write the journal: it stopped, because: {0}")]
    Stopped(String),
}
