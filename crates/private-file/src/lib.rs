//! Files that only their owner can read, replaced atomically.
//!
//! | Module | Contains |
//! |---|---|
//! | `read` | reading, and checking permissions |
//! | `write` | replacing a file as a whole |
//! | `pending_file` | a file that replaces another one when it is complete |
//! | `directory` | private directories, and syncing a directory |
//! | `error` | the error of all of them |

mod directory;
mod error;
mod pending_file;
mod read;
mod write;

pub use self::directory::{create_directory, restrict_directory};
pub use self::error::Error;
pub use self::pending_file::{PendingFile, remove_leftovers};
pub use self::read::{exposed_mode, read, read_and_restrict, read_to_string};
pub use self::write::{create_if_missing, write, write_public};

#[cfg(test)]
mod tests;
