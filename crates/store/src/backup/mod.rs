//! Backups: encrypted, authenticated copies of a store in one file.
//!
//! | Module | Contains |
//! |---|---|
//! | `format` | the layout of the file and its keys |
//! | `encrypted_backup` | encryption, piece by piece |
//! | `decrypt` | decryption of a whole file |
//! | `source` | the interface of stores that can be copied while they are used |
//! | `error` | the error of a restore |

mod decrypt;
mod encrypted_backup;
mod error;
mod format;
mod source;

pub(crate) use self::decrypt::decrypt;
pub use self::encrypted_backup::EncryptedBackup;
pub use self::error::RestoreError;
pub use self::source::BackupSource;

#[cfg(test)]
mod tests;
