//! The interface of stores that can be copied while they are used.

use jiff::Timestamp;

use super::encrypted_backup::EncryptedBackup;
use crate::error::Error;

/// A store of which backups are made while it is used.
pub trait BackupSource: Send + Sync {
    /// Makes a consistent copy: it contains every change that was committed before the call, and no
    /// part of a later one. Changes are committed meanwhile.
    ///
    /// Occupies the calling thread for as long as writing the copy to the disk takes.
    ///
    /// # Errors
    /// [`Error::Engine`] or [`Error::Open`]: the store cannot be read, or the copy cannot be written
    /// beside it.
    fn back_up(&self, made_at: Timestamp) -> Result<EncryptedBackup, Error>;
}
